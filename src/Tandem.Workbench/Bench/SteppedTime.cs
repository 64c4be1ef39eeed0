namespace Tandem.Workbench.Bench;

/// <summary>A clock whose time of day moves only when it is told; what measures durations goes on as it does.</summary>
internal sealed class SteppedTime(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>Moves it on.</summary>
    public void Advance(TimeSpan by) => _now += by;
}
