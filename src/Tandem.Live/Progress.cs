namespace Tandem.Live;

/// <summary>
/// Tells how long a channel has stood still although there was something to do: a segment was due, or the source had told something. An
/// engine has no part in it: publication never waits for one. Times in, times out.
/// </summary>
/// <param name="started">When the channel began.</param>
internal sealed class Progress(DateTimeOffset started)
{
    private DateTimeOffset _accepted = started;
    private DateTimeOffset _moved = started;
    private long _published;

    /// <summary>Something that the source told was taken in.</summary>
    public void Accepted(DateTimeOffset now) => _accepted = now;

    /// <summary>How long by now.</summary>
    /// <param name="now">Wall time.</param>
    /// <param name="published">Segments that were published so far.</param>
    /// <param name="due">When the next one is due; null where none waits.</param>
    /// <param name="waiting">What the source told that nobody has taken in.</param>
    public TimeSpan Look(DateTimeOffset now, long published, DateTimeOffset? due, int waiting)
    {
        if (published != _published)
            (_published, _moved) = (published, now);
        if (waiting == 0)
            _accepted = now;
        var unpublished = due is { } time ? now - (time > _moved ? time : _moved) : TimeSpan.Zero;
        var unheard = now - _accepted;
        var longest = unpublished > unheard ? unpublished : unheard;
        return longest > TimeSpan.Zero ? longest : TimeSpan.Zero;
    }
}
