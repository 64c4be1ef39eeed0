namespace Tandem.Live.Ingest;

/// <summary>When to ask again.</summary>
internal static class PollPace
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_hopelessPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From the beginning of one request of a live playlist to the next: the length of its newest segment if it had changed, else half of its
    /// longest. RFC 8216, section 6.3.4, says the target duration, and half of it, which are the same where that is what segments last. Where it
    /// is much longer, a short window would lose segments between two polls; when as much as the newest segment holds has gone by, the next can
    /// be there, so nothing is asked for in vain (hls.js does so too). Never more than the target duration. Not a little more if it had
    /// changed: each poll would then see its segment later than the one before did.
    /// </summary>
    /// <param name="playlist">As it was found.</param>
    /// <param name="changed">Whether it had changed.</param>
    /// <param name="random">0 to 1: spreads the requests of many playlists that had not, by at most 3 %.</param>
    public static TimeSpan Live(MediaPlaylist playlist, bool changed, double random)
    {
        var pace = playlist.TargetDuration;

        // Pictures that stand alone are listed many at a time.
        if (!playlist.IFramesOnly && !playlist.Segments.IsEmpty)
        {
            var length = changed ? playlist.Segments[^1].Duration : playlist.Segments.Max(segment => segment.Duration);
            pace = length < pace ? length : pace;
        }

        var wait = changed ? pace : pace * 0.5 * (1 + (0.03 * random));
        return TimeSpan.FromTicks(Math.Clamp(wait.Ticks, s_shortest.Ticks, s_longest.Ticks));
    }

    /// <summary>
    /// How long a poll may take: one that hangs for longer than the playlist takes to change is better begun again.
    /// </summary>
    public static TimeSpan Patience(TimeSpan target) => TimeSpan.FromTicks(Math.Max(target.Ticks * 3 / 2, TimeSpan.FromSeconds(2).Ticks));

    /// <summary>After EXT-X-ENDLIST: an encoder that starts again at the same address is noticed.</summary>
    public static TimeSpan Ended(TimeSpan target) =>
        TimeSpan.FromTicks(Math.Clamp(target.Ticks * 2, TimeSpan.FromSeconds(2).Ticks, TimeSpan.FromSeconds(15).Ticks));

    /// <summary>
    /// From the end of a request to the next, where they are to begin <paramref name="pace"/> apart: a server that is slow to answer gets a
    /// rest all the same.
    /// </summary>
    /// <param name="pace">As <see cref="Live"/> or <see cref="Ended"/> gave it.</param>
    /// <param name="took">How long the request took.</param>
    public static TimeSpan Rest(TimeSpan pace, TimeSpan took)
    {
        var least = pace / 4 < s_shortest ? pace / 4 : s_shortest;
        return pace - took > least ? pace - took : least;
    }

    /// <summary>A pause after a fault, or the longer one that the server asks for.</summary>
    public static TimeSpan Heed(TimeSpan pause, SourceFault fault) => fault.RetryAfter > pause ? fault.RetryAfter.Value : pause;

    /// <summary>After the <paramref name="failures"/>-th failure in a row: exponential, with jitter of half.</summary>
    public static TimeSpan Retry(int failures, bool hopeful, double random)
    {
        var pause = s_firstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        var most = hopeful ? s_longestPause : s_hopelessPause;
        return (pause < most ? pause : most) * (0.5 + (0.5 * random));
    }
}
