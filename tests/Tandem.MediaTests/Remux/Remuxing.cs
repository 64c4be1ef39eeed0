using Tandem.Media.Remux;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Remux;

/// <summary>Remuxes segments in this process, as the worker's child does, and asks ffmpeg what is in them.</summary>
internal static class Remuxing
{
    /// <summary>Remuxes one playlist's segments one after another.</summary>
    public static List<RemuxedSegment> All(IEnumerable<byte[]> segments, byte[]? init = null)
    {
        ReadOnlyMemory<byte> memory = default;
        var done = new List<RemuxedSegment>();
        foreach (var segment in segments)
        {
            var result = Remuxer.Remux(segment.ToArray(), init, memory.Span);
            Assert.True(result.Segment is not null, $"{result.Fault} {result.Detail}");
            memory = result.Segment!.Memory;
            done.Add(Whole(result.Segment, segment, init));
        }

        return done;
    }

    public static DecodeFault? Fault(byte[] segment, byte[]? init = null) => Remuxer.Remux(segment.ToArray(), init, default).Fault;

    /// <summary>Writes segments, and the first one's init segment before them, to a file.</summary>
    public static string Write(Generated media, string name, IReadOnlyList<RemuxedSegment> segments)
    {
        using var file = File.Create(media[name]);
        file.Write(segments[0].Init.Span);
        foreach (var segment in segments)
            file.Write(segment.Data.Span);
        return media[name];
    }

    /// <summary>Times, sizes and hashes of all packets of the pictures as they stand in the container, and of what decoders need first.</summary>
    public static string PictureHashes(string path) => Generated.Run(
        "ffprobe",
        "-v error -select_streams v -show_data_hash md5 -show_entries packet=pts,dts,size,flags,data_hash:stream=codec_name,time_base,extradata_hash "
        + $"-of csv=p=0 \"{path}\"");

    /// <summary>What ffmpeg warns of while it reads and decodes the file.</summary>
    public static string Warnings(string path) =>
        Generated.Run("/bin/sh", $"-c \"ffmpeg -nostdin -v warning -i '{path}' -map 0:v -f null - 2>&1\"").Trim();

    /// <summary>Kinds of the streams that ffprobe finds.</summary>
    public static string[] Kinds(string path) =>
        Generated.Run("ffprobe", $"-v error -show_entries stream=codec_type -of csv=p=0 \"{path}\"")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Holds remuxed segments against their source: pictures equal, nothing else there, no complaint.</summary>
    public static string IsSourceWithoutSound(Generated media, string source, IReadOnlyList<RemuxedSegment> segments, string extension)
    {
        var path = Write(media, "remuxed" + extension, segments);
        Assert.Equal(PictureHashes(source), PictureHashes(path));
        Assert.Equal(["video"], Kinds(path).Distinct());
        Assert.Equal("", Warnings(path));
        return path;
    }

    private static RemuxedSegment Whole(Remuxed remuxed, byte[] data, byte[]? init) => new(
        remuxed.Container,
        remuxed.Init ?? init,
        remuxed.Pieces is { } pieces ? pieces.SelectMany(piece => piece.ToArray()).ToArray() : data,
        remuxed.Tracks,
        remuxed.PictureStart,
        remuxed.PictureEnd);
}
