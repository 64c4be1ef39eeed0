using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tandem.Server.Demo;

/// <summary>Makes a loop of any file that ffmpeg can read: copied where players take it as it is, encoded anew otherwise.</summary>
internal static class FileLoop
{
    /// <summary>A copied piece longer than this makes a channel that starts and switches slowly: then the picture is encoded anew.</summary>
    private const long LongestPiece = 8 * Loop.TicksPerSecond;

    /// <summary>What ffprobe found in a file.</summary>
    /// <param name="Picture">Index of the first picture stream, or null.</param>
    /// <param name="Sound">Index of the first sound stream, or null.</param>
    /// <param name="CopyPicture">Whether players take the picture as it is.</param>
    /// <param name="CopySound">Whether players take the sound as it is.</param>
    internal sealed record Streams(int? Picture, int? Sound, bool CopyPicture, bool CopySound);

    /// <summary>A name for what would be made of a file as it is now.</summary>
    public static string Key(FileInfo file)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"file-1\n{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}");
        return "file-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    /// <summary>Makes the loop in an empty folder.</summary>
    /// <returns>Null when it is there, else what went wrong.</returns>
    public static async Task<string?> MakeAsync(string folder, FileInfo file, CancellationToken cancel)
    {
        var probe = await FfmpegTool.RunAsync(
            "ffprobe",
            ["-v", "error", "-show_entries", "stream=index,codec_type,codec_name,pix_fmt,sample_rate:stream_disposition=attached_pic", "-of", "json", file.FullName],
            cancel).ConfigureAwait(false);
        if (probe.Problem is not null)
        {
            return $"{file.FullName} cannot be read as sound and picture: {probe.Problem}";
        }

        var streams = Choose(probe.Output);
        if (streams.Sound is null)
        {
            return $"{file.FullName} has no sound, so there is nothing to dub";
        }

        var made = await MakeAsync(folder, file, streams, cancel).ConfigureAwait(false);
        if (made.Problem is null && made.Longest > LongestPiece && streams.CopyPicture)
        {
            made = await MakeAsync(folder, file, streams with { CopyPicture = false }, cancel).ConfigureAwait(false);
        }

        return made.Problem is null ? null : $"{file.FullName} cannot be looped: {made.Problem}";
    }

    /// <summary>What to take from a file, by ffprobe's JSON.</summary>
    internal static Streams Choose(string probe)
    {
        using var json = JsonDocument.Parse(probe);
        int? picture = null, sound = null;
        bool copyPicture = false, copySound = false;
        foreach (var stream in json.RootElement.GetProperty("streams").EnumerateArray())
        {
            string Text(string name) => stream.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
            var index = stream.GetProperty("index").GetInt32();
            // The cover of a song is listed as a picture stream.
            var isCover = stream.TryGetProperty("disposition", out var d) && d.TryGetProperty("attached_pic", out var cover) && cover.GetInt32() == 1;
            if (Text("codec_type") == "video" && !isCover && picture is null)
            {
                picture = index;
                copyPicture = Text("codec_name") == "h264" && Text("pix_fmt") is "yuv420p" or "yuvj420p";
            }
            else if (Text("codec_type") == "audio" && sound is null && Text("codec_name").Length > 0)
            {
                sound = index;
                copySound = Text("codec_name") == "aac" && Text("sample_rate") is "44100" or "48000";
            }
        }

        return new(picture, sound, copyPicture, copySound);
    }

    private static async Task<(long Longest, string? Problem)> MakeAsync(string folder, FileInfo file, Streams streams, CancellationToken cancel)
    {
        var variant = Path.Combine(folder, "file");
        if (Directory.Exists(variant))
        {
            Directory.Delete(variant, recursive: true);
        }

        Directory.CreateDirectory(variant);
        var run = await FfmpegTool.RunAsync("ffmpeg", Arguments(variant, file, streams), cancel).ConfigureAwait(false);
        var playlist = Path.Combine(variant, LoopReport.Playlist);
        if (run.Problem is not null || !File.Exists(playlist))
        {
            return (0, run.Problem ?? "it holds no sound or picture that can be used");
        }

        var lengths = LoopReport.Lengths(await File.ReadAllTextAsync(playlist, cancel).ConfigureAwait(false));
        if (lengths.Length == 0 || lengths.Any(l => l <= 0) || lengths.Sum() < 4 * Loop.TicksPerSecond)
        {
            return (0, "it is shorter than 4 s");
        }

        var (described, problem) = await LoopReport.DescribeAsync(folder, "file", lengths, cancel).ConfigureAwait(false);
        if (described is not null)
        {
            new Loop { Pieces = lengths, Variants = [described], Seamless = false }.Write(folder);
        }

        return (lengths.Max(), problem);
    }

    private static List<string> Arguments(string variant, FileInfo file, Streams streams)
    {
        List<string> arguments = ["-v", "error", "-y", "-nostdin", "-i", file.FullName];
        if (streams.Picture is { } picture)
        {
            arguments.AddRange(["-map", $"0:{picture}"]);
        }
        else
        {
            // Sound alone gets a picture of itself: a channel without one could not be told from a broken one.
            arguments.AddRange(["-filter_complex", $"[0:{streams.Sound}]showwaves=s=1280x720:r=25:mode=cline:colors=0x5fd3bc,format=yuv420p[v]", "-map", "[v]"]);
        }

        arguments.AddRange(["-map", $"0:{streams.Sound}"]);
        arguments.AddRange(streams is { Picture: not null, CopyPicture: true }
            ? ["-c:v", "copy"]
            : ["-vf", "scale='min(1280,iw)':-2", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-pix_fmt", "yuv420p", "-force_key_frames", "expr:gte(t,n_forced*2)"]);
        arguments.AddRange(streams.CopySound ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]);
        arguments.AddRange(
        [
            "-sn", "-dn", "-map_metadata", "-1", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_segment_type", "mpegts",
            "-hls_segment_filename", Path.Combine(variant, "%05d.ts"), Path.Combine(variant, LoopReport.Playlist),
        ]);
        if (streams.Picture is null)
        {
            // -vf and a complex graph exclude each other; the graph's picture has its size already.
            arguments.RemoveRange(arguments.IndexOf("-vf"), 2);
        }

        return arguments;
    }
}
