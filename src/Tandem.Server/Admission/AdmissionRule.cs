namespace Tandem.Server.Admission;

/// <summary>What an instance carries at one moment.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Languages">Voices, of all channels together.</param>
/// <param name="Viewers">Viewers.</param>
/// <param name="SegmentsInFlight">Segments between fetch and publication.</param>
/// <param name="QueueDepth">What waits in queues.</param>
/// <param name="Cost">What the channels cost by the table.</param>
internal sealed record InstanceLoad(int Channels, int Languages, int Viewers, long SegmentsInFlight, long QueueDepth, Cost Cost);

/// <summary>Why there is no room.</summary>
/// <param name="Reason">A word of <c>tandem_admission_refusals_total</c>.</param>
/// <param name="Detail">One sentence for people.</param>
/// <param name="RetryAfter">When asking again makes sense.</param>
internal sealed record NoRoom(string Reason, string Detail, TimeSpan RetryAfter);

/// <summary>Decides whether there is room. Pure.</summary>
internal static class AdmissionRule
{
    // Load passes in seconds, viewers leave in a minute or so, channels stay.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MuchLater = TimeSpan.FromMinutes(1);

    /// <summary>For one more viewer; null where there is room.</summary>
    public static NoRoom? ForViewer(InstanceLoad load, InstanceLimits limits) =>
        load.Viewers >= limits.Viewers
            ? new NoRoom("viewers", $"This instance has as many viewers as it carries, {limits.Viewers}.", Later)
            : OfLoad(load, limits);

    /// <summary>For channels and voices more; null where there is room.</summary>
    /// <param name="load">What there is.</param>
    /// <param name="limits">What there may be.</param>
    /// <param name="channels">New channels.</param>
    /// <param name="languages">New voices.</param>
    /// <param name="cost">What both cost.</param>
    public static NoRoom? ForChannel(InstanceLoad load, InstanceLimits limits, int channels, int languages, Cost cost)
    {
        var after = load.Cost + cost;
        if (load.Channels + channels > limits.Channels)
            return new NoRoom("channels", $"This instance carries {limits.Channels} channels, and has {load.Channels}.", MuchLater);
        if (languages > 0 && load.Languages + languages > limits.Languages)
            return new NoRoom("languages", $"This instance carries {limits.Languages} voices, has {load.Languages}, and cannot take {languages} more.", MuchLater);
        if (cost.Cores > 0 && after.Cores > limits.Budget.Cores)
            return new NoRoom("cpu", $"By the cost table the channels would need {after.Cores:0.00} cores, and {limits.Budget.Cores:0.00} may be used.", MuchLater);
        if (cost.Bytes > 0 && after.Bytes > limits.Budget.Bytes)
            return new NoRoom("memory", $"By the cost table the channels would need {Show(after.Bytes)}, and {Show(limits.Budget.Bytes)} may be used.", MuchLater);
        return OfLoad(load, limits);
    }

    private static NoRoom? OfLoad(InstanceLoad load, InstanceLimits limits)
    {
        if (load.SegmentsInFlight > limits.SegmentsInFlight)
            return new NoRoom("segments_in_flight", $"{load.SegmentsInFlight} segments are on their way, more than {limits.SegmentsInFlight}.", Soon);
        return load.QueueDepth > limits.QueueDepth
            ? new NoRoom("queue_depth", $"{load.QueueDepth} pieces of work wait, more than {limits.QueueDepth}.", Soon)
            : null;
    }

    private static string Show(double bytes) => $"{(long)(bytes / 1024 / 1024)} MiB";
}
