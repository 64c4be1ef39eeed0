namespace Tandem.Media.Worker;

/// <summary>How long to pause before a child is started again. Pure: the caller keeps the state.</summary>
/// <param name="Next">The pause after the next death of a child that was not healthy.</param>
internal readonly record struct RestartPacing(TimeSpan Next)
{
    /// <summary>The pause after a death, and the state from then on.</summary>
    /// <param name="options">Bounds.</param>
    /// <param name="lived">How long the child was ready; zero if it never was.</param>
    public (TimeSpan Pause, RestartPacing After) Died(MediaWorkerOptions options, TimeSpan lived)
    {
        var pause = lived >= options.HealthyAfter || Next == TimeSpan.Zero ? options.FirstPause : Next;
        pause = pause < options.LongestPause ? pause : options.LongestPause;
        var doubled = pause * 2;
        return (pause, new RestartPacing(doubled < options.LongestPause ? doubled : options.LongestPause));
    }
}
