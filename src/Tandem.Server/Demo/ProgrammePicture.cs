using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Tandem.Server.Demo;

/// <summary>The ffmpeg call that draws the programme's picture: the words being said, the speaker's level, a clock with frames.</summary>
internal static class ProgrammePicture
{
    /// <summary>Pictures a second.</summary>
    public const int FrameRate = 25;

    private const string Bold = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";
    private const string Plain = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
    private const int LettersALine = 40;

    /// <summary>The fonts that must be there.</summary>
    public static readonly ImmutableArray<string> Fonts = [Bold, Plain];

    /// <summary>
    /// Arguments that make both variants in a folder, which is the working folder of nobody: every path is absolute. Only the words,
    /// the clock and the level change from frame to frame; the background is drawn once.
    /// </summary>
    /// <param name="folder">Holds <c>speech.wav</c>, <c>sound.aac</c> and a text file a line; the variants' folders exist.</param>
    /// <param name="lines">What is said when.</param>
    /// <param name="seconds">The loop's length.</param>
    public static IReadOnlyList<string> Arguments(string folder, ImmutableArray<Line> lines, int seconds)
    {
        var length = seconds.ToString(CultureInfo.InvariantCulture);
        List<string> arguments =
        [
            "-v", "error", "-y", "-nostdin", "-threads", "2",
            "-i", Path.Combine(folder, "speech.wav"), "-i", Path.Combine(folder, "sound.aac"),
            "-filter_complex", Graph(folder, lines, seconds),
        ];
        foreach (var (name, label, quality, most) in new[] { ("720p", "[large]", "25", "2500k"), ("360p", "[small]", "27", "900k") })
        {
            arguments.AddRange(
            [
                "-map", label, "-map", "1:a", "-t", length, "-c:a", "copy",
                "-c:v", "libx264", "-preset", "ultrafast", "-crf", quality, "-maxrate", most, "-bufsize", most, "-pix_fmt", "yuv420p",
                "-g", "50", "-keyint_min", "50", "-sc_threshold", "0",
                "-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_segment_type", "mpegts",
                "-hls_segment_filename", Path.Combine(folder, name, "%05d.ts"), Path.Combine(folder, name, LoopReport.Playlist),
            ]);
        }

        return arguments;
    }

    /// <summary>Writes the file of each line that the picture shows.</summary>
    public static void WriteTexts(string folder, ImmutableArray<Line> lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            File.WriteAllText(TextFile(folder, i), Wrap(lines[i].Text));
        }
    }

    /// <summary>Breaks a sentence into lines that fit the picture.</summary>
    internal static string Wrap(string text)
    {
        var wrapped = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > LettersALine)
            {
                wrapped.Append('\n');
                column = 0;
            }

            if (column > 0)
            {
                wrapped.Append(' ');
                column++;
            }

            wrapped.Append(word);
            column += word.Length;
        }

        return wrapped.ToString();
    }

    private static string Graph(string folder, ImmutableArray<Line> lines, int seconds)
    {
        var graph = new StringBuilder();
        graph.Append("gradients=s=1280x720:r=25:d=0.04:c0=0x081424:c1=0x14495a:x0=0:y0=0:x1=1280:y1=720:n=2,format=yuv420p,");
        graph.Append(CultureInfo.InvariantCulture, $"drawtext=fontfile={Bold}:text=TANDEM:fontsize=34:fontcolor=white:x=80:y=56,");
        graph.Append(CultureInfo.InvariantCulture, $"drawtext=fontfile={Plain}:text=demonstration channel:fontsize=26:fontcolor=0x9fb8c4:x=252:y=62,");
        graph.Append(CultureInfo.InvariantCulture, $"drawtext=fontfile={Plain}:text=The speaker says\\, in English:fontsize=26:fontcolor=0x5fd3bc:x=80:y=150,");
        graph.Append("drawbox=x=80:y=668:w=1120:h=4:color=0x2a5666:t=fill,");
        graph.Append("loop=loop=-1:size=1:start=0,setpts=N/(25*TB),fps=25[back];");
        graph.Append("[0:a]asplit[a0][a1];");
        graph.Append("[a0]volume=2.5,showwaves=s=1120x110:r=25:mode=cline:colors=0x5fd3bc:draw=full[wave];");
        graph.Append("[a1]volume=2.5,showvolume=r=25:w=1120:h=16:f=0.4:b=0:t=0:v=0:c=0xff5fd3bc[level];");
        graph.Append("color=c=0x5fd3bc:s=24x4:r=25[mark];");
        graph.Append("[back][wave]overlay=80:490:shortest=1[b0];[b0][level]overlay=80:620:shortest=1[b1];");
        graph.Append(CultureInfo.InvariantCulture, $"[b1][mark]overlay=x='80+1096*t/{seconds}':y=668:shortest=1,");
        graph.Append(CultureInfo.InvariantCulture, $"drawtext=fontfile={Bold}:timecode='00\\:00\\:00\\:00':rate=25:fontsize=34:fontcolor=white:x=w-tw-80:y=56");
        for (var i = 0; i < lines.Length; i++)
        {
            graph.Append(CultureInfo.InvariantCulture, $",drawtext=fontfile={Bold}:textfile='{Escape(TextFile(folder, i))}':fontsize=44:line_spacing=14:");
            graph.Append(CultureInfo.InvariantCulture, $"fontcolor=white:x=80:y=205:enable='between(t,{lines[i].Start:F2},{lines[i].End + 0.25:F2})'");
        }

        graph.Append(",split[large][half];[half]scale=640:360[small]");
        return graph.ToString();
    }

    private static string TextFile(string folder, int line) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"line{line:D2}.txt"));

    // Inside quotes only the quote itself and, for the option parser, the colon and the backslash mean something.
    private static string Escape(string path) =>
        path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "'\\\\\\''", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
