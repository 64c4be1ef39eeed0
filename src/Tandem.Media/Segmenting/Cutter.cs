namespace Tandem.Media.Segmenting;

/// <summary>How a <see cref="Cutter"/> cuts.</summary>
/// <param name="Rule">Where.</param>
/// <param name="Streams">How many streams there are.</param>
/// <param name="Picture">Number of the picture's stream; null without picture.</param>
/// <param name="MostBytes">A segment of so many bytes is cut without waiting any longer.</param>
/// <param name="KeepsLead">Whether sound from before the first picture is kept: of a file, but not of a sender's stream joined midway.</param>
internal sealed record CutterOptions(CutRule Rule, int Streams, int? Picture, long MostBytes, bool KeepsLead);

/// <summary>
/// Cuts packets into segments at key frames; every sound is cut at the same time as the picture, wherever its packets stand in the
/// source. Holds at most a segment and a second, and at most twice <see cref="CutterOptions.MostBytes"/>.
/// </summary>
/// <param name="options">How to cut.</param>
internal sealed class Cutter(CutterOptions options)
{
    // How long a stream may lag behind the cut before the segment does without it: 1 s.
    private const long Patience = 90_000;

    // A sender that breaks off leaves pictures whose sound was still to come: FFmpeg sends sound up to 0.7 s later, and a part of that in
    // one piece. So much of a last segment is nothing to be shown: 1 s.
    private const long Scrap = 90_000;

    private readonly CutPacket?[] _latest = new CutPacket?[options.Streams];
    private List<CutPacket> _pending = [];
    private CutPacket? _boundary;
    private long? _start;
    private long _first;
    private long _cut;
    private long? _lastKey;
    private long _newest = long.MinValue;
    private long _bytes;

    /// <summary>Adds a packet and brings out the segments that are complete.</summary>
    public void Add(CutPacket packet, List<CutSegment> output)
    {
        Measure(packet);
        _newest = Math.Max(_newest, packet.Pts);
        Take(packet);
        while (_boundary is not null && IsComplete())
            Split(output);
    }

    /// <summary>The source ends here: brings out the rest.</summary>
    public void Finish(List<CutSegment> output)
    {
        if (_start is null && _pending.Count > 0)
            Begin(_pending.Find(packet => packet.Stream == options.Picture) ?? _pending[0]);
        while (_boundary is not null)
            Split(output);
        if (_pending.Count > 0 && _start is { } start)
            Rest(start, Math.Max(_pending.Max(packet => packet.Pts + packet.Duration) - start, 1), output);
        _pending = [];
        _start = null;
        _bytes = 0;
        _lastKey = null;
        _newest = long.MinValue;
        Array.Clear(_latest);
    }

    /// <summary>Gives up what is held.</summary>
    public void Drop()
    {
        foreach (var packet in _pending)
            packet.Dispose();
        _pending = [];
        _boundary = null;
        _start = null;
        _bytes = 0;
    }

    // The packet before ends where this one begins, where the source did not say how long it is.
    private void Measure(CutPacket packet)
    {
        if (_latest[packet.Stream] is { Duration: <= 0 } before && packet.Dts - before.Dts is > 0 and < InputClock.FarAhead and var duration)
            before.Duration = duration;
        _latest[packet.Stream] = packet;
    }

    private void Take(CutPacket packet)
    {
        if (_start is not null && !options.KeepsLead && packet.Stream != options.Picture && packet.Pts + packet.Duration <= _first)
        {
            packet.Dispose();
            return;
        }

        _pending.Add(packet);
        _bytes += packet.Size;
        if (_start is null)
            TryBegin(packet);
        else if (_boundary is null)
            TryCut(packet, _start.Value);
    }

    private void TryBegin(CutPacket packet)
    {
        if (options.Picture is null || (packet.Stream == options.Picture && packet.Key))
            Begin(packet);
        else if (_newest - _pending[0].Pts >= options.Rule.Longest / 2 || _bytes >= options.MostBytes)
            Begin(_pending.Find(held => held.Stream == options.Picture) ?? _pending[0]);
    }

    private void Begin(CutPacket packet)
    {
        _start = _first = packet.Pts;
        _lastKey = packet.Key ? packet.Pts : null;
        var held = _pending;
        _pending = [];
        _bytes = 0;
        var begun = false;
        foreach (var earlier in held)
        {
            begun |= earlier == packet;
            var picture = earlier.Stream == options.Picture;
            if (picture ? begun : options.KeepsLead || options.Picture is null || earlier.Pts + earlier.Duration > _first)
            {
                _pending.Add(earlier);
                _bytes += earlier.Size;
            }
            else
            {
                earlier.Dispose();
            }
        }
    }

    private void TryCut(CutPacket packet, long start)
    {
        var elapsed = packet.Pts - start;
        if (elapsed <= 0)
            return;

        // What is decoded first must not come after: a cut that is not the picture's own is for when the picture has stopped.
        if (packet.Stream != options.Picture && options.Picture is { } picture && _latest[picture] is { } shown && shown.Pts >= packet.Pts - Patience)
            return;
        bool cut;
        if (packet.Stream == options.Picture && packet.Key)
        {
            cut = options.Rule.AtKeyFrame(elapsed, _lastKey is { } key ? packet.Pts - key : 0);
            _lastKey = packet.Pts;
        }
        else
        {
            cut = options.Picture is null && packet.Stream == 0 && options.Rule.AtSound(elapsed);
        }

        if (!cut && !options.Rule.Anyway(elapsed) && _bytes < options.MostBytes)
            return;
        _boundary = packet;
        _cut = packet.Pts;
    }

    private bool IsComplete()
    {
        if (_newest >= _cut + Patience || _bytes >= 2 * options.MostBytes)
            return true;
        for (var stream = 0; stream < options.Streams; stream++)
        {
            if (stream != options.Picture && (_latest[stream]?.Pts ?? long.MinValue) < _cut)
                return false;
        }

        return true;
    }

    private void Split(List<CutSegment> output)
    {
        var boundary = _boundary!;
        var start = _start!.Value;
        var (now, later, reached) = (new List<CutPacket>(), new List<CutPacket>(), false);
        foreach (var packet in _pending)
        {
            reached |= packet == boundary;
            var picture = packet.Stream == options.Picture;
            var belongs = picture && boundary.Stream == options.Picture ? !reached : (picture ? packet.Dts : packet.Pts) < _cut;
            (belongs ? now : later).Add(packet);
        }

        if (now.Count > 0)
            output.Add(Segment(start, _cut - start, now));
        _boundary = null;
        _start = _cut;
        _pending = [];
        _bytes = 0;
        foreach (var packet in later)
            Take(packet);
    }

    private void Rest(long start, long duration, List<CutSegment> output)
    {
        // What a file has at its end, it has.
        var isScrap = !options.KeepsLead && duration < Scrap
            && Enumerable.Range(0, options.Streams).Any(stream => _latest[stream] is not null && !_pending.Exists(packet => packet.Stream == stream));
        if (isScrap)
            _pending.ForEach(packet => packet.Dispose());
        else
            output.Add(Segment(start, duration, _pending));
    }

    private CutSegment Segment(long start, long duration, List<CutPacket> packets)
    {
        var independent = packets.Find(packet => packet.Stream == options.Picture)?.Key ?? true;

        // A stable order: what has the same time stays as the source had it.
        return new CutSegment(start, duration, independent, [.. packets.OrderBy(packet => packet.Dts)]);
    }
}
