using System.Buffers.Binary;
using System.Globalization;
using Tandem.Checks.Demux;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Pages;

/// <summary>A chunk of fragmented MP4.</summary>
/// <param name="Data"><c>moof</c> and <c>mdat</c>.</param>
/// <param name="Composition">How much later than it is decoded its first sample is shown, s.</param>
/// <param name="IsCut">Whether decoding can begin with it.</param>
public sealed record SocketChunk(byte[] Data, double Composition, bool IsCut);

/// <summary>Two minutes of picture or sound, cut by FFmpeg into chunks, as a server of tandem.v1 sends them.</summary>
/// <param name="Init"><c>ftyp</c> and <c>moov</c>.</param>
/// <param name="Chunks">In order, each <see cref="ChunkSeconds"/> long.</param>
public sealed record SocketTrack(byte[] Init, IReadOnlyList<SocketChunk> Chunks)
{
    /// <summary>Length of a chunk, s: 8 pictures, or 15 frames of AAC.</summary>
    public const double ChunkSeconds = 0.32;

    private const int Seconds = 120;

    /// <summary>
    /// A test picture with two B pictures after each P picture; every sixth chunk begins with a key frame, the others with a P or a B picture, whose
    /// composition offsets are not those of key frames.
    /// </summary>
    public static Task<SocketTrack> PictureAsync() => MakeAsync(
        "-f", "lavfi", "-i", $"testsrc=size=320x180:rate=25:duration={Seconds}", "-c:v", "libx264", "-profile:v", "main", "-level", "3.1", "-pix_fmt", "yuv420p",
        "-b:v", "150k", "-g", "48", "-keyint_min", "48", "-sc_threshold", "0", "-bf", "2", "-b_strategy", "0", "-frag_duration", "310000", "-movflags", "+empty_moov+default_base_moof");

    /// <summary>A sine.</summary>
    public static Task<SocketTrack> SoundAsync(int hertz) => MakeAsync(
        "-f", "lavfi", "-i", string.Create(CultureInfo.InvariantCulture, $"sine=frequency={hertz}:sample_rate=48000:duration={Seconds}"), "-ac", "2", "-c:a", "aac", "-b:a", "96k",
        "-frag_duration", "310000", "-movflags", "+empty_moov+default_base_moof");

    private static async Task<SocketTrack> MakeAsync(params string[] arguments)
    {
        var run = await Ffmpeg.RunAsync([.. arguments, "-f", "mp4", "pipe:1"]);
        var data = run.Output;
        var boxes = Mp4Box.In(data).ToList();
        var moov = boxes.First(box => box.Type == "moov");
        var mdhd = moov.Descendant(data, "trak", "mdia", "mdhd")!.Value;
        var scale = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(mdhd.Content + (data[mdhd.Content] == 1 ? 20 : 12)));
        var chunks = new List<SocketChunk>();
        foreach (var (moof, mdat) in boxes.Zip(boxes.Skip(1)).Where(pair => pair is { First.Type: "moof", Second.Type: "mdat" }))
        {
            var (composition, isCut) = First(data, moof.Child(data, "traf")!.Value);
            chunks.Add(new SocketChunk(data[moof.Start..mdat.End], composition / (double)scale, isCut));
        }

        return new SocketTrack(data[..moov.End], chunks);
    }

    // Of a fragment's first sample (ISO/IEC 14496-12, 8.8.7 and 8.8.8): its composition offset, and whether it is a sync sample.
    private static (int Composition, bool IsSync) First(byte[] data, Mp4Box traf)
    {
        var tfhd = traf.Child(data, "tfhd")!.Value;
        var trun = traf.Child(data, "trun")!.Value;
        var (common, run) = (Number(data, tfhd.Content), Number(data, trun.Content));
        var defaults = tfhd.Content + 8 + (2 * Size(common, 0x1)) + Size(common, 0x2, 0x8, 0x10);
        var sample = trun.Content + 8 + Size(run, 0x1, 0x4);
        var flags = (run & 0x4) != 0 ? Number(data, trun.Content + 8 + Size(run, 0x1))
            : (run & 0x400) != 0 ? Number(data, sample + Size(run, 0x100, 0x200))
            : (common & 0x20) != 0 ? Number(data, defaults)
            : 0;
        return ((run & 0x800) != 0 ? (int)Number(data, sample + Size(run, 0x100, 0x200, 0x400)) : 0, (flags & 0x10000) == 0);
    }

    // Bytes of those optional fields that are there, four each.
    private static int Size(uint flags, params ReadOnlySpan<uint> fields)
    {
        var size = 0;
        foreach (var field in fields)
            size += (flags & field) != 0 ? 4 : 0;
        return size;
    }

    private static uint Number(byte[] data, int at) => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
}
