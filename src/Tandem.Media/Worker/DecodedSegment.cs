namespace Tandem.Media.Worker;

/// <summary>The containers Tandem reads and writes.</summary>
public enum Container
{
    /// <summary>MPEG-2 transport stream (ISO/IEC 13818-1).</summary>
    MpegTs,

    /// <summary>Fragmented MP4 / CMAF (ISO/IEC 23000-19); needs its init segment.</summary>
    FragmentedMp4,

    /// <summary>ADTS AAC or MPEG audio, with or without an ID3 timestamp (RFC 8216, section 3.4).</summary>
    PackedAudio,
}

/// <summary>What the worker is asked to do with one segment.</summary>
/// <param name="Data">The whole segment, already decrypted.</param>
/// <param name="Init">The init segment of <see cref="Container.FragmentedMp4"/>, already decrypted; empty otherwise.</param>
/// <param name="Language">BCP 47 tag of the source language; among several sound tracks the one so tagged is heard.</param>
/// <param name="Continues">False at the start of an epoch: decoders start afresh and no bytes carry over.</param>
public sealed record DecodeRequest(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Init, string Language, bool Continues);

/// <summary>One elementary stream of a segment.</summary>
/// <param name="Id">PID of a transport stream, track id of an MP4.</param>
/// <param name="Kind">What it carries.</param>
/// <param name="Codec">FFmpeg's name of the codec, such as <c>aac</c> or <c>h264</c>; <c>unknown</c> where it has none.</param>
/// <param name="CodecsTag">RFC 6381 name for <c>CODECS</c>, such as <c>mp4a.40.2</c>; null where it cannot be told.</param>
/// <param name="Language">BCP 47 or ISO 639 tag; null where the container has none.</param>
/// <param name="SampleRate">Hz; 0 for pictures.</param>
/// <param name="Channels">0 for pictures.</param>
public sealed record TrackInfo(int Id, TrackKind Kind, string Codec, string? CodecsTag, string? Language, int SampleRate, int Channels);

/// <summary>Kinds of <see cref="TrackInfo"/>.</summary>
public enum TrackKind
{
    /// <summary>Sound.</summary>
    Sound,

    /// <summary>Picture.</summary>
    Picture,

    /// <summary>Anything else, such as captions or timed metadata.</summary>
    Other,
}

/// <summary>One coded audio frame exactly as the source wrote it.</summary>
/// <param name="Ticks">Presentation time, 90 kHz, as written in the container (MPEG-TS: 33 bits, wrapped; MP4: after the edit list).</param>
/// <param name="Samples">Samples a channel at the track's (core) rate that this frame decodes to.</param>
/// <param name="Data">The frame; AAC without ADTS header, MPEG audio with its own header.</param>
public sealed record CodedFrame(long Ticks, int Samples, ReadOnlyMemory<byte> Data);

/// <summary>The heard track's frames and what a packager needs to know of them.</summary>
/// <param name="Codec"><c>aac</c>, <c>mp3</c>, <c>mp2</c>, …: FFmpeg's name.</param>
/// <param name="SampleRate">Rate a player's clock of these frames runs at: the core rate of HE-AAC, Hz.</param>
/// <param name="Channels">Channels of the core.</param>
/// <param name="AudioSpecificConfig">ISO/IEC 14496-3, 1.6.2.1; of Opus the OpusHead (RFC 7845, 5.1); empty for others.</param>
/// <param name="Frames">In presentation order.</param>
public sealed record CodedSound(string Codec, int SampleRate, int Channels, ReadOnlyMemory<byte> AudioSpecificConfig, IReadOnlyList<CodedFrame> Frames);

/// <summary>A run of decoded sound without a hole.</summary>
/// <param name="Ticks">Time of its first sample, 90 kHz, as written in the container.</param>
/// <param name="SampleRate">Hz, the decoder's output rate.</param>
/// <param name="Samples">Interleaved stereo, −1…1; two floats a sample. Mono is on both channels, more than two are downmixed.</param>
public sealed record DecodedSound(long Ticks, int SampleRate, float[] Samples);

/// <summary>What the worker made of one segment.</summary>
/// <param name="Container">What the bytes turned out to be.</param>
/// <param name="Tracks">All elementary streams that were found.</param>
/// <param name="Heard">Id of the sound track that was decoded; null where there is none.</param>
/// <param name="PictureStart">Smallest presentation time of a picture, 90 kHz as written; null without picture.</param>
/// <param name="PictureEnd">Largest presentation time plus one picture's duration; null without picture.</param>
/// <param name="Coded">The heard track's frames; null without sound.</param>
/// <param name="Sound">The heard track's sound: one entry a decoded frame, in decoding order.</param>
/// <param name="DamagedFrames">Frames that could not be decoded, and packets that were marked corrupt.</param>
public sealed record DecodedSegment(
    Container Container,
    IReadOnlyList<TrackInfo> Tracks,
    int? Heard,
    long? PictureStart,
    long? PictureEnd,
    CodedSound? Coded,
    IReadOnlyList<DecodedSound> Sound,
    int DamagedFrames);

/// <summary>Why a segment could not be decoded.</summary>
public enum DecodeFault
{
    /// <summary>The bytes are no container that Tandem reads.</summary>
    NotMedia,

    /// <summary>The container is fine, but it has no sound track.</summary>
    NoSound,

    /// <summary>The container is fine, but it has no picture: there is nothing to remux, and sound alone needs no remuxing.</summary>
    NoPicture,

    /// <summary>The sound's codec is none that Tandem decodes.</summary>
    UnknownCodec,

    /// <summary>The samples are encrypted (SAMPLE-AES, Common Encryption).</summary>
    Encrypted,

    /// <summary>More bytes, or more sound, than one segment may have.</summary>
    TooLarge,

    /// <summary>The worker did not answer in time and was killed.</summary>
    TimedOut,

    /// <summary>The worker died, or its decoder failed, while it worked on this segment.</summary>
    Crashed,

    /// <summary>The worker is pausing before it starts again.</summary>
    Unavailable,
}

/// <summary>A decoded segment, or the reason why there is none; with a reason, the segment is at most the time of its pictures.</summary>
public readonly record struct DecodeOutcome(DecodedSegment? Segment, DecodeFault? Fault, string? Detail)
{
    /// <summary>Wraps a success.</summary>
    public static DecodeOutcome Of(DecodedSegment segment) => new(segment, null, null);

    /// <summary>Wraps an expected failure; <paramref name="detail"/> is one line for people.</summary>
    public static DecodeOutcome Failed(DecodeFault fault, string detail) => new(null, fault, detail);

    /// <summary>Wraps a failure to hear a segment whose pictures could be read: where on the time line it stands is known.</summary>
    public static DecodeOutcome Unheard(DecodeFault fault, string detail, Container container, long pictureStart, long? pictureEnd) =>
        new(new DecodedSegment(container, [], null, pictureStart, pictureEnd, null, [], 0), fault, detail);
}
