using Tandem.Live.Film;

namespace Tandem.Cli;

/// <summary>Shows how far a film is: one line that changes on a terminal, a line each tenth otherwise.</summary>
internal sealed class ProgressLines(TextWriter errors, bool terminal, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.2);

    private readonly Lock _lock = new();
    private FilmStage? _stage;
    private long _began;
    private long _shown;
    private int _tenth;
    private int _width;
    private bool _done;

    /// <summary>Shows it, unless it was shown just now.</summary>
    public void Show(FilmReport report)
    {
        lock (_lock)
        {
            if (_done)
                return;
            var fresh = report.Stage != _stage;
            if (fresh)
                (_stage, _began, _tenth) = (report.Stage, time.GetTimestamp(), -1);
            var tenth = (int)((report.Share ?? 0) * 10);
            if (!fresh && (terminal ? time.GetElapsedTime(_shown) < Pause : tenth <= _tenth))
                return;
            (_shown, _tenth) = (time.GetTimestamp(), tenth);
            var text = FilmProgressText.Of(report, time.GetElapsedTime(_began), bar: terminal);
            if (terminal)
                errors.Write($"\r{text.PadRight(_width)}");
            else
                errors.WriteLine($"tandem: {text}");
            _width = text.Length;
        }
    }

    /// <summary>Nothing is shown any more, and the line is empty.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (terminal && !_done && _width > 0)
                errors.Write($"\r{new string(' ', _width)}\r");
            _done = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
