using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tandem.Media.Sandbox;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>The child's work: source after source of one task, until a file has ended.</summary>
/// <param name="task">What to do.</param>
internal sealed unsafe class SegmenterRun(SegmenterTask task)
{
    // A listener that fails at once would fail as fast as a processor can: half a second, then twice as long each time, up to 5 s.
    private const int FirstPause = 500;
    private const int LongestPause = 5000;

    // What a source is that was heard out without a programme in it.
    private static readonly TimeSpan OpeningLimit = TimeSpan.FromSeconds(20);

    private readonly InputClock _clock = new(task.Begin);
    private readonly WireWriter _wire = new();
    private DatagramIo? _datagrams;
    private int _pause = FirstPause;

    private bool Listens => task.Kind != SourceKind.File;

    /// <summary>Runs to the end of a file; for ever where it listens.</summary>
    public void Run()
    {
        var turn = 0;
        while (true)
        {
            if (Listens)
                Line(MessageKind.Listening, "");
            var cut = One(turn);
            if (cut > 0)
                _pause = FirstPause;
            else if (Listens)
                Pause();
            if (!Listens && (!task.Loop || cut == 0))
                return;
            turn++;
        }
    }

    /// <summary>One sender, or one turn of a file. Returns how many segments it gave.</summary>
    private int One(int turn)
    {
        var io = task.Kind == SourceKind.Datagrams ? _datagrams ??= (DatagramIo)task.Source() : task.Source();
        try
        {
            if (io.Open() is { } trouble)
                return Fail(trouble.Fault, trouble.Detail, Listens);
            Patience.Within(io.IsLive ? OpeningLimit : null);
            using var demuxer = SourceDemuxer.Open(io, out var problem);
            if (LogTail.Refused && demuxer is null)
                return Fail(CutFault.Refused, "a sender named another application or key than this channel's, and was sent away", true);
            if (demuxer is null)
                return Fail(Patience.IsOver ? CutFault.BrokeOff : CutFault.NotMedia, Patience.IsOver ? "what is sent is nothing that can be read" : problem, Listens);
            if (StreamPlan.Make(demuxer.Streams, out var nothing) is not { } plan)
                return Fail(CutFault.NothingToCarry, nothing!, Listens);
            using var session = new SourceSession(task, io, demuxer, plan, _clock, Send);
            Opened(demuxer, plan, io);
            var end = session.Run();
            if (session.Segments == 0)
                return Fail(CutFault.BrokeOff, $"it ended before anything of it could be cut: {end}", Listens);
            if (!Listens && Truncated(demuxer, plan, session) is { } truncated)
            {
                // What there is of it can be played again and again.
                Fail(CutFault.BrokeOff, truncated, task.Loop);
                return session.Segments;
            }

            if (Listens || !task.Loop)
                Line(MessageKind.SourceEnded, end);
            return session.Segments;
        }
        catch (InvalidOperationException e)
        {
            // libav* refuses what was planned for this source.
            return Fail(CutFault.NothingToCarry, $"it cannot be carried: {e.Message}{LogTail.Hint(io.Secret)}", Listens);
        }
        finally
        {
            io.Dispose();
        }
    }

    // Only these headers tell the length of what was written, rather than of what is there.
    private static string? Truncated(SourceDemuxer demuxer, StreamPlan plan, SourceSession session)
    {
        var format = demuxer.Format;
        if (!format.StartsWith("mov", StringComparison.Ordinal) && !format.StartsWith("matroska", StringComparison.Ordinal))
            return null;

        // What was left out may have been longer.
        var told = plan.Streams.Max(stream => demuxer.StreamLength(stream.Source.Index));
        if ((told ?? (plan.Streams.Count == demuxer.Streams.Count ? demuxer.Length : null)) is not { } length)
            return null;

        // In fragments, and in FFmpeg's Matroska, that is where they end.
        length -= Math.Max(0, plan.Streams.Min(stream => demuxer.StreamStart(stream.Source.Index)) ?? 0);
        var missing = length - session.Length;
        return missing > Math.Max(90_000, length / 50)
            ? FormattableString.Invariant($"the file is cut short: it ends after {session.Length / 90_000.0:F1} s, its header says {length / 90_000.0:F1} s")
            : null;
    }

    private int Fail(CutFault fault, string detail, bool retry)
    {
        WireCut.WriteLine(_wire, MessageKind.SourceFailed, detail, fault, retry);
        ParentPipe.Send(_wire.End().Span);
        return 0;
    }

    private void Line(MessageKind kind, string line)
    {
        WireCut.WriteLine(_wire, kind, line);
        ParentPipe.Send(_wire.End().Span);
    }

    private void Pause()
    {
        for (var waited = 0; waited < _pause; waited += 100)
        {
            Patience.Step();
            _ = Libc.poll(null, new CULong(0), 100);
        }

        _pause = Math.Min(_pause * 2, LongestPause);
    }

    private void Opened(SourceDemuxer demuxer, StreamPlan plan, SourceIo io)
    {
        var streams = new List<CutStream>();
        foreach (var (carried, number) in plan.Streams.Select((carried, number) => (carried, number)))
            streams.Add(Describe(demuxer, carried, SegmentMuxer.Id(plan.Container, number)));
        WireCut.WriteOpened(_wire, new CutOpened(demuxer.Format, plan.Container, streams, io.IsLive ? null : demuxer.Length, plan.Note));
        ParentPipe.Send(_wire.End().Span);
    }

    private static CutStream Describe(SourceDemuxer demuxer, CarriedStream carried, int id)
    {
        var source = carried.Source;
        var stream = demuxer[source.Index];
        var from = stream->codecpar;
        var rate = stream->avg_frame_rate;
        var sound = source.Kind == TrackKind.Sound;
        return new CutStream(
            id,
            source.Kind,
            carried.Encoded ? "aac" : source.Codec,
            carried.Encoded ? "mp4a.40.2" : CodecNames.Of(source.CodecId, SourceDemuxer.Header(from), from->profile, from->level),
            demuxer.Language(source.Index),
            !sound ? 0 : carried.Encoded ? AacEncoder.SampleRate : from->sample_rate,
            !sound ? 0 : carried.Encoded ? 2 : from->ch_layout.nb_channels,
            sound ? 0 : from->width,
            sound ? 0 : from->height,
            sound || rate.den <= 0 || rate.num <= 0 ? 0 : rate.num / (double)rate.den,
            carried.Encoded ? source.Codec : null);
    }

    private void Send(Container container, ReadOnlySpan<byte> init, ReadOnlySpan<byte> data, CutSegment segment, bool discontinuity)
    {
        WireCut.WriteCut(_wire, container, init, segment, discontinuity);
        var head = _wire.End().ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length - WireWriter.HeaderLength + data.Length);
        ParentPipe.Send(head, data);
        Patience.Step();
    }
}
