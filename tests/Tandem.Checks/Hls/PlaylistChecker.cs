using System.Globalization;

namespace Tandem.Checks.Hls;

/// <summary>
/// Runs the rules of design.md, section 3a, on everything that one channel published. Fed with what was seen, in the order in which it was
/// seen; shares no code with what it checks. Safe for several threads.
/// </summary>
/// <param name="options">What the test expects; null for the rules as they are.</param>
public sealed class PlaylistChecker(CheckerOptions? options = null)
{
    private readonly Lock _lock = new();
    private readonly CheckerOptions _options = options ?? new CheckerOptions();
    private readonly Dictionary<Uri, PlaylistHistory> _histories = [];
    private readonly List<HlsViolation> _seen = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _pauses = [];
    private ContentRules? _content;
    private HlsPlaylist? _master;

    /// <summary>Everything that was broken so far, each once.</summary>
    public IReadOnlyList<HlsViolation> Violations
    {
        get
        {
            lock (_lock)
            {
                var found = new List<HlsViolation>(_seen);
                void Add(HlsRule rule, Uri address, DateTimeOffset at, string what) => found.Add(new HlsViolation(rule, address, at, what));

                new AgreementRules(_options, Add).Check([.. _histories.Values]);
                Content.Check(_histories.Values, Add);
                CheckMasterAgainstContent(Add);
                return [.. found.Where(violation => !_options.Except.Contains(violation.Rule)).DistinctBy(violation => (violation.Rule, violation.Address, violation.What))];
            }
        }
    }

    /// <summary>Segments of voices whose bytes were checked.</summary>
    public int SoundSegments
    {
        get
        {
            lock (_lock)
                return Content.SoundSegments;
        }
    }

    private ContentRules Content => _content ??= new ContentRules(_options, Report);

    /// <summary>One line a playlist: what it is, how much was seen, how long it paused; then the violations.</summary>
    public string Summary
    {
        get
        {
            var violations = Violations;
            lock (_lock)
            {
                var lines = _histories.Values.Select(history => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{history.Role} {history.Address.AbsolutePath}: {history.Looks.Count} looks, {history.Segments.Count} segments, longest pause {history.LongestPause.TotalSeconds:F2} s"));
                return string.Join('\n', lines.Concat(violations.Select(violation => violation.ToString())));
            }
        }
    }

    /// <summary>Longest time that any playlist of <paramref name="role"/> did not grow.</summary>
    public TimeSpan LongestPause(PlaylistRole role)
    {
        lock (_lock)
            return _histories.Values.Where(history => history.Role == role).Select(history => history.LongestPause).DefaultIfEmpty().Max();
    }

    /// <summary>A playlist that was had at one instant, as with fake time.</summary>
    public HlsPlaylist Observe(Uri address, DateTimeOffset at, string text) => Observe(address, at, at, text);

    /// <summary>A playlist, master or media.</summary>
    /// <param name="address">Its address without query.</param>
    /// <param name="requested">When it was asked for.</param>
    /// <param name="received">When it was there.</param>
    /// <param name="text">The text.</param>
    public HlsPlaylist Observe(Uri address, DateTimeOffset requested, DateTimeOffset received, string text)
    {
        lock (_lock)
        {
            var playlist = HlsReader.Read(address, text);
            if (playlist.IsMaster)
                ObserveMaster(playlist, received);
            else
                ObserveMedia(playlist, requested, received);
            return playlist;
        }
    }

    /// <summary>An init segment.</summary>
    /// <param name="segment">One that names it.</param>
    /// <param name="at">When it was had.</param>
    /// <param name="bytes">All of it.</param>
    public void ObserveInit(HlsSegment segment, DateTimeOffset at, byte[] bytes)
    {
        lock (_lock)
            Content.AddInit(segment.Map!, new Uri(segment.Map!.Split(' ')[0]), at, bytes);
    }

    /// <summary>A segment's bytes.</summary>
    /// <param name="playlist">The playlist that listed it.</param>
    /// <param name="segment">As listed.</param>
    /// <param name="at">When it was had.</param>
    /// <param name="bytes">All of it.</param>
    public void ObserveSegment(Uri playlist, HlsSegment segment, DateTimeOffset at, byte[] bytes)
    {
        lock (_lock)
            Content.Add(HistoryOf(playlist), segment, at, bytes);
    }

    /// <summary>What a media playlist is to the channel, by the master.</summary>
    public PlaylistRole RoleOf(Uri playlist)
    {
        lock (_lock)
            return HistoryOf(playlist).Role;
    }

    /// <summary>From now on playlists need not grow: the source is stopped, or the server.</summary>
    public void BeginPause(DateTimeOffset from)
    {
        lock (_lock)
            _pauses.Add((from, DateTimeOffset.MaxValue));
    }

    /// <summary>From now on they must again, counted from their next segment.</summary>
    public void EndPause(DateTimeOffset to)
    {
        lock (_lock)
            _pauses[^1] = _pauses[^1] with { To = to };
    }

    /// <summary>Something that whoever feeds the checker found.</summary>
    public void Report(HlsRule rule, Uri address, DateTimeOffset at, string what)
    {
        lock (_lock)
            _seen.Add(new HlsViolation(rule, address, at, what));
    }

    /// <summary>Throws with everything that was broken.</summary>
    public void ThrowIfBroken()
    {
        if (Violations.Count > 0)
            throw new InvalidOperationException("The published playlists break rules of section 3a:\n" + Summary);
    }

    private void ObserveMaster(HlsPlaylist master, DateTimeOffset at)
    {
        _master = master;
        new MasterRules(_options, Report).Check(master, at);
        foreach (var rendition in master.Renditions)
        {
            var machine = MasterRules.IsMachine(rendition);
            switch (rendition["TYPE"])
            {
                case "AUDIO":
                    Name(rendition.Uri, machine ? PlaylistRole.Dub : PlaylistRole.SourceSound);
                    break;
                case "SUBTITLES":
                    Name(rendition.Uri, machine ? PlaylistRole.Captions : PlaylistRole.Subtitles);
                    break;
                case "VIDEO":
                    Name(rendition.Uri, PlaylistRole.Picture);
                    break;
            }
        }

        foreach (var variant in master.Variants)
            Name(variant.Uri, PlaylistRole.Picture);
        foreach (var frames in master.IFrames)
            Name(frames.Uri, PlaylistRole.IFrames);

        void Name(string? uri, PlaylistRole role)
        {
            // An audio-only variant leads to a voice, which was named first.
            if (Uri.TryCreate(master.Address, uri, out var address) && HistoryOf(address) is { Role: PlaylistRole.Unknown } history)
                history.Role = role;
        }
    }

    private void ObserveMedia(HlsPlaylist playlist, DateTimeOffset requested, DateTimeOffset received)
    {
        var history = HistoryOf(playlist.Address);
        var last = playlist.Segments.Count > 0 ? playlist.Segments[^1] : null;
        if (history.Role == PlaylistRole.SourceSound && last?.Address.Authority == playlist.Address.Authority
            && !playlist.Address.AbsolutePath.Contains("/source/", StringComparison.Ordinal))
            history.Role = PlaylistRole.Original;
        CheckGrowth(history, playlist, requested, received);
        new PlaylistRules(_options, Report).Check(history, playlist, received);
        history.Looks.Add(new PlaylistHistory.Look(requested, received, last));
    }

    /// <summary>Certain only: from when the newest segment was first seen to when it was asked for again and still was the newest.</summary>
    private void CheckGrowth(PlaylistHistory history, HlsPlaylist playlist, DateTimeOffset requested, DateTimeOffset received)
    {
        var newest = playlist.Segments.Count > 0 ? playlist.Segments[^1].Number : -1;
        var before = history.Looks.Count > 0 ? history.Looks[^1].Last?.Number ?? -1 : -1;
        if (history.Looks.Count == 0 || newest > before || newest < 0 || playlist.Ended)
        {
            history.GrewAt = received;
            return;
        }

        var pause = requested - history.GrewAt;
        if (_pauses.Exists(expected => expected.From <= requested && history.GrewAt <= expected.To))
            return;
        if (pause > history.LongestPause)
            history.LongestPause = pause;
        if (playlist.TargetDuration is { } target && pause.TotalSeconds > target * _options.GrowthLimit)
            Report(HlsRule.Growth, playlist.Address, received, $"segment {newest} has been the newest for more than {_options.GrowthLimit} target durations");
    }

    private void CheckMasterAgainstContent(Report add)
    {
        if (_master is not { } master)
            return;
        var voice = _histories.Values.Where(history => history.IsVoice).Select(history => Content.PeakOf(history.Address)).DefaultIfEmpty(0).Max();
        foreach (var variant in master.Variants)
        {
            foreach (var codec in Content.Codecs)
            {
                if (variant["CODECS"] is { } codecs && !codecs.Contains(codec, StringComparison.OrdinalIgnoreCase))
                    add(HlsRule.CodecsTrue, master.Address, default, $"CODECS \"{codecs}\" without {codec}, which a voice has");
            }

            if (!Uri.TryCreate(master.Address, variant.Uri, out var address) || !double.TryParse(variant["BANDWIDTH"], CultureInfo.InvariantCulture, out var stated))
                continue;
            var picture = HistoryOf(address).IsVoice ? 0 : Content.PeakOf(address);

            // HLS authoring: the measured peak may be a tenth above what is stated.
            if (picture + voice > stated * 1.1)
                add(HlsRule.BandwidthTrue, master.Address, default, string.Create(CultureInfo.InvariantCulture, $"{address.AbsolutePath}: BANDWIDTH is {stated}, picture {picture:F0} and voice {voice:F0} were fetched"));
        }
    }

    private PlaylistHistory HistoryOf(Uri address)
    {
        var key = new Uri(address.GetLeftPart(UriPartial.Path));
        if (!_histories.TryGetValue(key, out var history))
            _histories.Add(key, history = new PlaylistHistory(key));
        return history;
    }
}
