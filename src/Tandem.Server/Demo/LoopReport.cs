using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Tandem.Server.Demo;

/// <summary>Reads what ffmpeg has written and makes the <see cref="Loop"/> that describes it, true to the bytes.</summary>
internal static class LoopReport
{
    /// <summary>The playlist that ffmpeg writes beside the pieces.</summary>
    public const string Playlist = "pieces.m3u8";

    /// <summary>Piece lengths as ffmpeg's playlist has them, 90 kHz ticks.</summary>
    public static ImmutableArray<long> Lengths(string playlist) =>
    [
        .. playlist.Split('\n').Where(l => l.StartsWith("#EXTINF:", StringComparison.Ordinal))
            .Select(l => (long)Math.Round(double.Parse(l.AsSpan(8).TrimEnd().TrimEnd(','), CultureInfo.InvariantCulture) * Loop.TicksPerSecond)),
    ];

    /// <summary>What a variant's folder holds.</summary>
    /// <param name="folder">The material's folder.</param>
    /// <param name="name">The variant's folder in it.</param>
    /// <param name="lengths">Its pieces.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<(LoopVariant? Variant, string? Problem)> DescribeAsync(
        string folder, string name, ImmutableArray<long> lengths, CancellationToken cancel)
    {
        var files = lengths.Select((_, i) => Path.Combine(folder, Loop.PathOf(name, i))).ToArray();
        var probe = await FfmpegTool.RunAsync(
            "ffprobe",
            ["-v", "error", "-show_entries", "stream=codec_type,codec_name,profile,width,height,avg_frame_rate", "-of", "json", files[0]],
            cancel).ConfigureAwait(false);
        if (probe.Problem is not null)
        {
            return (null, probe.Problem);
        }

        using var json = JsonDocument.Parse(probe.Output);
        var streams = json.RootElement.GetProperty("streams").EnumerateArray().ToArray();
        var picture = streams.FirstOrDefault(s => Text(s, "codec_type") == "video");
        var sound = streams.FirstOrDefault(s => Text(s, "codec_type") == "audio");
        if (picture.ValueKind == JsonValueKind.Undefined || sound.ValueKind == JsonValueKind.Undefined)
        {
            return (null, "the prepared pieces lack picture or sound");
        }

        var sizes = files.Select(f => new FileInfo(f).Length).ToArray();
        var peak = sizes.Select((size, i) => size * 8.0 * Loop.TicksPerSecond / lengths[i]).Max();
        var average = sizes.Sum() * 8.0 * Loop.TicksPerSecond / lengths.Sum();
        var aac = Text(sound, "profile").StartsWith("HE", StringComparison.Ordinal) ? "mp4a.40.5" : "mp4a.40.2";
        var first = await File.ReadAllBytesAsync(files[0], cancel).ConfigureAwait(false);
        return (new(
            name,
            (int)Math.Ceiling(peak),
            (int)Math.Ceiling(average),
            picture.GetProperty("width").GetInt32(),
            picture.GetProperty("height").GetInt32(),
            Ratio(Text(picture, "avg_frame_rate")),
            $"{AvcCodec(first)},{aac}",
            TransportStream.CountPackets(files.Select(File.ReadAllBytes))), null);
    }

    /// <summary>The RFC 6381 name of H.264, from the profile bytes of the first sequence parameter set in a stream.</summary>
    internal static string AvcCodec(ReadOnlySpan<byte> stream)
    {
        ReadOnlySpan<byte> start = [0, 0, 1];
        for (var at = stream.IndexOf(start); at >= 0 && at + 6 < stream.Length;)
        {
            if ((stream[at + 3] & 0x1F) == 7 && (stream[at + 3] & 0x80) == 0)
            {
                return "avc1." + Convert.ToHexString(stream.Slice(at + 4, 3));
            }

            var next = stream[(at + 3)..].IndexOf(start);
            at = next < 0 ? -1 : at + 3 + next;
        }

        return "avc1.42C01F";
    }

    private static string Text(JsonElement stream, string name) =>
        stream.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static double Ratio(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && double.TryParse(parts[0], CultureInfo.InvariantCulture, out var above)
            && double.TryParse(parts[1], CultureInfo.InvariantCulture, out var below) && above > 0 && below > 0
            ? above / below
            : 25;
    }
}
