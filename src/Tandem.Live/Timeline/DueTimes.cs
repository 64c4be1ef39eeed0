namespace Tandem.Live.Timeline;

/// <summary>
/// When segments count as having appeared: as evenly as their lengths say. A playlist that is polled (RFC 8216, section 6.3.4) shows a segment up
/// to a poll late, and by another lateness from time to time, because polls and source do not keep the same second. What is published as unevenly
/// makes a player whose buffer is short stall each time that the lateness grows, for all viewers at once. So the latest of late counts, and is let
/// go of slowly. Pure; one for each time line, in the order of the segments.
/// </summary>
internal sealed class DueTimes
{
    // Of time that passes: a lateness of a segment of 2 s is gone after an hour, and within a minute nobody notices.
    private const double LetGo = 0.0005;

    // No live source cuts longer; an EXTINF that says so is wrong, and must not hold a channel back for as long.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private DateTimeOffset? _last;

    /// <summary>A length as far as anything is waited for because of it.</summary>
    public static TimeSpan Believed(TimeSpan duration) => duration < Longest ? duration : Longest;

    /// <summary>When the next segment counts as having appeared: not before it did, and at most its own length later.</summary>
    /// <param name="appeared">When it was seen.</param>
    /// <param name="duration">Its length.</param>
    public DateTimeOffset Next(DateTimeOffset appeared, TimeSpan duration)
    {
        duration = Believed(duration);
        var even = _last is { } last ? last + (duration * (1 - LetGo)) : appeared;
        var at = even <= appeared ? appeared : even < appeared + duration ? even : appeared + duration;
        _last = at;
        return at;
    }
}
