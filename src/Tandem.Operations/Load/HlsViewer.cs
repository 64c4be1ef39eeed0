namespace Tandem.Operations.Load;

/// <summary>A viewer by HLS: master, one variant, one voice; follows both until told to stop.</summary>
internal sealed class HlsViewer(string name, string? language, Random random, DecodeSample? sample, Tally tally, LoadServices services)
    : Viewer(name, tally, services), IHlsListener
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);

    private readonly List<HlsTrack> _tracks = [];
    private readonly MediaClock _clock = new(voiceTolerance: 0.06, pictureTolerance: 0.15);
    private readonly HashSet<HlsTrack> _lost = [];

    /// <inheritdoc/>
    public void Lost(HlsTrack track, string reason)
    {
        lock (Gate)
        {
            if (_lost.Count == 0 && Connected)
                CutOff(reason, planned: false);
            _lost.Add(track);
            Connected = false;
        }
    }

    /// <inheritdoc/>
    public void Answered(HlsTrack track)
    {
        lock (Gate)
        {
            _lost.Remove(track);
            Connected = _lost.Count == 0;
        }
    }

    /// <inheritdoc/>
    public void Came(HlsTrack track, HlsSegment segment, long source, long? after, bool first)
    {
        lock (Gate)
        {
            if (Finished)
                return;
            var now = Now;
            if (_lost.Count == 0)
                Back(now);
            HasDates &= segment.Date is not null;
            Tally.Delivered(after);
            if (after is not null)
                track.Owed.Came(segment.Duration);
            Playback!.Add(_tracks.IndexOf(track), source, segment.Duration, first, now);
        }
    }

    /// <inheritdoc/>
    public void Gone(HlsTrack track, long count, bool announced)
    {
        lock (Gate)
        {
            if (Finished)
                return;
            Tally.Undelivered(count, announced);
            track.Owed.Lost(count);
        }
    }

    /// <inheritdoc/>
    public void Wrong(FaultKind kind, string what)
    {
        lock (Gate)
            Fault(kind, what);
    }

    /// <inheritdoc/>
    protected override async Task WatchAsync(CancellationToken stop)
    {
        using var source = new HlsSource(Services, Count);
        try
        {
            if (await JoinAsync(source, stop))
                await Task.WhenAll(_tracks.Select(track => track.FollowAsync(stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    /// <inheritdoc/>
    protected override long Owed(long span)
    {
        if (_tracks.Count == 0)
            return new OwedMedia(2_000_000).Missing(span, 0) * (Services.Options.AudioOnly ? 1 : 2);
        var joined = Playback?.BeganAt is not null;
        return _tracks.Sum(track => track.Owed.Missing(span, joined ? (4 * (track.Target ?? 2_000_000)) + 2_000_000 : 0));
    }

    private void Count(int bytes)
    {
        if (!Finished)
            Tally.Came(bytes);
    }

    /// <summary>Reads the master until it can be had. False when the viewer has no business here.</summary>
    private async Task<bool> JoinAsync(HlsSource source, CancellationToken stop)
    {
        for (var failures = 0; ; failures++)
        {
            var (text, _, answer) = await source.PlaylistAsync(Services.Target.Master, null, stop);
            if (text is not null)
            {
                var (master, problem) = HlsMaster.Read(text, Services.Target.Master);
                if (master is not null)
                    return Choose(master, source);
                Wrong(FaultKind.Protocol, $"master playlist: {problem}");
            }

            lock (Gate)
            {
                LastRefused = answer.Refused;
                if (answer.Problem is { } reason && !Finished)
                    Tally.Refused(reason);
            }

            var backoff = TimeSpan.FromSeconds(Math.Min(5, 0.5 * Math.Pow(2, Math.Min(failures, 8))));
            var wait = answer.After ?? (backoff * (0.5 + random.NextDouble()));
            await Task.Delay(wait < _longestWait ? wait : _longestWait, Services.Clock.Time, stop);
        }
    }

    private bool Choose(HlsMaster master, HlsSource source)
    {
        var (picture, voice, problem) = master.Choose(language, Services.Options.AudioOnly);
        lock (Gate)
        {
            LastRefused = false;
            if (problem is not null)
            {
                Tally.Refused(problem);
                LastRefused = true;
                return false;
            }

            if (picture is not null)
                _tracks.Add(new HlsTrack(picture, isVoice: false, _clock, source, sample, this, Services));
            if (voice is not null)
                _tracks.Add(new HlsTrack(voice, isVoice: true, _clock, source, sample, this, Services));
            Playback = new PlaybackBuffer(_tracks.Count, Enough(100_000));
            return true;
        }
    }
}
