using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>What a <see cref="Segmenter"/> says, in order. Everything in it was made from untrusted bytes; lengths and ranges were checked.</summary>
public abstract record CutEvent
{
    private protected CutEvent()
    {
    }
}

/// <summary>A listener is ready for a sender. Comes first, and again after each sender.</summary>
/// <param name="Address">Where, such as <c>srt://0.0.0.0:9000</c>.</param>
public sealed record CutListening(string Address) : CutEvent;

/// <summary>A file or a sender's stream was opened; its segments follow. The first begins with a discontinuity.</summary>
/// <param name="Format">libavformat's name of the source's container, such as <c>mpegts</c>, <c>flv</c> or <c>matroska,webm</c>.</param>
/// <param name="Container">Of the segments to come: <see cref="Container.MpegTs"/> or <see cref="Container.FragmentedMp4"/>.</param>
/// <param name="Streams">What the segments carry: at most one picture, and every sound.</param>
/// <param name="Length">Length of a file as its header tells it, 90 kHz ticks; null where it is not told, and for senders.</param>
/// <param name="Note">What was left out or encoded anew and why, one line for people; null where everything is carried as it is.</param>
public sealed record CutOpened(
    string Format, Container Container, IReadOnlyList<CutStream> Streams, long? Length, string? Note) : CutEvent;

/// <summary>One stream of the segments.</summary>
/// <param name="Id">PID of a transport stream, track id of an MP4.</param>
/// <param name="Kind">Sound or picture.</param>
/// <param name="Codec">FFmpeg's name of the codec, such as <c>aac</c> or <c>h264</c>.</param>
/// <param name="CodecsTag">RFC 6381 name for <c>CODECS</c>, such as <c>avc1.64001F</c>; null where it cannot be told.</param>
/// <param name="Language">ISO 639-2 or BCP 47 tag; null where the source has none.</param>
/// <param name="SampleRate">Hz; 0 for pictures.</param>
/// <param name="Channels">0 for pictures.</param>
/// <param name="Width">Pixels; 0 for sound.</param>
/// <param name="Height">Pixels; 0 for sound.</param>
/// <param name="FrameRate">Pictures a second; 0 where it is not told, and for sound.</param>
/// <param name="EncodedFrom">Codec of the source where this sound was encoded anew to AAC, because neither container carries it; else null.</param>
public sealed record CutStream(
    int Id,
    TrackKind Kind,
    string Codec,
    string? CodecsTag,
    string? Language,
    int SampleRate,
    int Channels,
    int Width,
    int Height,
    double FrameRate,
    string? EncodedFrom);

/// <summary>One segment.</summary>
/// <param name="Sequence">Counts from 0 over a segmenter's life, without gaps.</param>
/// <param name="Container">Of <paramref name="Data"/>.</param>
/// <param name="Init">The init segment of <see cref="Container.FragmentedMp4"/>, the same bytes until the next discontinuity; empty otherwise.</param>
/// <param name="Data">The segment; its times are those of <paramref name="Start"/> (transport streams: mod 2³³).</param>
/// <param name="Start">
/// When its first picture (without picture: sound) plays, 90 kHz ticks. Never decreases; a sender's or file's own times are shifted by
/// one constant from one discontinuity to the next.
/// </param>
/// <param name="Duration">To the start of the next; 90 kHz ticks, above 0.</param>
/// <param name="Discontinuity">Whether it does not go on where the one before ended: a new sender, a new turn of a loop, a jump of its clock.</param>
/// <param name="Independent">Whether its picture begins with a key frame; true without picture.</param>
public sealed record SegmentCut(
    long Sequence,
    Container Container,
    ReadOnlyMemory<byte> Init,
    ReadOnlyMemory<byte> Data,
    long Start,
    long Duration,
    bool Discontinuity,
    bool Independent) : CutEvent;

/// <summary>The file has ended, which is the last that is said; or a sender has gone, and the listener waits for the next.</summary>
/// <param name="Detail">One line for people.</param>
public sealed record CutEnded(string Detail) : CutEvent;

/// <summary>
/// The file cannot be read, which is the last that is said; or a sender was refused or broke off, a file that is looped ended before it
/// should, or the child died, and the listener or the loop goes on by itself.
/// </summary>
/// <param name="Fault">Why.</param>
/// <param name="Detail">One line for people, with the thing and, where there is one, the remedy.</param>
/// <param name="Retry">
/// Whether another try may do better. A listener and a file that is looped try again by themselves then; after a failure without retry it
/// is over for them, too.
/// </param>
public sealed record CutFailed(CutFault Fault, string Detail, bool Retry) : CutEvent;

/// <summary>Reasons of <see cref="CutFailed"/>.</summary>
public enum CutFault
{
    /// <summary>The bytes are no container that can be read.</summary>
    NotMedia,

    /// <summary>The container is fine, but holds no sound and no picture that can be carried.</summary>
    NothingToCarry,

    /// <summary>The file cannot be read at all.</summary>
    Unreadable,

    /// <summary>The address cannot be listened on.</summary>
    CannotListen,

    /// <summary>The sender named another application or key, or did not complete its greeting.</summary>
    Refused,

    /// <summary>The source broke off or went silent before anything of it could be cut, or a file before its header says that it ends.</summary>
    BrokeOff,

    /// <summary>The child died.</summary>
    Crashed,

    /// <summary>The child made no headway and was killed.</summary>
    Hung,

    /// <summary>The child could not be started.</summary>
    Unavailable,
}
