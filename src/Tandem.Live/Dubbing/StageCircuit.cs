namespace Tandem.Live.Dubbing;

/// <summary>
/// Keeps a failing stage from being asked again and again: after three failures in a row it is left alone for a pause that doubles each
/// time, then tried once. Not safe for several threads at once.
/// </summary>
/// <param name="time">Runs the pauses.</param>
internal sealed class StageCircuit(TimeProvider time)
{
    private const int FailuresToOpen = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private int _failures;
    private TimeSpan _pause = FirstPause;
    private DateTimeOffset _until;

    /// <summary>Whether the stage is out of use.</summary>
    public bool IsOpen => _failures >= FailuresToOpen;

    /// <summary>Whether it may be asked now.</summary>
    public bool Allows => !IsOpen || time.GetUtcNow() >= _until;

    /// <summary>It worked; true if it was out of use before.</summary>
    public bool Succeeded()
    {
        var was = IsOpen;
        _failures = 0;
        _pause = FirstPause;
        return was;
    }

    /// <summary>It failed; true if that put it out of use.</summary>
    public bool Failed()
    {
        var was = IsOpen;
        _failures++;
        if (!IsOpen)
            return false;
        _until = time.GetUtcNow() + _pause;
        if (was)
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return !was;
    }
}
