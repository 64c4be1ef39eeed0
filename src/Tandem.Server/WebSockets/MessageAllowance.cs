namespace Tandem.Server.WebSockets;

/// <summary>How often a client may speak: a bucket that fills as time passes. Pure.</summary>
/// <param name="most">Frames at once.</param>
/// <param name="per">The time in which so many come back.</param>
internal sealed class MessageAllowance(int most, TimeSpan per)
{
    private double _left = most;
    private DateTimeOffset? _at;

    /// <summary>Takes one; false where there is none.</summary>
    public bool Take(DateTimeOffset now)
    {
        if (_at is { } before && now > before)
            _left = Math.Min(most, _left + ((now - before) / per * most));
        _at = now;
        if (_left < 1)
            return false;
        _left--;
        return true;
    }
}
