using System.Collections.Immutable;
using Tandem.Live.Ingest;
using Tandem.Media.Worker;

namespace Tandem.Live.Timeline;

/// <summary>What the clock is told of one segment of the heard playlist.</summary>
/// <param name="Segment">Its entry.</param>
/// <param name="AppearedAt">When it appeared.</param>
/// <param name="Decoded">What the worker made of it; null where it could not be had or read.</param>
/// <param name="Bytes">Size of the segment; 0 where it could not be had.</param>
public sealed record HeardSegment(MediaSegment Segment, DateTimeOffset AppearedAt, DecodedSegment? Decoded, int Bytes)
{
    /// <summary>How long decoding took.</summary>
    public TimeSpan DecodeTime { get; init; }

    /// <summary>Its way so far, where it is sampled.</summary>
    public SegmentTrace? Trace { get; init; }
}

/// <summary>
/// Decides where epochs begin, unwraps times, numbers segments, and puts sound in its place. Times in, rows out; no clock of its own.
/// </summary>
public sealed class SourceClock
{
    // EXTINF may be rounded to whole seconds; what lies beyond this is a break of time, not rounding.
    private const long BackwardsTolerance = MediaTime.Rate / 2;
    private const long ForwardsTolerance = MediaTime.Rate;

    // What a transport stream has of a segment's sound in the next one (0.1 s), and the time to fetch, decode, mix and encode it.
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(0.25);

    private static readonly DateTimeOffset _era = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SoundPlacer _placer;
    private readonly TimeSpan _delay;
    private readonly Resumption? _resumption;
    private Epoch? _epoch;
    private readonly DueTimes _dueTimes = new();
    private SegmentRow? _last;
    private EpochReason? _pending;
    private (Container Container, string Codec, int Rate, int Channels)? _format;
    private long _nextSequence;
    private int _incarnation;
    private bool _past;
    private bool _takeOver;
    private bool _carried;
    private (bool Carried, DateTimeOffset From)? _carry;
    private (long Sequence, int Incarnation)? _resetAt;
    private PlaylistId? _heard;
    private bool _changed;
    private ShownWindow? _shown;

    /// <summary>A clock for one channel.</summary>
    /// <param name="placer">Takes the sound.</param>
    /// <param name="delay">Of the channel.</param>
    /// <param name="resumption">What an earlier instance had published; null for a new channel.</param>
    public SourceClock(SoundPlacer placer, TimeSpan delay, Resumption? resumption)
    {
        _placer = placer;
        _delay = delay;
        _resumption = resumption;
    }

    /// <summary>The current epoch; null before the first segment.</summary>
    public Epoch? Epoch => _epoch;

    /// <summary>Frames whose times lay outside their segment and were left out.</summary>
    public long StrayFrames { get; private set; }

    /// <summary>
    /// What the heard playlist shows for the first time, before its segments come; segments from before may still come first. Where it has started
    /// its numbers anew, the first of them begins an epoch.
    /// </summary>
    /// <param name="appeared">New segments, oldest first; those that are not fetched do not count.</param>
    /// <param name="reset">Whether the numbers started anew.</param>
    /// <param name="incarnation">How many times they have, this time included.</param>
    public void See(ImmutableArray<SeenSegment> appeared, bool reset, int incarnation)
    {
        if (appeared.FirstOrDefault(seen => seen.Heard) is not { } first)
            return;
        if (reset)
            _resetAt = (first.Segment.Sequence, incarnation);
        if (_changed || reset)
            _shown = ShownWindow.Of(appeared, reset);
        _changed = false;
    }

    /// <summary>The next segment goes on behind a discontinuity, with encoders that start afresh: one of them is broken.</summary>
    public void BreakNext() => _takeOver = true;

    /// <summary>
    /// Whether pictures are carried. In an epoch that does not change: the first segment that appears after <paramref name="from"/> begins
    /// another one, on the same time line.
    /// </summary>
    public void Carry(bool carried, DateTimeOffset from) => _carry = (carried, _epoch is null ? DateTimeOffset.MinValue : from);

    /// <summary>Whether the current epoch's pictures are carried.</summary>
    public bool IsCarried => _epoch is { Carried: true };

    /// <summary>This playlist is heard from now on, which has started anew so many times. Another one than before shows its whole window.</summary>
    public void Hear(PlaylistId heard, int incarnation)
    {
        _changed |= _heard is not null && _heard != heard;
        _heard = heard;
        _incarnation = incarnation;
    }

    /// <summary>
    /// Takes the next segment and returns its row; null where nothing of it can be placed, because no epoch has begun yet or a new one
    /// cannot begin without sound.
    /// </summary>
    /// <param name="heard">The segment.</param>
    /// <param name="mixed">Channel time up to which sound has been mixed already; a new epoch begins no earlier.</param>
    public SegmentRow? Accept(HeardSegment heard, ChannelTime mixed)
    {
        var segment = heard.Segment;
        if (_resetAt is { } reset && reset.Sequence == segment.Sequence)
        {
            _resetAt = null;
            _incarnation = reset.Incarnation;
            _pending = _epoch is null ? null : EpochReason.Reset;
        }

        var start = heard.Decoded is { } decoded ? Start(decoded) : null;
        if (IsRepeated(heard, start))
            return null;
        _pending ??= Break(segment);
        _nextSequence = segment.Sequence + 1;
        if (start is null)
            return _epoch is null || _pending is not null ? null : Unheard(heard);

        var expected = Expected();
        var ticks = Unwrapped(heard.Decoded!, start.Value);

        var changes = TakeCarry(heard.AppearedAt);

        // Where the sound itself goes on, a duration that does not fit is a slip in the playlist.
        var goesOn = _last is { Heard: true } && Math.Abs(ticks - _placer.ExpectedTicks) <= BackwardsTolerance;
        _pending ??= (goesOn ? null : Jump(ticks - expected, segment.Duration)) ?? FormatChange(heard.Decoded!);
        if (_epoch is null)
            Begin(EpochReason.Start, start.Value, heard, mixed);
        else if (_pending is { } reason)
            Begin(reason, start.Value, heard, mixed);
        else
            Resume(segment.Sequence + _epoch.NumberOffset, ticks);
        if ((_takeOver || _epoch!.Carried != _carried) && _pending is null)
            TakeOver(ticks, _epoch!.DiscontinuitySequence + 1, changes ? EpochReason.Video : EpochReason.Takeover);
        _takeOver = false;
        if (_pending is not null)
            ticks = start.Value;
        _pending = null;
        _format = Format(heard.Decoded!) ?? _format;
        _past |= _resumption is null || segment.Sequence + _epoch!.NumberOffset > _resumption.LastNumber;
        return Row(heard, ticks);
    }

    private bool TakeCarry(DateTimeOffset appearedAt)
    {
        if (_carry is not { } change || appearedAt < change.From)
            return false;
        _carry = null;
        var changes = _carried != change.Carried;
        _carried = change.Carried;
        return changes;
    }

    /// <summary>Repeats the discontinuities that the instance before made up, and makes up one of its own past its last row.</summary>
    private void Resume(long number, long ticks)
    {
        if (_past)
            return;
        var before = _resumption!.Rows.FirstOrDefault(row => row.Number == number);
        if (before is null && number > _resumption.LastNumber)
            TakeOver(ticks, Math.Max(_epoch!.DiscontinuitySequence, _resumption.LastDiscontinuitySequence) + 1);
        else if (before is not null && before.DiscontinuitySequence > _epoch!.DiscontinuitySequence)
            TakeOver(ticks, before.DiscontinuitySequence);
    }

    /// <summary>
    /// Whether a segment was had already: another stream of the same source that takes over, or another packager behind the same address, shows its
    /// whole window once more. Its numbers may be others, so the times tell. Where those are others too, as of an encoder that started an hour
    /// later, the moment of appearance tells, but not after a reset, of which all seems to appear at once; there dates can say that what has an
    /// old time is new all the same. Only what the window listed can be a repeat: whatever a source writes, what comes after it is heard.
    /// </summary>
    private bool IsRepeated(HeardSegment heard, long? start)
    {
        var segment = heard.Segment;
        if (_last is null || _shown is not { } shown || !shown.Contains(segment.Sequence))
            return false;
        if (start is null)
            return segment.Sequence < _nextSequence;
        var ahead = Unwrapped(heard.Decoded!, start.Value) - Expected();
        var isSameTime = Math.Abs(ahead) <= Ticks((shown.Length + segment.Duration) * 1.5);
        return isSameTime
            ? ahead < -Ticks(segment.Duration / 2) && !(shown.Reset && IsDatedLater(segment))
            : !shown.Reset && heard.AppearedAt <= _last.AppearedAt;
    }

    private bool IsDatedLater(MediaSegment segment) =>
        segment.ProgramDate is { } date && _last!.Source.ProgramDate is not null && date + (segment.Duration / 2) >= _last.Date + _last.Duration;

    private EpochReason? Break(MediaSegment segment)
    {
        if (_epoch is null)
            return null;
        if (segment.Sequence != _nextSequence)
            return segment.Sequence < _nextSequence ? EpochReason.Reset : EpochReason.Outage;
        return segment.Discontinuity ? EpochReason.Discontinuity : null;
    }

    private static EpochReason? Jump(long difference, TimeSpan duration)
    {
        var forwards = Math.Max(ForwardsTolerance, (long)(duration.TotalSeconds * MediaTime.Rate));
        return difference < -BackwardsTolerance || difference > forwards ? EpochReason.Jump : null;
    }

    private EpochReason? FormatChange(DecodedSegment decoded) =>
        _format is { } before && Format(decoded) is { } now && now != before ? EpochReason.Format : null;

    private static (Container Container, string Codec, int Rate, int Channels)? Format(DecodedSegment decoded) =>
        decoded.Coded is { Frames.Count: > 0 } coded ? (decoded.Container, coded.Codec, coded.SampleRate, coded.Channels) : null;

    private static long? Start(DecodedSegment decoded)
    {
        if (decoded.Coded is not { Frames.Count: > 0 } coded)
            return decoded.PictureStart;
        return decoded.PictureStart ?? coded.Frames[0].Ticks;
    }

    /// <summary>Media time at which the next segment should begin.</summary>
    private long Expected() => _last is null || _epoch is null ? 0 : _last.Epoch.ToMedia(_last.From).Ticks + Ticks(_last.Duration);

    private long Unwrapped(DecodedSegment decoded, long ticks) =>
        _epoch is null || decoded.Container == Container.FragmentedMp4 ? ticks : MediaTime.Unwrap(ticks, Expected());

    private static long Ticks(TimeSpan time) => (long)Math.Round(time.TotalSeconds * MediaTime.Rate);

    /// <summary>
    /// Minutes since 2026: an instance that does not know what the one before it published must not count discontinuities from a smaller
    /// number, and none makes one a minute.
    /// </summary>
    private static long MinutesOf(DateTimeOffset time) => Math.Max(0, (long)(time - _era).TotalMinutes);

    private void Begin(EpochReason reason, long start, HeardSegment heard, ChannelTime mixed)
    {
        var (segment, appearedAt) = (heard.Segment, heard.AppearedAt);
        var resumed = _epoch is null ? _resumption?.Find(segment.Sequence, start) : null;
        if (_epoch is null && _resumption is not null && resumed is null)
            reason = EpochReason.Reset;
        var number = resumed?.Number ?? NextNumber(segment);
        var discontinuitySequence = resumed?.DiscontinuitySequence
            ?? (_last is not null ? _last.Epoch.DiscontinuitySequence + 1
                : _resumption is not null ? _resumption.LastDiscontinuitySequence + 1
                : Math.Max(segment.DiscontinuitySequence, MinutesOf(appearedAt)));
        var time = _last is null ? ChannelTime.Zero : ChannelTime.Max(_last.To, mixed);
        _last?.Freeze();
        _epoch = new Epoch((_epoch?.Index ?? -1) + 1, reason, start, time, discontinuitySequence, number - segment.Sequence)
        {
            Carried = _carried,
        };
        _placer.Begin(_epoch);
    }

    private long NextNumber(MediaSegment segment)
    {
        if (_last is not null)
            return _last.Number + 1;
        return _resumption is not null ? _resumption.LastNumber + 1 : segment.Sequence;
    }

    /// <summary>Past what the instance before published: the same time line, but new encoders behind a discontinuity.</summary>
    private void TakeOver(long ticks, long discontinuitySequence, EpochReason reason = EpochReason.Takeover)
    {
        var before = _epoch!;
        _last!.EndAt(before.ToChannel(ticks));
        _last.Freeze();
        var start = _last.To;
        _epoch = before with
        {
            Index = before.Index + 1,
            Reason = reason,
            Carried = _carried,
            StartTicks = before.ToMedia(start).Ticks,
            Start = start,
            DiscontinuitySequence = discontinuitySequence,
        };
        _placer.Continue(_epoch);
    }

    private SegmentRow Row(HeardSegment heard, long ticks)
    {
        var epoch = _epoch!;
        var begins = _last is null || _last.Epoch != epoch;
        var from = epoch.ToChannel(ticks);
        if (begins)
        {
            from = epoch.Start;
        }
        else
        {
            _last!.EndAt(from);
            from = _last.To;
        }

        Place(heard.Decoded!, ticks, heard.Segment.Duration);
        return Append(heard, from, begins && (_last is not null || epoch.Reason != EpochReason.Start), heard.Decoded!.Coded is not null);
    }

    /// <summary>A segment whose sound could not be had keeps its number and its time.</summary>
    private SegmentRow Unheard(HeardSegment heard) => Append(heard, _last!.To, false, false);

    private SegmentRow Append(HeardSegment heard, ChannelTime from, bool discontinuity, bool isHeard)
    {
        var segment = heard.Segment;
        var number = segment.Sequence + _epoch!.NumberOffset;
        var row = new SegmentRow
        {
            Number = number,
            Repeated = number <= _resumption?.LastNumber,
            Former = number <= _resumption?.LastNumber ? _resumption.Of(number)?.Paths : null,
            Epoch = _epoch,
            Discontinuity = discontinuity,
            Incarnation = _incarnation,
            Source = segment,
            From = from,
            Duration = segment.Duration,
            Date = Date(heard, from),
            AppearedAt = heard.AppearedAt,
            Due = _dueTimes.Next(heard.AppearedAt, segment.Duration) + Held(segment.Duration),
            Gap = segment.Gap,
            Heard = isHeard,
            Coded = heard.Decoded?.Coded,
            Tracks = heard.Decoded?.Tracks ?? [],
            Bytes = heard.Bytes,
            Container = heard.Decoded?.Container ?? _last!.Container,
            SoundAlone = heard.Decoded is { Tracks.Count: > 0 } decoded
                ? !decoded.Tracks.Any(track => track.Kind == TrackKind.Picture)
                : _last is { SoundAlone: true },
        };
        row.EndAt(from + SoundLength.Of(segment.Duration));
        _last = row;
        return row;
    }

    /// <summary>The end of a segment's sound comes with the next one: it is not due before that was seen and decoded.</summary>
    private TimeSpan Held(TimeSpan duration)
    {
        var next = DueTimes.Believed(duration) + Tail;
        return _delay > next ? _delay : next;
    }

    /// <summary>
    /// The source's date; else the last one and what has been measured since, not the sum of EXTINF, which may be rounded to whole seconds: dates
    /// and channel time must not drift apart.
    /// </summary>
    private DateTimeOffset Date(HeardSegment heard, ChannelTime from)
    {
        if (heard.Segment.ProgramDate is { } date)
            return date;
        var made = heard.AppearedAt - heard.Segment.Duration;
        if (_last is null)
            return _resumption?.DateOf(heard.Segment.Sequence + _epoch!.NumberOffset) ?? made;
        var next = _last.Date + (from - _last.From).Time;
        var lost = _last.Epoch != _epoch && _epoch!.Reason is EpochReason.Outage or EpochReason.Reset;
        return lost && made > next ? made : next;
    }

    /// <summary>
    /// Where the frames of a segment may lie, 90 kHz. What lies far outside is a damaged time stamp; following it would put hours of silence
    /// into the sound.
    /// </summary>
    public static (long From, long To) Plausible(long start, TimeSpan duration) =>
        (start - (2 * MediaTime.Rate), start + (long)(((duration.TotalSeconds * 1.5) + 3) * MediaTime.Rate));

    private void Place(DecodedSegment decoded, long start, TimeSpan duration)
    {
        var (from, to) = Plausible(start, duration);
        foreach (var sound in decoded.Sound)
        {
            var ticks = decoded.Container == Container.FragmentedMp4 ? sound.Ticks : MediaTime.Unwrap(sound.Ticks, start);
            if (ticks < from || ticks > to)
                StrayFrames++;
            else
                _placer.Place(ticks, sound.SampleRate, sound.Samples);
        }
    }

    /// <summary>What a playlist listed when it began to be heard, or its numbers began anew.</summary>
    /// <param name="First">Its oldest number that is fetched.</param>
    /// <param name="Last">Its newest number.</param>
    /// <param name="Length">Of all from the one to the other.</param>
    /// <param name="Reset">Whether its numbers began anew.</param>
    private sealed record ShownWindow(long First, long Last, TimeSpan Length, bool Reset)
    {
        public static ShownWindow Of(ImmutableArray<SeenSegment> appeared, bool reset)
        {
            var segments = appeared.Where(seen => seen.Heard).Select(seen => seen.Segment).ToList();
            return new(segments[0].Sequence, segments[^1].Sequence, TimeSpan.FromTicks(segments.Sum(segment => segment.Duration.Ticks)), reset);
        }

        public bool Contains(long sequence) => sequence >= First && sequence <= Last;
    }
}
