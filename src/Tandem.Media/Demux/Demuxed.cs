using Tandem.Media.Captions;
using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>What a demuxer found in one segment.</summary>
/// <param name="Container">The container.</param>
/// <param name="Streams">Its elementary streams, in the container's order.</param>
/// <param name="Damaged">Packets that were marked corrupt, lost, or could not be made sense of.</param>
internal sealed record Demuxed(Container Container, IReadOnlyList<ElementaryStream> Streams, int Damaged);

/// <summary>One elementary stream of a segment.</summary>
/// <param name="id">PID or track id.</param>
/// <param name="kind">What it carries.</param>
/// <param name="codec">FFmpeg's name of the codec.</param>
internal sealed class ElementaryStream(int id, TrackKind kind, string codec)
{
    public int Id => id;

    public TrackKind Kind => kind;

    /// <summary>FFmpeg's name; MPEG audio's layer is only known from its first frame.</summary>
    public string Codec { get; set; } = codec;

    /// <summary>RFC 6381; null where it cannot be told.</summary>
    public string? CodecsTag { get; set; }

    public string? Language { get; set; }

    /// <summary>Whether the sound is a description for the blind, a commentary or the like, rather than the main sound.</summary>
    public bool Special { get; set; }

    /// <summary>Whether the samples are encrypted.</summary>
    public bool Encrypted { get; set; }

    /// <summary>Core rate, Hz; 0 where unknown.</summary>
    public int SampleRate { get; set; }

    public int Channels { get; set; }

    /// <summary>Header that the decoder needs; empty where frames carry all.</summary>
    public ReadOnlyMemory<byte> DecoderConfiguration { get; set; }

    /// <summary>ISO/IEC 14496-3, 1.6.2.1; of Opus the OpusHead (RFC 7845, 5.1); empty for other codecs.</summary>
    public ReadOnlyMemory<byte> AudioSpecificConfig { get; set; }

    /// <summary>The sound's frames in presentation order.</summary>
    public List<SoundFrame> Frames { get; init; } = [];

    /// <summary>Caption bytes of the pictures in order of presentation, where they are asked for.</summary>
    public List<CaptionPair> Captions { get; set; } = [];

    /// <summary>Presentation times of pictures.</summary>
    public PictureClock Pictures { get; init; } = new();
}

/// <summary>One coded frame of sound.</summary>
/// <param name="Ticks">Presentation time, 90 kHz, as the container has it.</param>
/// <param name="Samples">Samples a channel at the core rate.</param>
/// <param name="Whole">What the decoder gets.</param>
/// <param name="HeaderLength">Bytes at the front of <paramref name="Whole"/> that are transport, not codec (ADTS).</param>
internal readonly record struct SoundFrame(long Ticks, int Samples, ReadOnlyMemory<byte> Whole, int HeaderLength)
{
    /// <summary>The frame as a packager wants it.</summary>
    public ReadOnlyMemory<byte> Bare => Whole[HeaderLength..];
}
