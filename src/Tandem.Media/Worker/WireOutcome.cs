using System.Numerics;
using System.Runtime.InteropServices;

namespace Tandem.Media.Worker;

/// <summary>Outcomes on the wire. The parent believes nothing of what it reads: every count and value has a bound.</summary>
internal static class WireOutcome
{
    private const int MostTracks = 1024;
    private const int MostFrames = 200_000;

    /// <summary>Longest text, bytes.</summary>
    public const int MostText = 1024;

    private const int LargestFrame = 1 << 20;

    // No decoder makes a block of more; two floats a sample.
    private const int LargestBlock = 65_536 * 2;

    /// <summary>Writes an outcome's body.</summary>
    public static void Write(WireWriter wire, int request, in DecodeOutcome outcome)
    {
        wire.I32(request);
        wire.U8(outcome.Fault is null ? 1 : 0);
        if (outcome.Fault is { } reason)
        {
            wire.U8((int)reason);
            wire.Text(outcome.Detail);
            wire.U8((int)(outcome.Segment?.Container ?? default));
            wire.Optional(outcome.Segment?.PictureStart);
            wire.Optional(outcome.Segment?.PictureEnd);
            return;
        }

        var segment = outcome.Segment!;

        wire.U8((int)segment.Container);
        wire.I32(segment.Tracks.Count);
        foreach (var track in segment.Tracks)
            WriteTrack(wire, track);

        wire.Optional(segment.Heard);
        wire.Optional(segment.PictureStart);
        wire.Optional(segment.PictureEnd);
        wire.I32(segment.DamagedFrames);
        var coded = segment.Coded!;
        wire.Text(coded.Codec);
        wire.I32(coded.SampleRate);
        wire.I32(coded.Channels);
        wire.Bytes(coded.AudioSpecificConfig.Span);
        wire.I32(coded.Frames.Count);
        foreach (var frame in coded.Frames)
        {
            wire.I64(frame.Ticks);
            wire.I32(frame.Samples);
            wire.Bytes(frame.Data.Span);
        }

        wire.I32(segment.Sound.Count);
        foreach (var sound in segment.Sound)
        {
            wire.I64(sound.Ticks);
            wire.I32(sound.SampleRate);
            wire.Floats(sound.Samples);
        }
    }

    /// <summary>Reads an outcome's body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static (int Request, DecodeOutcome Outcome) Read(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var request = wire.I32();
        if (wire.U8() == 0)
        {
            var fault = ReadFault(ref wire);
            var detail = wire.Text(MostText) ?? "";
            var of = ReadContainer(ref wire);
            var (start, end) = (wire.Optional(), wire.Optional());
            return (request, start is { } pictures ? DecodeOutcome.Unheard(fault, detail, of, pictures, end) : DecodeOutcome.Failed(fault, detail));
        }

        var container = ReadContainer(ref wire);
        var tracks = ReadTracks(ref wire);
        var heard = wire.Optional();
        var pictureStart = wire.Optional();
        var pictureEnd = wire.Optional();
        var damaged = wire.Bounded(0, int.MaxValue);
        var coded = ReadCoded(ref wire);
        var sound = new List<DecodedSound>();
        for (var left = wire.Bounded(0, MostFrames); left > 0; left--)
            sound.Add(new DecodedSound(wire.I64(), wire.Bounded(4_000, 192_000), ReadSamples(ref wire)));
        if (!wire.AtEnd)
            throw new WireException("more than an outcome");
        return (request, DecodeOutcome.Of(new DecodedSegment(
            container, tracks, (int?)heard, pictureStart, pictureEnd, coded, sound, damaged)));
    }

    /// <summary>Writes one track.</summary>
    public static void WriteTrack(WireWriter wire, TrackInfo track)
    {
        wire.I32(track.Id);
        wire.U8((int)track.Kind);
        wire.Text(track.Codec);
        wire.Text(track.CodecsTag);
        wire.Text(track.Language);
        wire.I32(track.SampleRate);
        wire.I32(track.Channels);
    }

    /// <summary>Reads a count and so many tracks.</summary>
    public static List<TrackInfo> ReadTracks(ref WireReader wire)
    {
        var tracks = new List<TrackInfo>();
        for (var left = wire.Bounded(0, MostTracks); left > 0; left--)
            tracks.Add(ReadTrack(ref wire));
        return tracks;
    }

    /// <summary>Reads a fault that a child can know of; the others are the parent's own to say.</summary>
    public static DecodeFault ReadFault(ref WireReader wire)
    {
        var fault = (DecodeFault)wire.U8();
        return Enum.IsDefined(fault) && fault is not (DecodeFault.TimedOut or DecodeFault.Unavailable)
            ? fault
            : throw new WireException($"fault {fault}");
    }

    /// <summary>Reads a container.</summary>
    public static Container ReadContainer(ref WireReader wire)
    {
        var container = (Container)wire.U8();
        return Enum.IsDefined(container) ? container : throw new WireException($"container {container}");
    }

    private static TrackInfo ReadTrack(ref WireReader wire)
    {
        var id = wire.I32();
        var kind = (TrackKind)wire.U8();
        return new TrackInfo(
            id,
            Enum.IsDefined(kind) ? kind : throw new WireException($"kind {kind}"),
            wire.Text(MostText) ?? "unknown",
            wire.Text(MostText),
            wire.Text(MostText),
            wire.Bounded(0, 1_000_000),
            wire.Bounded(0, 65_535));
    }

    private static CodedSound ReadCoded(ref WireReader wire)
    {
        var codec = wire.Text(MostText) ?? "unknown";
        var rate = wire.Bounded(0, 1_000_000);
        var channels = wire.Bounded(0, 65_535);
        var config = wire.Bytes(MostText).ToArray();
        var frames = new List<CodedFrame>();
        for (var left = wire.Bounded(0, MostFrames); left > 0; left--)
            frames.Add(new CodedFrame(wire.I64(), wire.Bounded(0, 65_536), wire.Bytes(LargestFrame).ToArray()));
        return new CodedSound(codec, rate, channels, config, frames);
    }

    private static float[] ReadSamples(ref WireReader wire)
    {
        var samples = wire.Floats(LargestBlock);
        if ((samples.Length & 1) != 0)
            throw new WireException("half a sample");
        Tame(samples);
        return samples;
    }

    /// <summary>Takes out what is no number or absurdly loud: one NaN would live on in every filter behind it.</summary>
    internal static void Tame(Span<float> samples)
    {
        const float Most = 8;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        var fine = true;
        foreach (ref readonly var vector in vectors)
            fine &= Vector.LessThanOrEqualAll(Vector.Abs(vector), new Vector<float>(Most));
        var rest = fine ? vectors.Length * Vector<float>.Count : 0;
        for (var i = rest; i < samples.Length; i++)
        {
            if (!(Math.Abs(samples[i]) <= Most))
                samples[i] = float.IsFinite(samples[i]) ? Math.Clamp(samples[i], -Most, Most) : 0;
        }
    }
}
