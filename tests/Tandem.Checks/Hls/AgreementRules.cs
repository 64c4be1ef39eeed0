namespace Tandem.Checks.Hls;

/// <summary>Rules that hold between the media playlists of a channel, over everything that was seen.</summary>
internal sealed class AgreementRules(CheckerOptions options, Report report)
{
    /// <summary>Checks all playlists of a channel.</summary>
    public void Check(IReadOnlyList<PlaylistHistory> histories)
    {
        var reference = histories.FirstOrDefault(history => history.Role == PlaylistRole.Picture && history.Segments.Count > 0)
            ?? histories.FirstOrDefault(history => history.Segments.Count > 0);
        if (reference is null)
            return;
        foreach (var history in histories)
        {
            if (history.Latest?.TargetDuration is { } target && target != reference.Latest?.TargetDuration)
                Report(HlsRule.TargetDuration, history, $"is {target}, in {reference.Address.AbsolutePath} it is {reference.Latest?.TargetDuration}");
            if (history != reference)
                CheckDates(reference, history);
        }

        var voices = histories.Where(history => history.IsVoice).ToList();
        foreach (var voice in voices.Skip(1))
            CheckVoices(voices[0], voice);
        foreach (var picture in histories.Where(history => history.Role == PlaylistRole.Picture))
        {
            foreach (var voice in voices)
                CheckCoverage(picture, voice);
        }

        if (reference.Role == PlaylistRole.Picture)
        {
            foreach (var voice in voices)
                CheckGaps(reference, voice);
        }
    }

    private void CheckDates(PlaylistHistory reference, PlaylistHistory history)
    {
        var runs = Runs(reference);
        foreach (var segment in history.Segments.Values)
        {
            if (segment.Date is not { } date)
                continue;
            var middle = date.AddSeconds(segment.Duration / 2);
            var there = runs.Where(run => run.From <= middle && middle < run.To).ToList();
            if (there.Count > 0 && there.TrueForAll(run => run.Discontinuity != segment.Discontinuity))
            {
                Report(
                    HlsRule.DiscontinuityAgreement,
                    history,
                    $"segment {segment.Number} of {middle:HH:mm:ss.fff} has discontinuity sequence {segment.Discontinuity}, in {reference.Address.AbsolutePath} that date has {there[0].Discontinuity}");
                return;
            }
        }

        var begins = Begins(reference);
        foreach (var (discontinuity, date) in Begins(history))
        {
            if (begins.TryGetValue(discontinuity, out var expected) && (date - expected).Duration() > options.AgreementTolerance)
            {
                Report(
                    HlsRule.DateAgreement,
                    history,
                    $"discontinuity {discontinuity} begins at {date:HH:mm:ss.fff}, in {reference.Address.AbsolutePath} at {expected:HH:mm:ss.fff}");
            }
        }
    }

    private void CheckVoices(PlaylistHistory first, PlaylistHistory second)
    {
        foreach (var (number, segment) in second.Segments)
        {
            if (!first.Segments.TryGetValue(number, out var other))
                continue;
            if (segment.DurationText != other.DurationText || segment.Date != other.Date || segment.Discontinuity != other.Discontinuity)
            {
                Report(
                    HlsRule.VoiceAgreement,
                    second,
                    $"segment {number} is {segment.DurationText} s at {segment.Date:HH:mm:ss.fff} in discontinuity {segment.Discontinuity}, in {first.Address.AbsolutePath} {other.DurationText} s at {other.Date:HH:mm:ss.fff} in {other.Discontinuity}");
                return;
            }
        }
    }

    /// <summary>A voice that was asked for after a picture's playlist had come must reach as far, within half a segment.</summary>
    private void CheckCoverage(PlaylistHistory picture, PlaylistHistory voice)
    {
        var index = 0;
        foreach (var look in picture.Looks)
        {
            while (index < voice.Looks.Count && voice.Looks[index].Requested < look.Received)
                index++;
            if (index == voice.Looks.Count)
                return;
            if (look.Last is not { End: { } end } last || voice.Looks[index] is not { } heard)
                continue;
            var covered = heard.Last is { End: { } voiceEnd } newest
                && (newest.Discontinuity > last.Discontinuity
                    || (newest.Discontinuity == last.Discontinuity && voiceEnd >= end.AddSeconds(-last.Duration / 2)));
            if (!covered)
            {
                report(
                    HlsRule.VoiceCoverage,
                    voice.Address,
                    heard.Received,
                    $"reaches {heard.Last?.End:HH:mm:ss.fff} in discontinuity {heard.Last?.Discontinuity}, {picture.Address.AbsolutePath} had reached {end:HH:mm:ss.fff} in {last.Discontinuity} before");
                return;
            }
        }
    }

    private void CheckGaps(PlaylistHistory picture, PlaylistHistory voice)
    {
        foreach (var gap in voice.Segments.Values.Where(segment => segment is { Gap: true, Date: not null }))
        {
            var middle = gap.Date!.Value.AddSeconds(gap.Duration / 2);
            if (picture.Segments.Values.Any(shown => !shown.Gap && shown.Discontinuity == gap.Discontinuity && shown.Date <= middle && middle < shown.End))
                Report(HlsRule.VoiceGap, voice, $"segment {gap.Number} is a gap, the picture is not");
        }
    }

    private static List<(long Discontinuity, DateTimeOffset From, DateTimeOffset To)> Runs(PlaylistHistory history)
    {
        var runs = new List<(long Discontinuity, DateTimeOffset From, DateTimeOffset To)>();
        foreach (var segment in history.Segments.Values)
        {
            if (segment.Date is not { } from || segment.End is not { } to)
                continue;
            if (runs.Count > 0 && runs[^1].Discontinuity == segment.Discontinuity && (from - runs[^1].To).Duration() < TimeSpan.FromSeconds(1))
                runs[^1] = runs[^1] with { To = to };
            else
                runs.Add((segment.Discontinuity, from, to));
        }

        return runs;
    }

    private static Dictionary<long, DateTimeOffset> Begins(PlaylistHistory history) => history.Segments.Values
        .Where(segment => segment is { Breaks: true, Date: not null })
        .GroupBy(segment => segment.Discontinuity)
        .ToDictionary(group => group.Key, group => group.First().Date!.Value);

    private void Report(HlsRule rule, PlaylistHistory history, string what) =>
        report(rule, history.Address, history.Looks.Count > 0 ? history.Looks[^1].Received : default, what);
}
