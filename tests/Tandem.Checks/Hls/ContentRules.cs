using System.Security.Cryptography;

namespace Tandem.Checks.Hls;

/// <summary>Takes a violation.</summary>
internal delegate void Report(HlsRule rule, Uri address, DateTimeOffset at, string what);

/// <summary>Rules on the bytes of segments.</summary>
internal sealed class ContentRules(CheckerOptions options, Report report)
{
    private readonly Dictionary<string, byte[]> _hashes = [];
    private readonly Dictionary<string, byte[]> _inits = [];
    private readonly Dictionary<Uri, SortedDictionary<long, (HlsSegment Listed, SoundSegment Sound)>> _sound = [];
    private readonly Dictionary<Uri, SortedDictionary<long, (HlsSegment Listed, CaptionSegment Captions)>> _captions = [];
    private readonly CarriedRules _carried = new(options, report);
    private readonly Dictionary<Uri, double> _peaks = [];

    /// <summary>Codec families that were found in the voices.</summary>
    public HashSet<string> Codecs { get; } = [];

    /// <summary>How many voice segments were read.</summary>
    public int SoundSegments => _sound.Values.Sum(segments => segments.Count);

    /// <summary>How many caption segments were read.</summary>
    public int CaptionSegments => _captions.Values.Sum(segments => segments.Count);

    /// <summary>Largest rate of any segment of a playlist, bits a second; 0 where none was read.</summary>
    public double PeakOf(Uri playlist) => _peaks.GetValueOrDefault(playlist);

    /// <summary>Remembers an init segment; the same address must always have the same bytes.</summary>
    public void AddInit(string map, Uri address, DateTimeOffset at, byte[] bytes)
    {
        CheckHash(map, address, at, bytes);
        _inits[map] = bytes;
    }

    /// <summary>Reads a segment as its playlist's role says.</summary>
    public void Add(PlaylistHistory history, HlsSegment listed, DateTimeOffset at, byte[] bytes)
    {
        CheckHash($"{listed.Address} {listed.Range}", listed.Address, at, bytes);
        if (listed.Duration > 0.4)
            _peaks[history.Address] = Math.Max(PeakOf(history.Address), bytes.Length * 8 / listed.Duration);
        if (history.IsVoice)
            AddSound(history, listed, at, bytes);
        else if (history.Role == PlaylistRole.Captions)
            AddCaptions(history, listed, at, bytes);
        else if (history.Role == PlaylistRole.Picture && listed.Address.Authority == history.Address.Authority)
            _carried.Add(history.Address, listed, at, listed.Map is { } map ? _inits.GetValueOrDefault(map) : null, bytes);
    }

    /// <summary>Whether it has been read.</summary>
    public bool Knows(HlsSegment listed) => _hashes.ContainsKey($"{listed.Address} {listed.Range}");

    /// <summary>Rules between segments and playlists.</summary>
    public void Check(IEnumerable<PlaylistHistory> histories, Report add)
    {
        var roles = histories.ToDictionary(history => history.Address, history => history.Role);
        foreach (var (playlist, segments) in _sound)
            CheckSound(add, playlist, segments, roles.GetValueOrDefault(playlist) == PlaylistRole.Dub ? 2 : options.OriginalJoinTolerance.TotalSeconds * 90_000);
        foreach (var voice in _sound.Skip(1))
            CheckAgainst(add, _sound.First().Value, voice.Key, voice.Value);
        foreach (var (playlist, segments) in _captions)
            CheckCaptions(add, playlist, segments);
        _carried.Check(StartOf, add);
    }

    private void CheckHash(string key, Uri address, DateTimeOffset at, byte[] bytes)
    {
        var hash = SHA256.HashData(bytes);
        if (!_hashes.TryAdd(key, hash) && !_hashes[key].AsSpan().SequenceEqual(hash))
            report(HlsRule.UrlContent, address, at, "has other bytes than before");
    }

    private void AddSound(PlaylistHistory history, HlsSegment listed, DateTimeOffset at, byte[] bytes)
    {
        var init = listed.Map is { } map ? _inits.GetValueOrDefault(map, []) : [];
        if (SoundSegment.Read(bytes, init, out var fault) is not { } sound)
        {
            report(HlsRule.MediaTime, listed.Address, at, fault);
            return;
        }

        Codecs.Add(sound.Codec);
        Of(_sound, history.Address)[listed.Number] = (listed, sound);
        if (Math.Abs((sound.Length / 90_000) - listed.Duration) > 2 * options.MediaTimeTolerance.TotalSeconds)
            report(HlsRule.MediaTime, listed.Address, at, $"holds {sound.Length / 90_000:F3} s, EXTINF says {listed.DurationText}");
    }

    private void AddCaptions(PlaylistHistory history, HlsSegment listed, DateTimeOffset at, byte[] bytes)
    {
        if (CaptionSegment.Read(bytes, out var fault) is { } captions)
            Of(_captions, history.Address)[listed.Number] = (listed, captions);
        else
            report(HlsRule.Captions, listed.Address, at, fault);
    }

    private void CheckSound(Report report, Uri playlist, SortedDictionary<long, (HlsSegment Listed, SoundSegment Sound)> segments, double joinTolerance)
    {
        foreach (var (number, (listed, sound)) in segments)
        {
            if (!segments.TryGetValue(number - 1, out var before) || before.Listed.Discontinuity != listed.Discontinuity)
                continue;
            var gap = sound.After(before.Sound.Start + before.Sound.Length);
            if (Math.Abs(gap) > joinTolerance)
                report(HlsRule.VoiceJoin, playlist, default, $"segment {number} starts {gap / 90:F2} ms after the end of the one before");
            if (listed.Date is { } date && before.Listed.Date is { } dateBefore)
            {
                var off = (sound.After(before.Sound.Start) / 90_000) - (date - dateBefore).TotalSeconds;
                if (Math.Abs(off) > options.MediaTimeTolerance.TotalSeconds)
                    report(HlsRule.MediaTime, playlist, default, $"from segment {number - 1} to {number} time goes {off * 1000:F1} ms further than the date");
            }
        }
    }

    private void CheckAgainst(
        Report report,
        SortedDictionary<long, (HlsSegment Listed, SoundSegment Sound)> reference,
        Uri playlist,
        SortedDictionary<long, (HlsSegment Listed, SoundSegment Sound)> segments)
    {
        foreach (var (number, (_, sound)) in segments)
        {
            if (reference.TryGetValue(number, out var other) && Math.Abs(sound.After(other.Sound.Start)) > options.MediaTimeTolerance.TotalSeconds * 90_000)
                report(HlsRule.MediaTime, playlist, default, $"segment {number} starts {sound.After(other.Sound.Start) / 90:F1} ms later than in another voice");
        }
    }

    private void CheckCaptions(Report report, Uri playlist, SortedDictionary<long, (HlsSegment Listed, CaptionSegment Captions)> segments)
    {
        foreach (var (number, (listed, captions)) in segments)
        {
            if (segments.TryGetValue(number - 1, out var before) && before.Listed.Discontinuity == listed.Discontinuity)
            {
                var moved = Math.IEEERemainder(captions.Zero - before.Captions.Zero, 1L << 33);
                if (Math.Abs(moved) > 1)
                    report(HlsRule.Captions, playlist, default, $"the map of segment {number} moved by {moved / 90:F1} ms");
            }

            if (StartOf(listed) is not { } start)
                continue;
            foreach (var cue in captions.Cues)
            {
                var from = Math.IEEERemainder(cue.Start - start, 1L << 33) / 90_000;
                var to = from + ((cue.End - cue.Start) / 90_000);
                var slack = options.MediaTimeTolerance.TotalSeconds;
                if (from > listed.Duration + slack || to < -slack)
                    report(HlsRule.Captions, playlist, default, $"segment {number} has a cue from {from:F3} to {to:F3} s of its {listed.DurationText}");
                CheckBeside(report, playlist, segments, number + 1, listed, cue, to > listed.Duration + slack);
                CheckBeside(report, playlist, segments, number - 1, listed, cue, from < -slack);
            }
        }
    }

    /// <summary>A cue that crosses a cut stands in both segments, identical.</summary>
    private static void CheckBeside(
        Report report, Uri playlist, SortedDictionary<long, (HlsSegment Listed, CaptionSegment Captions)> segments, long number, HlsSegment listed, WrittenCue cue, bool crosses)
    {
        if (crosses
            && segments.TryGetValue(number, out var beside)
            && beside.Listed.Discontinuity == listed.Discontinuity
            && !beside.Captions.Cues.Any(other => other.Written == cue.Written))
        {
            report(HlsRule.Captions, playlist, default, $"\"{cue.Written.Split('\n')[0]}\" of segment {listed.Number} reaches into {number}, where it does not stand");
        }
    }

    /// <summary>The start of a caption segment on the source's clock, by the voice segment of the same discontinuity nearest in date.</summary>
    private double? StartOf(HlsSegment listed)
    {
        var nearest = _sound.Values.SelectMany(segments => segments.Values)
            .Where(voice => voice.Listed.Discontinuity == listed.Discontinuity && voice.Listed.Date is not null)
            .OrderBy(voice => (voice.Listed.Date - listed.Date)?.Duration() ?? TimeSpan.MaxValue)
            .FirstOrDefault();
        return nearest.Sound is null || listed.Date is null ? null : nearest.Sound.Start + ((listed.Date - nearest.Listed.Date)!.Value.TotalSeconds * 90_000);
    }

    private static SortedDictionary<long, T> Of<T>(Dictionary<Uri, SortedDictionary<long, T>> all, Uri playlist)
    {
        if (!all.TryGetValue(playlist, out var segments))
            all.Add(playlist, segments = []);
        return segments;
    }
}
