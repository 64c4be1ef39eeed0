using System.Globalization;
using System.Text;

namespace Tandem.Server.Demo;

/// <summary>The playlists of a looped channel (RFC 8216). Pure text from values.</summary>
internal static class LoopPlaylists
{
    /// <summary>How much of the past a playlist holds: the delays that people try first start at once.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>The master playlist.</summary>
    public static string Master(Loop loop)
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        foreach (var v in loop.Variants)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-STREAM-INF:BANDWIDTH={v.Bandwidth},AVERAGE-BANDWIDTH={v.AverageBandwidth},");
            text.Append(CultureInfo.InvariantCulture, $"RESOLUTION={v.Width}x{v.Height},FRAME-RATE={v.FrameRate:F3},CODECS=\"{v.Codecs}\"\n");
            text.Append(CultureInfo.InvariantCulture, $"{v.Name}/live.m3u8\n");
        }

        return text.ToString();
    }

    /// <summary>A media playlist at a moment; the same for every variant, whose pieces are cut alike.</summary>
    public static string Media(LoopWindow window, DateTimeOffset now)
    {
        var pieces = window.Window(now, Window);
        var target = (int)Math.Round(window.Loop.Pieces.Max() / (double)Loop.TicksPerSecond, MidpointRounding.AwayFromZero);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-TARGETDURATION:{Math.Max(1, target)}\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{pieces[0].Number}\n");
        if (!window.Loop.Seamless)
        {
            // Counts the discontinuities before the first piece; the one that stands at the first piece itself is still in the playlist.
            var before = pieces[0].Index == 0 ? pieces[0].Round - 1 : pieces[0].Round;
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-DISCONTINUITY-SEQUENCE:{before}\n");
        }

        foreach (var piece in pieces)
        {
            if (piece.Index == 0 && !window.Loop.Seamless)
            {
                text.Append("#EXT-X-DISCONTINUITY\n");
            }

            var wall = LoopWindow.Wall(piece.Start);
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PROGRAM-DATE-TIME:{wall:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{piece.Length / (double)Loop.TicksPerSecond:F5},\n{piece.Number}.ts\n");
        }

        return text.ToString();
    }
}
