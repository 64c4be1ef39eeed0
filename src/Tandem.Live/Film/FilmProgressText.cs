using System.Globalization;

namespace Tandem.Live.Film;

/// <summary>How far a film is, for people. Pure.</summary>
public static class FilmProgressText
{
    private const int Bar = 24;

    // Earlier a guess of what is left would jump about.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <summary>One line, such as <c>dubbing   [##########--------------]  42 %  3:12  5.1x  0:52 left</c>.</summary>
    /// <param name="report">How far it is.</param>
    /// <param name="elapsed">Since its stage began.</param>
    /// <param name="bar">Whether with a bar.</param>
    public static string Of(FilmReport report, TimeSpan elapsed, bool bar)
    {
        var text = Word(report.Stage).PadRight(9);
        if (report.Share is { } share)
        {
            var done = (int)Math.Round(Math.Clamp(share, 0, 1) * Bar);
            text += bar ? $" [{new string('#', done)}{new string('-', Bar - done)}]" : "";
            text += string.Create(CultureInfo.InvariantCulture, $" {Math.Floor(share * 100),3:0} %");
        }

        if (report.Seconds > 0)
        {
            text += $"  {Clock(report.Seconds)}";
            if (elapsed >= Settled)
                text += string.Create(CultureInfo.InvariantCulture, $"  {report.Seconds / elapsed.TotalSeconds:0.0}x");
        }

        return report.Share is > 0 and < 1 and var part && elapsed >= Settled
            ? $"{text}  {Clock(elapsed.TotalSeconds * (1 - part) / part)} left"
            : text;
    }

    /// <summary>Hours, minutes and seconds.</summary>
    public static string Clock(double seconds)
    {
        var whole = (long)Math.Ceiling(Math.Clamp(seconds, 0, 1e9));
        return whole >= 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{whole / 3600}:{whole / 60 % 60:00}:{whole % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 60}:{whole % 60:00}");
    }

    private static string Word(FilmStage stage) => stage switch
    {
        FilmStage.Fetching => "fetching",
        FilmStage.Dubbing => "dubbing",
        _ => "joining",
    };
}
