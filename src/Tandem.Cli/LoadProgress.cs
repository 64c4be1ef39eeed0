using Tandem.Operations.Load;

namespace Tandem.Cli;

/// <summary>Shows each second of a load: one line that changes on a terminal, a line each otherwise.</summary>
internal sealed class LoadProgress(TextWriter errors, bool terminal, int wanted) : IDisposable
{
    private int _width;

    /// <summary>Shows it.</summary>
    public void Show(SecondReport now)
    {
        var text = LoadText.Of(now, wanted);
        if (terminal)
            errors.Write($"\r{text.PadRight(_width)}");
        else
            errors.WriteLine($"tandem: {text}");
        _width = text.Length;
    }

    /// <summary>The line is empty again.</summary>
    public void Clear()
    {
        if (terminal && _width > 0)
            errors.Write($"\r{new string(' ', _width)}\r");
        _width = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
