using System.Buffers.Binary;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>
/// Packed audio segments (RFC 8216, section 3.4): an ID3 tag with the time of the first frame, then the frames, AAC with ADTS headers.
/// </summary>
public static class PackedAudio
{
    private const int AdtsHeaderBytes = 7;
    private const int AdtsLargestFrame = (1 << 13) - 1;

    private static ReadOnlySpan<byte> Owner => "com.apple.streaming.transportStreamTimestamp\0"u8;

    /// <summary>Bytes of the ID3 tag.</summary>
    public static int TagBytes => 10 + 10 + Owner.Length + 8;

    /// <summary>Bytes that packing adds to each frame of <paramref name="format"/>.</summary>
    public static int FrameOverhead(SoundFormat format) => format.Codec == SoundCodec.Aac ? AdtsHeaderBytes : 0;

    /// <summary>Whether ADTS or self-framing can carry <paramref name="format"/>.</summary>
    public static bool CanCarry(SoundFormat format) => format.Codec switch
    {
        SoundCodec.Aac => AudioSpecificConfig.Parse(format.Config.Span) is { RateIndex: < 13, ObjectType: >= 1 and <= 4 },
        SoundCodec.Opus => false,
        _ => true,
    };

    /// <summary>
    /// Writes a segment. An AAC frame that ADTS cannot hold (8,184 bytes; the standard's largest stereo frame has 1,536) is left out.
    /// </summary>
    /// <param name="format">A format that <see cref="CanCarry"/> accepts.</param>
    /// <param name="start">Time of the first frame; written with 33 bits.</param>
    /// <param name="frames">Raw frames, contiguous.</param>
    public static byte[] Segment(SoundFormat format, MediaTime start, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (overhead, config, length) = Measure(format, frames);
        var segment = new byte[TagBytes + length];
        WriteTag(segment, start);
        Write(segment.AsSpan(TagBytes), config, overhead, frames);
        return segment;
    }

    /// <summary>The frames alone, one after the other, AAC with ADTS headers.</summary>
    internal static byte[] Frames(SoundFormat format, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var (overhead, config, length) = Measure(format, frames);
        var bytes = new byte[length];
        Write(bytes, config, overhead, frames);
        return bytes;
    }

    private static (int Overhead, AudioSpecificConfig? Config, int Length) Measure(SoundFormat format, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var overhead = FrameOverhead(format);
        var config = overhead > 0 ? AudioSpecificConfig.Parse(format.Config.Span) : null;
        var length = 0;
        for (var index = 0; index < frames.Count; index++)
            length += Fits(config, frames[index].Length) ? frames[index].Length + overhead : 0;
        return (overhead, config, length);
    }

    private static void Write(Span<byte> into, AudioSpecificConfig? config, int overhead, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        for (var index = 0; index < frames.Count; index++)
        {
            var frame = frames[index].Span;
            if (!Fits(config, frame.Length))
                continue;
            if (config is not null)
                WriteAdts(into, config, frame.Length);
            frame.CopyTo(into[overhead..]);
            into = into[(overhead + frame.Length)..];
        }
    }

    private static bool Fits(AudioSpecificConfig? config, int length) => config is null || length + AdtsHeaderBytes <= AdtsLargestFrame;

    /// <summary>ID3v2.4 with one PRIV frame; sizes are "synchsafe", seven bits a byte.</summary>
    private static void WriteTag(Span<byte> into, MediaTime start)
    {
        "ID3\x04\0\0"u8.CopyTo(into);
        WriteSynchsafe(into[6..], TagBytes - 10);
        "PRIV"u8.CopyTo(into[10..]);
        WriteSynchsafe(into[14..], TagBytes - 20);
        Owner.CopyTo(into[20..]);
        BinaryPrimitives.WriteInt64BigEndian(into[(20 + Owner.Length)..], start.Wrapped);
    }

    private static void WriteSynchsafe(Span<byte> into, int value)
    {
        for (var index = 0; index < 4; index++)
            into[index] = (byte)((value >> (7 * (3 - index))) & 0x7f);
    }

    /// <summary>ISO/IEC 13818-7, 6.2: one raw data block, no CRC, buffer fullness unknown.</summary>
    private static void WriteAdts(Span<byte> into, AudioSpecificConfig config, int frameLength)
    {
        var length = frameLength + AdtsHeaderBytes;
        var channels = config.ChannelConfiguration & 7;
        into[0] = 0xff;
        into[1] = 0xf1;
        into[2] = (byte)(((config.ObjectType - 1) << 6) | (config.RateIndex << 2) | (channels >> 2));
        into[3] = (byte)(((channels & 3) << 6) | (length >> 11));
        into[4] = (byte)(length >> 3);
        into[5] = (byte)(((length & 7) << 5) | 0x1f);
        into[6] = 0xfc;
    }
}
