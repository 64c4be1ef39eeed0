using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>What a segmenter's child tells, on the wire. The parent believes nothing of it: every count and value has a bound.</summary>
internal static class WireCut
{
    /// <summary>Bytes that an init segment may have.</summary>
    public const int LargestInit = 1 << 20;

    /// <summary>What a message has beyond the init segment and the segment, at most.</summary>
    public const int Overhead = 64 * 1024;

    private const int MostStreams = 64;
    private const int MostText = 2048;
    private const long LongestSegment = 24L * 3600 * 90_000;

    /// <summary>Says that a source was opened.</summary>
    public static void WriteOpened(WireWriter wire, CutOpened opened)
    {
        wire.Begin(MessageKind.Opened);
        wire.Text(Cut(opened.Format));
        wire.U8((int)opened.Container);
        wire.Optional(opened.Length);
        wire.Text(Cut(opened.Note));
        wire.I32(opened.Streams.Count);
        foreach (var stream in opened.Streams)
        {
            wire.I32(stream.Id);
            wire.U8((int)stream.Kind);
            wire.Text(stream.Codec);
            wire.Text(stream.CodecsTag);
            wire.Text(stream.Language);
            wire.I32(stream.SampleRate);
            wire.I32(stream.Channels);
            wire.I32(stream.Width);
            wire.I32(stream.Height);
            wire.I32((int)Math.Clamp(stream.FrameRate * 1000, 0, 1_000_000));
            wire.Text(stream.EncodedFrom);
        }
    }

    /// <summary>Reads that a source was opened.</summary>
    public static CutOpened ReadOpened(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var format = wire.Text(MostText) ?? "";
        var container = ReadContainer(ref wire);
        var length = wire.Optional() is >= 0 and < long.MaxValue / 4 and var ticks ? ticks : (long?)null;
        var note = wire.Text(MostText);
        var streams = new List<CutStream>();
        for (var left = wire.Bounded(1, MostStreams); left > 0; left--)
        {
            var id = wire.Bounded(0, 8191);
            var kind = (TrackKind)wire.U8();
            streams.Add(new CutStream(
                id,
                Enum.IsDefined(kind) ? kind : throw new WireException($"kind {kind}"),
                wire.Text(MostText) ?? "unknown",
                wire.Text(MostText),
                wire.Text(MostText),
                wire.Bounded(0, 1_000_000),
                wire.Bounded(0, 65_535),
                wire.Bounded(0, 65_535),
                wire.Bounded(0, 65_535),
                wire.Bounded(0, 1_000_000) / 1000.0,
                wire.Text(MostText)));
        }

        return wire.AtEnd ? new CutOpened(format, container, streams, length, note) : throw new WireException("more than what was opened");
    }

    /// <summary>Says everything of a segment but its bytes, which follow; the message's length counts them.</summary>
    public static void WriteCut(WireWriter wire, Container container, ReadOnlySpan<byte> init, CutSegment segment, bool discontinuity)
    {
        wire.Begin(MessageKind.Cut);
        wire.U8((int)container);
        wire.U8(discontinuity ? 1 : 0);
        wire.U8(segment.Independent ? 1 : 0);
        wire.I64(segment.Start);
        wire.I64(segment.Duration);
        wire.Bytes(init);
    }

    /// <summary>Reads a segment; its sequence and an init segment that is not repeated are for the caller to add.</summary>
    /// <param name="body">The message's body; the segment's bytes are a slice of it.</param>
    /// <param name="largest">Bytes that a segment may have.</param>
    /// <param name="earliest">When it may begin.</param>
    public static SegmentCut ReadCut(byte[] body, int largest, long earliest)
    {
        var wire = new WireReader(body);
        var container = ReadContainer(ref wire);
        var discontinuity = wire.U8() != 0;
        var independent = wire.U8() != 0;
        var start = wire.I64();
        var duration = wire.I64();
        if (start < earliest || start > long.MaxValue / 4)
            throw new WireException("a segment that begins before the one before ends");
        if (duration is <= 0 or > LongestSegment)
            throw new WireException($"a segment of {duration} ticks");
        var init = wire.Bytes(LargestInit).ToArray();
        if (wire.Left == 0 || wire.Left > largest)
            throw new WireException($"a segment of {wire.Left} bytes");
        return new SegmentCut(0, container, init, body.AsMemory(body.Length - wire.Left), start, duration, discontinuity, independent);
    }

    /// <summary>Says a line of text, and with it how a source failed.</summary>
    public static void WriteLine(WireWriter wire, MessageKind kind, string line, CutFault fault = default, bool retry = false)
    {
        wire.Begin(kind);
        wire.U8((int)fault);
        wire.U8(retry ? 1 : 0);
        wire.Text(Cut(line));
    }

    /// <summary>Reads how a source ended or failed.</summary>
    public static (CutFault Fault, bool Retry, string Line) ReadLine(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var fault = (CutFault)wire.U8();

        // The others are the parent's own to say.
        if (!Enum.IsDefined(fault) || fault is CutFault.Crashed or CutFault.Hung or CutFault.Unavailable)
            throw new WireException($"fault {fault}");
        var retry = wire.U8() != 0;
        return (fault, retry, wire.Text(MostText) ?? "");
    }

    private static Container ReadContainer(ref WireReader wire)
    {
        var container = (Container)wire.U8();
        return container is Container.MpegTs or Container.FragmentedMp4 ? container : throw new WireException($"container {container}");
    }

    private static string? Cut(string? text) => text is { Length: > MostText / 4 } ? text[..(MostText / 4)] : text;
}
