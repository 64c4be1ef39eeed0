using System.Buffers.Binary;
using System.Globalization;
using Tandem.Checks.Demux;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Pages;

/// <summary>A chunk of fragmented MP4.</summary>
/// <param name="Data"><c>moof</c> and <c>mdat</c>.</param>
/// <param name="Start">Presentation of its first sample, s.</param>
public sealed record SocketChunk(byte[] Data, double Start);

/// <summary>Two minutes of picture or sound, cut by FFmpeg into chunks, as a server of tandem.v1 sends them.</summary>
/// <param name="Init"><c>ftyp</c> and <c>moov</c>.</param>
/// <param name="Chunks">In order, each <see cref="ChunkSeconds"/> long.</param>
public sealed record SocketTrack(byte[] Init, IReadOnlyList<SocketChunk> Chunks)
{
    /// <summary>Length of a chunk, s: 8 pictures, or 15 frames of AAC.</summary>
    public const double ChunkSeconds = 0.32;

    private const int Seconds = 120;

    /// <summary>A test picture with B-frames; each chunk begins with a key frame.</summary>
    public static Task<SocketTrack> PictureAsync() => MakeAsync(
        "-f", "lavfi", "-i", $"testsrc=size=320x180:rate=25:duration={Seconds}", "-c:v", "libx264", "-profile:v", "main", "-level", "3.1", "-pix_fmt", "yuv420p",
        "-b:v", "150k", "-g", "8", "-keyint_min", "8", "-sc_threshold", "0", "-bf", "2", "-movflags", "+empty_moov+default_base_moof+frag_keyframe");

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
            var tfdt = moof.Descendant(data, "traf", "tfdt")!.Value;
            var time = data[tfdt.Content] == 1 ? BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(tfdt.Content + 4)) : BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(tfdt.Content + 4));
            chunks.Add(new SocketChunk(data[moof.Start..mdat.End], time / (double)scale));
        }

        return new SocketTrack(data[..moov.End], chunks);
    }
}
