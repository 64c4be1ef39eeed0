namespace Tandem.Server.Admission;

/// <summary>The most that this instance takes on.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Languages">Voices, of all channels together.</param>
/// <param name="Viewers">Viewers.</param>
/// <param name="SegmentsInFlight">Segments between fetch and publication.</param>
/// <param name="QueueDepth">What waits in queues.</param>
/// <param name="Budget">CPU and memory that channels may cost together.</param>
internal sealed record InstanceLimits(int Channels, int Languages, int Viewers, int SegmentsInFlight, int QueueDepth, Cost Budget)
{
    // The rest is for the page, the metrics, and what the table does not know.
    private const double Usable = 0.8;

    // What segments in flight mean depends on the delay: 5 minutes of 2 s segments are 150.
    private const int InFlightEach = 160;
    private const int QueuedEach = 32;

    /// <summary>The settings, and for what they leave open what the machine carries by the cost table. Pure.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="cores">Cores that may be used.</param>
    /// <param name="bytes">Memory that may be used; 0 where that is not known.</param>
    public static InstanceLimits Of(AdmissionOptions options, double cores, double bytes)
    {
        var budget = new Cost(cores * Usable, bytes > 0 ? bytes * Usable : double.MaxValue);
        var channels = options.Channels ?? Times(budget, InstanceCosts.Channel + InstanceCosts.Language);
        return new InstanceLimits(
            channels,
            options.Languages ?? Times(budget, InstanceCosts.Language),
            options.Viewers ?? Times(budget, InstanceCosts.Viewer),
            options.SegmentsInFlight ?? Math.Max(1, channels) * InFlightEach,
            options.QueueDepth ?? Math.Max(1, channels) * QueuedEach,
            budget);
    }

    private static int Times(Cost budget, Cost each) => Math.Max(1, (int)Math.Min(budget.Cores / each.Cores, Math.Min(1_000_000, budget.Bytes / each.Bytes)));
}
