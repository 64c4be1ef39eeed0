namespace Tandem.Server.WebSockets;

/// <summary>
/// How viewers are told to go when the server stops: in batches, so that they do not all join the next instance at one moment, and all of
/// them in three quarters of the time there is, two seconds at most: until then nothing is published. Pure.
/// </summary>
/// <param name="Batch">Viewers at a time.</param>
/// <param name="Pause">Between two batches.</param>
internal readonly record struct DrainPlan(int Batch, TimeSpan Pause)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    // So few at a time are no crowd.
    private const int LeastBatch = 10;

    /// <summary>For so many viewers.</summary>
    /// <param name="viewers">How many there are.</param>
    /// <param name="within">How long it may take until the last one is gone.</param>
    public static DrainPlan Of(int viewers, TimeSpan within)
    {
        var told = within * 0.75 < s_longest ? within * 0.75 : s_longest;
        var steps = Math.Max(1, (int)(told / s_pause));
        return new DrainPlan(Math.Max(LeastBatch, (viewers + steps - 1) / steps), s_pause);
    }
}
