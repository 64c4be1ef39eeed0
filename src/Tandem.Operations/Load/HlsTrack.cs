using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>What a track tells its viewer.</summary>
internal interface IHlsListener
{
    /// <summary>A playlist could not be had.</summary>
    void Lost(HlsTrack track, string reason);

    /// <summary>A playlist could be had.</summary>
    void Answered(HlsTrack track);

    /// <summary>A segment came.</summary>
    /// <param name="track">Which.</param>
    /// <param name="segment">As it is listed.</param>
    /// <param name="source">Its source time, µs.</param>
    /// <param name="after">How late, µs; null for what was listed when the viewer came.</param>
    /// <param name="first">Whether it is the first after a discontinuity.</param>
    void Came(HlsTrack track, HlsSegment segment, long source, long? after, bool first);

    /// <summary>Segments will never come.</summary>
    void Gone(HlsTrack track, long count, bool announced);

    /// <summary>Something is wrong.</summary>
    void Wrong(FaultKind kind, string what);
}

/// <summary>
/// Follows one media playlist as players do: asks for it at the pace that RFC 8216, section 6.3.4, prescribes, begins three target
/// durations before its end, and fetches every segment in order.
/// </summary>
internal sealed class HlsTrack(Uri address, bool isVoice, MediaClock clock, HlsSource source, DecodeSample? sample, IHlsListener listener,
    LoadServices services)
{
    private const int Attempts = 3;
    private const double VoiceJoin = 0.015;

    private static readonly TimeSpan _again = TimeSpan.FromSeconds(0.5);

    private readonly HlsCheck _check = new(isVoice ? "voice" : "picture", isVoice ? 60_000 : 150_000);
    private string? _tag;
    private HlsMedia? _media;
    private long? _next;
    private long _lastInitial;
    private long? _epoch;
    private HlsBytes? _mapOf;
    private Mp4Init? _init;
    private ulong? _lastHash;
    private double? _ends;
    private long? _undated;
    private bool _sampledInit;

    /// <summary>Whether it is the voice.</summary>
    public bool IsVoice => isVoice;

    /// <summary>Target duration, µs; null before the playlist was had.</summary>
    public long? Target => _media?.Target;

    /// <summary>What it is owed.</summary>
    public OwedMedia Owed { get; } = new(2_000_000);

    /// <summary>Follows until told to stop, or the playlist ends.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var asked = services.Clock.Now;
            var (text, tag, answer) = await source.PlaylistAsync(address, _tag, stop);
            if (answer.Problem is { } problem)
            {
                listener.Lost(this, problem);
                await Task.Delay(answer.After is { } after && after < TimeSpan.FromSeconds(10) && after > _again ? after : _again * 2,
                    services.Clock.Time, stop);
                continue;
            }

            var grown = false;
            if (text is not null)
            {
                _tag = tag;
                grown = Take(text);
            }

            listener.Answered(this);
            if (_media is null)
            {
                await Task.Delay(_again * 2, services.Clock.Time, stop);
                continue;
            }

            await FetchAsync(asked, stop);
            if (_media.Ended)
                return;
            var pause = (grown ? _media.Target : _media.Target / 2) - (services.Clock.Now - asked);
            await Task.Delay(TimeSpan.FromMicroseconds(Math.Max(pause, 100_000)), services.Clock.Time, stop);
        }
    }

    private bool Take(string text)
    {
        var (media, problem) = HlsMedia.Read(text, address);
        if (media is null)
        {
            listener.Wrong(FaultKind.Protocol, $"{address.AbsolutePath}: {problem}");
            return false;
        }

        _check.Take(media, listener.Wrong);
        var grown = _media is null || (media.Segments.Count > 0
            && (_media.Segments.Count == 0 || media.Segments[^1].Number > _media.Segments[^1].Number));
        _media = media;
        if (_next is null && media.Segments.Count > 0)
        {
            _next = Start(media);
            _lastInitial = media.Segments[^1].Number;
        }

        return grown;
    }

    /// <summary>The first segment within three target durations of the end.</summary>
    private static long Start(HlsMedia media)
    {
        long behind = 0;
        for (var index = media.Segments.Count - 1; index >= 0; index--)
        {
            behind += media.Segments[index].Duration;
            if (behind >= 3 * media.Target)
                return media.Segments[index].Number;
        }

        return media.Segments[0].Number;
    }

    private async Task FetchAsync(long asked, CancellationToken stop)
    {
        if (_media!.Segments.Count > 0 && _next < _media.Segments[0].Number)
        {
            var missed = _media.Segments[0].Number - _next.Value;
            listener.Wrong(FaultKind.Missing, $"{Name()}: {missed} segments left the playlist before they could be had: {_next} was due");
            listener.Gone(this, missed, announced: false);
            _next = _media.Segments[0].Number;
        }

        foreach (var segment in _media.Segments)
        {
            if (segment.Number < _next)
                continue;
            if (segment.IsGap)
                listener.Gone(this, 1, announced: true);
            else
                await FetchAsync(segment, segment.Number > _lastInitial ? asked : null, stop);
            _next = segment.Number + 1;
        }
    }

    private async Task FetchAsync(HlsSegment segment, long? asked, CancellationToken stop)
    {
        if (segment.Map is { } map && map != _mapOf)
            await FetchInitAsync(map, segment.IsEncrypted, stop);
        var problem = "";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var walk = new SegmentWalk(_init, segment.IsEncrypted);
            BeginSample(segment.IsEncrypted);
            var answer = await source.BytesAsync(segment.Bytes, bytes => Feed(walk, bytes.Span, segment.IsEncrypted), stop);
            if (answer.Problem is null)
            {
                Check(segment, walk, asked);
                return;
            }

            sample?.Commit(SampleTrack, init: false, keep: false);
            problem = answer.Problem;
            await Task.Delay(_again, services.Clock.Time, stop);
        }

        listener.Wrong(FaultKind.Missing, $"{Name()}: segment {segment.Number} cannot be had: {problem}");
        listener.Gone(this, 1, announced: false);
        (_lastHash, _ends) = (null, null);
    }

    private int SampleTrack => isVoice ? 2 : 1;

    private void BeginSample(bool encrypted)
    {
        if (!encrypted)
            sample?.Begin(SampleTrack);
    }

    private void Feed(SegmentWalk walk, ReadOnlySpan<byte> bytes, bool encrypted)
    {
        walk.Feed(bytes);
        if (!encrypted)
            sample?.Feed(SampleTrack, bytes);
    }

    private async Task FetchInitAsync(HlsBytes map, bool encrypted, CancellationToken stop)
    {
        var walk = new SegmentWalk(null, encrypted);
        BeginSample(encrypted);
        var answer = await source.BytesAsync(map, bytes => Feed(walk, bytes.Span, encrypted), stop);
        sample?.Commit(SampleTrack, init: true, keep: answer.Problem is null && !_sampledInit);
        _sampledInit = true;
        if (answer.Problem is { } problem)
        {
            listener.Wrong(FaultKind.Missing, $"{Name()}: its init segment cannot be had: {problem}");
            return;
        }

        _mapOf = map;
        _init = walk.Init;
        if (walk.End() is { } broken)
            listener.Wrong(FaultKind.Structure, $"{Name()}: init segment: {broken}");
        else if (services.Segments.Differs(map.Name, walk.Hash))
            listener.Wrong(FaultKind.Content, $"{Name()}: its init segment has other bytes than other viewers got");
    }

    private void Check(HlsSegment segment, SegmentWalk walk, long? asked)
    {
        var now = services.Clock.Now;
        var first = _epoch is { } before && before != segment.Epoch;
        if (_epoch != segment.Epoch)
            (_ends, _lastHash) = (null, null);
        _epoch = segment.Epoch;
        var broken = walk.End();
        var repeated = broken is null && _lastHash == walk.Hash;
        sample?.Commit(SampleTrack, init: false, keep: broken is null && !repeated);
        _lastHash = walk.Hash;
        var ended = _ends;
        _ends = null;
        if (broken is not null)
            listener.Wrong(FaultKind.Structure, $"{Name()}: segment {segment.Number}: {broken}");
        else if (repeated)
            listener.Wrong(FaultKind.Repeated, $"{Name()}: segment {segment.Number} has the bytes of the one before");
        else if (services.Segments.Differs(segment.Bytes.Name, walk.Hash))
            listener.Wrong(FaultKind.Content, $"{Name()}: segment {segment.Number} has other bytes than other viewers got");
        else
            CheckTimes(segment, walk.Times, ended);
        var at = segment.Date ?? _undated ?? 0;
        _undated = at + segment.Duration;
        listener.Came(this, segment, at, asked is { } from ? now - from : null, first);
    }

    /// <summary>Against the end of the segment before, where that was as it should be.</summary>
    private void CheckTimes(HlsSegment segment, SegmentTimes times, double? ended)
    {
        var wrong = false;
        if (isVoice && ended is { } ends && times.Voice is { } start && SegmentTimes.Between(ends, start, times.Wraps) is var gap
            && Math.Abs(gap) > VoiceJoin)
        {
            wrong = true;
            listener.Wrong(FaultKind.Time, string.Create(
                CultureInfo.InvariantCulture, $"{Name()}: the sound of segment {segment.Number} begins {gap * 1000:+0.0;-0.0} ms off the end of the one before"));
        }

        // A wrong segment would make the one after it seem wrong as well.
        _ends = wrong ? null : times.VoiceEnd;
        var media = isVoice ? times.Voice : times.Picture ?? times.Voice;
        if (!wrong && !_check.IsOff(segment.Number) && segment.Date is { } date && media is { } at)
            clock.Take(isVoice, segment.Epoch, date / 1e6, at, times.Wraps, listener.Wrong);
    }

    private string Name() => isVoice ? "voice" : "picture";
}
