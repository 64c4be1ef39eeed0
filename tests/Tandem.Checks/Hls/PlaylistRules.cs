using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Checks.Hls;

/// <summary>Rules that hold within one media playlist, now and over time.</summary>
internal sealed partial class PlaylistRules(CheckerOptions options, Report report)
{
    /// <summary>Tags of low-latency HLS and steering, and variables.</summary>
    public static readonly string[] Forbidden =
    [
        "EXT-X-SERVER-CONTROL", "EXT-X-PART", "EXT-X-PART-INF", "EXT-X-PRELOAD-HINT", "EXT-X-SKIP", "EXT-X-RENDITION-REPORT",
        "EXT-X-CONTENT-STEERING", "EXT-X-DEFINE",
    ];

    /// <summary>Checks a playlist on its own and against what was seen before; then it is the latest.</summary>
    public void Check(PlaylistHistory history, HlsPlaylist playlist, DateTimeOffset at)
    {
        CheckText(playlist, at);
        CheckDates(history, playlist, at);
        CheckMaps(playlist, at);
        if (history.Latest is { } before)
            CheckProgress(before, playlist, at);
        foreach (var segment in playlist.Segments)
        {
            if (history.Segments.TryGetValue(segment.Number, out var known))
                CheckUnchanged(playlist, known, segment, at);
            else
                history.Segments.Add(segment.Number, segment);
        }

        if (history.IsVoice)
            CheckGenerations(playlist, at);
        history.Latest = playlist;
    }

    private void CheckText(HlsPlaylist playlist, DateTimeOffset at)
    {
        foreach (var fault in playlist.Faults)
            report(HlsRule.Syntax, playlist.Address, at, fault);
        foreach (var tag in Forbidden.Where(playlist.Has))
            report(HlsRule.ForbiddenTag, playlist.Address, at, tag);
        var needed = playlist.Has("EXT-X-GAP") ? 8
            : playlist.Has("EXT-X-MAP") ? playlist.Has("EXT-X-I-FRAMES-ONLY") ? 5 : 6
            : playlist.Has("EXT-X-BYTERANGE") || playlist.Has("EXT-X-I-FRAMES-ONLY") ? 4
            : playlist.Segments.Exists(segment => segment.DurationText.Contains('.', StringComparison.Ordinal)) ? 3 : 1;
        if (playlist.Version < needed)
            report(HlsRule.Version, playlist.Address, at, $"version {playlist.Version}, what it uses needs {needed}");
        foreach (var segment in playlist.Segments)
        {
            if (playlist.TargetDuration is { } target && Math.Round(segment.Duration, MidpointRounding.AwayFromZero) > target)
                report(HlsRule.DurationWithinTarget, playlist.Address, at, $"segment {segment.Number} lasts {segment.DurationText} s, the target is {target}");
        }
    }

    private void CheckDates(PlaylistHistory history, HlsPlaylist playlist, DateTimeOffset at)
    {
        var own = history.IsVoice || history.Role == PlaylistRole.Captions;
        var tolerance = own ? options.OwnDateTolerance : options.SourceDateTolerance;
        HlsSegment? before = null;
        foreach (var segment in playlist.Segments)
        {
            if (segment.WrittenDate is null && (before is null || segment.Breaks))
                report(HlsRule.DatePresent, playlist.Address, at, $"segment {segment.Number} begins a stretch without a date");
            if (before?.End is { } end && !segment.Breaks && segment.WrittenDate is { } date && (date - end).Duration() > tolerance)
                report(HlsRule.DateContinuous, playlist.Address, at, $"segment {segment.Number} is dated {(date - end).TotalMilliseconds:F0} ms off the end of the one before");
            before = segment;
        }
    }

    private void CheckMaps(HlsPlaylist playlist, DateTimeOffset at)
    {
        foreach (var segment in playlist.Segments)
        {
            if (segment.Map is null && segment.Address.AbsolutePath.EndsWith(".m4s", StringComparison.Ordinal))
                report(HlsRule.Map, playlist.Address, at, $"segment {segment.Number} has no init segment");
            if (segment is { Map: not null, Breaks: true, MapWritten: false })
                report(HlsRule.Map, playlist.Address, at, $"segment {segment.Number} follows a discontinuity without EXT-X-MAP");
        }
    }

    private void CheckProgress(HlsPlaylist before, HlsPlaylist now, DateTimeOffset at)
    {
        if (now.TargetDuration != before.TargetDuration)
            report(HlsRule.TargetDuration, now.Address, at, $"was {before.TargetDuration}, is {now.TargetDuration}");
        if (now.Sequence < before.Sequence)
            report(HlsRule.Monotonic, now.Address, at, $"media sequence went from {before.Sequence} to {now.Sequence}");
        if (now.DiscontinuitySequence < before.DiscontinuitySequence)
            report(HlsRule.Monotonic, now.Address, at, $"discontinuity sequence went from {before.DiscontinuitySequence} to {now.DiscontinuitySequence}");
        if (before.Segments.Count > 0 && (now.Segments.Count == 0 || now.Segments[^1].Number < before.Segments[^1].Number))
            report(HlsRule.Monotonic, now.Address, at, $"segment {before.Segments[^1].Number} was taken back");
        if (before.Ended && !now.Ended)
            report(HlsRule.Monotonic, now.Address, at, "it had ended");
        if (now.Sequence > before.Sequence && !now.Ended && now.TargetDuration is { } target)
        {
            // EXTINF of the last may be short of the target by rounding.
            var length = now.Segments.Sum(segment => segment.Duration);
            if (length < (3 * target) - 1.5)
                report(HlsRule.Window, now.Address, at, string.Create(CultureInfo.InvariantCulture, $"removed segments and kept {length:F3} s, three target durations are {3 * target} s"));
        }
    }

    private void CheckUnchanged(HlsPlaylist playlist, HlsSegment known, HlsSegment now, DateTimeOffset at)
    {
        Same("EXTINF", known.DurationText, now.DurationText);
        Same("address", WithoutQuery(known.Address), WithoutQuery(now.Address));
        Same("byte range", known.Range, now.Range);
        Same("init segment", known.Map?.Split('?')[0], now.Map?.Split('?')[0]);
        Same("gap", known.Gap.ToString(), now.Gap.ToString());
        if (known.WrittenDate is not null && now.WrittenDate is not null)
            Same("date", known.WrittenDate?.ToString("O"), now.WrittenDate?.ToString("O"));
        if (known.Discontinuity != now.Discontinuity)
            report(HlsRule.Immutable, playlist.Address, at, $"segment {now.Number} had discontinuity sequence {known.Discontinuity}, has {now.Discontinuity}");

        void Same(string what, string? first, string? second)
        {
            if (first != second)
                report(HlsRule.Immutable, playlist.Address, at, $"{what} of segment {now.Number} was {first}, is {second}");
        }
    }

    /// <summary>Everything of an address before its number is taken for the generation: it changes at a discontinuity or not at all.</summary>
    private void CheckGenerations(HlsPlaylist playlist, DateTimeOffset at)
    {
        var addresses = new HashSet<Uri>();
        HlsSegment? before = null;
        foreach (var segment in playlist.Segments)
        {
            if (!segment.Gap && segment.Range is null && !addresses.Add(segment.Address))
                report(HlsRule.UrlContent, playlist.Address, at, $"{segment.Address} is listed twice");
            if (before is not null && !segment.Breaks && !before.Gap && !segment.Gap && Generation(segment.Address) != Generation(before.Address))
                report(HlsRule.Generation, playlist.Address, at, $"segment {segment.Number} changes from {Generation(before.Address)} to {Generation(segment.Address)} without a discontinuity");
            before = segment;
        }
    }

    private static string Generation(Uri address) => LastNumber().Replace(address.AbsolutePath, "");

    private static string WithoutQuery(Uri address) => address.GetLeftPart(UriPartial.Path);

    [GeneratedRegex(@"\d+\.\w+$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LastNumber();
}
