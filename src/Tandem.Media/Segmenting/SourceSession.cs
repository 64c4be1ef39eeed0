using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>Takes a finished segment away.</summary>
internal delegate void SegmentSink(Container container, ReadOnlySpan<byte> init, ReadOnlySpan<byte> data, CutSegment segment, bool discontinuity);

/// <summary>One source, from its first packet to its last: read, placed on the time line, cut, written.</summary>
internal sealed unsafe class SourceSession : IDisposable
{
    private const int MostErrors = 20;
    private const int HiddenPace = 1000;

    private readonly SegmenterTask _task;
    private readonly SourceIo _io;
    private readonly SourceDemuxer _demuxer;
    private readonly StreamPlan _plan;
    private readonly InputClock _clock;
    private readonly SegmentSink _sink;
    private readonly SegmentMuxer _muxer;
    private readonly int?[] _numbers;
    private readonly SoundTranscoder?[] _transcoders;
    private readonly RoundedTimes?[] _rounded;
    private readonly List<CutSegment> _ready = [];
    private readonly List<CutPacket> _encoded = [];
    private Cutter _cutter;
    private bool _discontinuity = true;
    private bool _initSent;
    private int _refused;

    public SourceSession(SegmenterTask task, SourceIo io, SourceDemuxer demuxer, StreamPlan plan, InputClock clock, SegmentSink sink)
    {
        (_task, _io, _demuxer, _plan, _clock, _sink) = (task, io, demuxer, plan, clock, sink);
        _muxer = new SegmentMuxer(plan, demuxer, task.Largest);
        _numbers = new int?[demuxer.Streams.Count];
        _transcoders = new SoundTranscoder?[plan.Streams.Count];
        _rounded = new RoundedTimes?[plan.Streams.Count];
        for (var number = 0; number < plan.Streams.Count; number++)
        {
            _numbers[plan.Streams[number].Source.Index] = number;
            _rounded[number] = Rounded(plan.Streams[number].Source);
        }

        for (var index = 0; index < _numbers.Length; index++)
        {
            if (_numbers[index] is null)
                demuxer.Discard(index);
        }

        _cutter = NewCutter();
        clock.Restart();
    }

    /// <summary>Segments so far.</summary>
    public int Segments { get; private set; }

    /// <summary>Length of all segments, 90 kHz.</summary>
    public long Length { get; private set; }

    /// <summary>Runs until the source ends. Returns how, one line.</summary>
    public string Run()
    {
        using var packet = new PacketHandle();
        var errors = 0;
        while (true)
        {
            Patience.Within(_io.IsLive ? TimeSpan.FromMilliseconds(_task.Silence) : null);
            var result = _demuxer.Read(packet);
            Patience.Step();
            if (result >= 0)
            {
                errors = 0;
                Take(packet);
                LibAvCodec.av_packet_unref(packet.Value);
                continue;
            }

            if (result is LibAvUtil.InvalidData or LibAvUtil.Again && ++errors < MostErrors)
                continue;
            var how = How(result);
            FinishEpoch();
            return _refused > 0 ? $"{how}; {_refused} of its packets could not be written" : how;
        }
    }

    private string How(int result)
    {
        if (result == LibAvUtil.EndOfFile)
            return _io.IsLive ? "the sender has gone" : "the end of the file";
        return Patience.IsOver
            ? FormattableString.Invariant($"the sender was silent for {_task.Silence / 1000.0:0.#} s")
            : $"{AvError.Text(result)}{LogTail.Hint(_io.Secret)}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cutter.Drop();
        foreach (var transcoder in _transcoders)
            transcoder?.Dispose();
        _muxer.Dispose();
    }

    private Cutter NewCutter() => new(new CutterOptions(
        new CutRule(_task.Target, _task.Longest),
        _plan.Streams.Count,
        _plan.Streams[0].Source.Kind == TrackKind.Picture ? 0 : null,
        _task.Largest / 2,
        KeepsLead: !_io.IsLive));

    private void Take(PacketHandle packet)
    {
        var value = packet.Value;
        if (value->stream_index < 0 || value->stream_index >= _numbers.Length || _numbers[value->stream_index] is not { } number)
            return;
        if (value->size <= 0 || value->size > _task.Largest / 2)
            return;
        var stream = _demuxer[value->stream_index];
        var unit = stream->time_base;
        var duration = Rescale.ToTicks(value->duration, unit) ?? 0;
        var wrap = stream->pts_wrap_bits is > 0 and < 60 ? Rescale.ToTicks(1L << stream->pts_wrap_bits, unit) ?? 0 : 0;
        var (pts, dts) = (Rescale.ToTicks(value->pts, unit), Rescale.ToTicks(value->dts, unit));
        if ((value->flags & LibAvCodec.PacketDiscard) != 0 && _plan.Streams[number].Source.Kind == TrackKind.Picture)
            (pts, dts, duration) = (Hidden(pts), Hidden(dts), duration / HiddenPace);
        if (_rounded[number] is { } rounded && pts is { } shown)
            pts = dts = rounded.Exact(shown);
        var place = _clock.Place(number, pts, dts, Math.Max(duration, 0), wrap);
        if (place.Jumped)
            Jump();
        if (!place.Kept)
            return;
        if (_plan.Streams[number].Encoded)
        {
            Encode(number, value, place.Pts);
            return;
        }

        var owned = new PacketHandle();
        LibAvCodec.av_packet_move_ref(owned.Value, value);
        Cut(new CutPacket(number, place.Pts, place.Dts, duration, (owned.Value->flags & LibAvCodec.PacketKey) != 0, owned.Value->size, owned));
    }

    private RoundedTimes? Rounded(SourceStream source)
    {
        var stream = _demuxer[source.Index];
        return source.Kind == TrackKind.Sound && Rescale.ToTicks(1, stream->time_base) is { } unit && RoundedTimes.Rounds(unit)
            ? new RoundedTimes(unit, stream->codecpar->frame_size, stream->codecpar->sample_rate) : null;
    }

    // What an edit list cuts off at the beginning, but what follows needs to be decoded, must not be seen for seconds: it is over in
    // milliseconds, right before what plays first.
    private static long? Hidden(long? ticks) => ticks < 0 ? ticks / HiddenPace : ticks;

    private void Jump()
    {
        FinishEpoch();
        _cutter = NewCutter();
        _discontinuity = true;
    }

    private void Encode(int number, AVPacket* packet, long pts)
    {
        var transcoder = _transcoders[number]
            ??= SoundTranscoder.Open(_demuxer[_plan.Streams[number].Source.Index]->codecpar, number)
                ?? throw new InvalidOperationException($"{_plan.Streams[number].Source.Codec} cannot be decoded");
        transcoder.Add(new ReadOnlySpan<byte>(packet->data, packet->size), pts, _encoded);
        CutEncoded();
    }

    private void CutEncoded()
    {
        foreach (var packet in _encoded)
            Cut(packet);
        _encoded.Clear();
    }

    private void Cut(CutPacket packet)
    {
        _cutter.Add(packet, _ready);
        Write();
    }

    private void FinishEpoch()
    {
        for (var number = 0; number < _transcoders.Length; number++)
        {
            _transcoders[number]?.Finish(_encoded);
            CutEncoded();
            _transcoders[number]?.Dispose();
            _transcoders[number] = null;
        }

        _cutter.Finish(_ready);
        Write();
    }

    private void Write()
    {
        foreach (var segment in _ready)
        {
            using (segment)
            {
                _refused += _muxer.Write(segment);
                if (_muxer.Data.IsEmpty)
                    continue;
                _sink(_plan.Container, _initSent ? [] : _muxer.Init, _muxer.Data, segment, _discontinuity);
                _initSent = true;
                _discontinuity = false;
                Segments++;
                Length += segment.Duration;
            }
        }

        _ready.Clear();
    }
}
