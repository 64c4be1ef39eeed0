using System.Buffers.Binary;
using Tandem.Checks.Demux;

namespace Tandem.Checks.Hls;

/// <summary>Time and length of a voice's segment, read from its bytes.</summary>
/// <param name="Start">90 kHz, 33 bits of packed audio, more of fragmented MP4.</param>
/// <param name="Length">90 kHz.</param>
/// <param name="Codec">Family as CODECS begins: <c>mp4a</c>, <c>ac-3</c>, <c>ec-3</c>, <c>opus</c>.</param>
public sealed record SoundSegment(double Start, double Length, string Codec)
{
    private const double Wrap = 1L << 33;

    /// <summary>How much later this starts than <paramref name="time"/>, across the wrap of 33 bits.</summary>
    public double After(double time) => Math.IEEERemainder(Start - time, Wrap);

    /// <summary>Reads packed audio, or a fragment with its init segment; null and a reason where it is neither.</summary>
    public static SoundSegment? Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> init, out string fault)
    {
        try
        {
            return bytes.StartsWith("ID3"u8) ? ReadPacked(bytes, out fault)
                : TsPacket.LooksLikeTs(bytes) ? ReadTransport(bytes.ToArray(), out fault)
                : ReadFragment(bytes, init, out fault);
        }
        catch (DemuxException broken)
        {
            fault = broken.Message;
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            fault = "its lengths lead beyond its end";
            return null;
        }
    }

    private static SoundSegment? ReadPacked(ReadOnlySpan<byte> bytes, out string fault)
    {
        var tag = 10 + ((bytes[6] << 21) | (bytes[7] << 14) | (bytes[8] << 7) | bytes[9]);
        var owner = bytes[..tag].IndexOf("com.apple.streaming.transportStreamTimestamp\0"u8);
        if (owner < 0)
        {
            fault = "its ID3 tag has no time";
            return null;
        }

        var time = BinaryPrimitives.ReadInt64BigEndian(bytes[(owner + 45)..]);
        if (time is < 0 or >= (1L << 33))
        {
            fault = $"its ID3 time {time} has more than 33 bits";
            return null;
        }

        var (seconds, codec) = AudioFrames.Measure(bytes[tag..], out fault);
        return codec is null ? null : new SoundSegment(time, seconds * 90_000, codec);
    }

    private static SoundSegment? ReadTransport(byte[] bytes, out string fault)
    {
        var sound = Streams.Sound(null, [bytes]);
        fault = sound.Codec == "aac" ? "" : $"its transport stream holds {sound.Codec}";
        var length = sound.Frames.Count * (double)sound.FrameSamples / sound.SampleRate;
        return fault.Length > 0 ? null : new SoundSegment(sound.Frames[0].Seconds * 90_000, length * 90_000, "mp4a");
    }

    private static SoundSegment? ReadFragment(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> init, out string fault)
    {
        fault = "it is neither packed audio nor a fragment with an init segment";
        var header = Box(init, "moov", "trak", "mdia", "mdhd");
        var entries = Box(init, "moov", "trak", "mdia", "minf", "stbl", "stsd");
        var defaults = Box(init, "moov", "mvex", "trex");
        var trackHeader = Box(bytes, "moof", "traf", "tfhd");
        var time = Box(bytes, "moof", "traf", "tfdt");
        var run = Box(bytes, "moof", "traf", "trun");
        if (header.IsEmpty || entries.IsEmpty || defaults.IsEmpty || trackHeader.IsEmpty || time.IsEmpty || run.IsEmpty)
            return null;

        double scale = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        var codec = System.Text.Encoding.ASCII.GetString(entries.Slice(12, 4)).ToLowerInvariant();
        var start = time[0] == 1 ? BinaryPrimitives.ReadUInt64BigEndian(time[4..]) : BinaryPrimitives.ReadUInt32BigEndian(time[4..]);
        return new SoundSegment(start / scale * 90_000, RunLength(run, trackHeader, defaults) / scale * 90_000, codec);
    }

    private static double RunLength(ReadOnlySpan<byte> run, ReadOnlySpan<byte> trackHeader, ReadOnlySpan<byte> defaults)
    {
        var flags = BinaryPrimitives.ReadUInt32BigEndian(trackHeader) & 0xffffff;
        var at = 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0);
        var ordinary = (flags & 8) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(trackHeader[at..]) : BinaryPrimitives.ReadUInt32BigEndian(defaults[12..]);
        flags = BinaryPrimitives.ReadUInt32BigEndian(run) & 0xffffff;
        var count = BinaryPrimitives.ReadUInt32BigEndian(run[4..]);
        if ((flags & 0x100) == 0)
            return (double)count * ordinary;
        at = 8 + ((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0);
        var step = 4 * System.Numerics.BitOperations.PopCount(flags & 0xf00);
        double length = 0;
        for (var index = 0; index < count; index++)
            length += BinaryPrimitives.ReadUInt32BigEndian(run[(at + (index * step))..]);
        return length;
    }

    /// <summary>Content of the first box at a path; empty where there is none.</summary>
    private static ReadOnlySpan<byte> Box(ReadOnlySpan<byte> bytes, params ReadOnlySpan<string> path)
    {
        while (bytes.Length >= 8)
        {
            var size = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes);
            if (size < 8 || size > bytes.Length)
                return [];
            if (System.Text.Encoding.ASCII.GetString(bytes.Slice(4, 4)) == path[0])
                return path.Length == 1 ? bytes[8..size] : Box(bytes[8..size], path[1..]);
            bytes = bytes[size..];
        }

        return [];
    }
}
