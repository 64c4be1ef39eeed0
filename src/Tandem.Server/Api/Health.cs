using System.Text.Json.Serialization;
using Tandem.Live;
using Tandem.Media;
using Tandem.Server.Admission;

namespace Tandem.Server.Api;

/// <summary>How well something works.</summary>
public enum HealthStatus
{
    /// <summary>As it should.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,

    /// <summary>Viewers are served, but something is missing; sending them elsewhere would not help.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,

    /// <summary>Viewers should not be sent here, or not yet.</summary>
    [JsonStringEnumMemberName("unready")]
    Unready,
}

/// <summary>One part of the server.</summary>
/// <param name="Name">
/// <c>ffmpeg</c>, <c>server</c>, <c>scratch</c> or <c>admission</c>; of each channel <c>channel</c>, <c>engine</c>, <c>worker</c> and <c>record</c>.
/// </param>
/// <param name="Channel">Id of the channel that the part belongs to; null for the whole server's.</param>
/// <param name="Status">How well it works.</param>
/// <param name="Reason">One line for people; null when it is ready.</param>
public sealed record HealthPart(string Name, string? Channel, HealthStatus Status, string? Reason);

/// <summary>What <c>/health/ready</c> answers.</summary>
/// <param name="Status">The worst of the parts.</param>
/// <param name="Version">Tandem's.</param>
/// <param name="Ffmpeg">FFmpeg's, as found on this machine; null where it cannot be loaded.</param>
/// <param name="Parts">Each part, those that are ready too.</param>
public sealed record HealthReport(HealthStatus Status, string Version, string? Ffmpeg, IReadOnlyList<HealthPart> Parts);

/// <summary>Decides how well the server works. Pure.</summary>
internal static class Health
{
    // Beyond its delay, a channel whose source covers it starts within 3 s; after this long it is the source that is wanting.
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(15);

    // Channels of one configuration are made one after the other.
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(2);

    /// <summary>The report.</summary>
    /// <param name="version">Tandem's version.</param>
    /// <param name="libraries">The native libraries as found at start.</param>
    /// <param name="stopping">Whether the server is shutting down.</param>
    /// <param name="channels">Each channel's state, and how long it has been here.</param>
    /// <param name="others">Parts that were looked at elsewhere.</param>
    public static HealthReport Of(
        string version, MediaLibraries libraries, bool stopping, IEnumerable<(ChannelSnapshot Snapshot, TimeSpan Age)> channels, params IEnumerable<HealthPart> others)
    {
        var parts = new List<HealthPart>
        {
            stopping ? new("server", null, HealthStatus.Unready, "is shutting down") : new("server", null, HealthStatus.Ready, null),
            new("ffmpeg", null, libraries.Problem is null ? HealthStatus.Ready : HealthStatus.Unready, libraries.Problem),
        };
        parts.AddRange(others);
        var all = channels.ToList();
        foreach (var (snapshot, age) in all)
            parts.AddRange([OfChannel(snapshot, age, beside: all.Exists(other => IsServed(other.Snapshot) && other.Age > age + Together)), OfEngine(snapshot), OfWorker(snapshot), OfRecord(snapshot)]);
        return new HealthReport(parts.Max(part => part.Status), version, libraries.FFmpeg, parts);
    }

    /// <summary>
    /// Whether there is room. An instance that is full refuses newcomers itself, with a time to come again; it goes on to serve those whom it
    /// has, whose requests a balancer would send elsewhere were it unready.
    /// </summary>
    public static HealthPart OfAdmission(NoRoom? full) =>
        full is null ? new("admission", null, HealthStatus.Ready, null) : new("admission", null, HealthStatus.Degraded, "full: " + full.Detail);

    private static bool IsServed(ChannelSnapshot channel) => channel.State is ChannelState.Live or ChannelState.Ended;

    private static HealthPart OfChannel(ChannelSnapshot channel, TimeSpan age, bool beside)
    {
        // Nothing that lies with a source makes the server unready: every instance has the same source. Nor does a channel that was added to
        // others which have their viewers here.
        var status = channel.State switch
        {
            ChannelState.Live or ChannelState.Ended => HealthStatus.Ready,
            ChannelState.Starting when channel.Reason is null && !beside && age < TimeSpan.FromSeconds(channel.DelaySeconds) + StartGrace => HealthStatus.Unready,
            _ => HealthStatus.Degraded,
        };
        var reason = status == HealthStatus.Ready ? null : channel.Reason is { } why ? $"{Word(channel.State)}: {why}" : Word(channel.State);
        return new("channel", channel.Id, status, reason);
    }

    // A dead engine costs dubs; the original goes on.
    private static HealthPart OfEngine(ChannelSnapshot channel) =>
        channel.Engine.Healthy || channel.State == ChannelState.Starting
            ? new("engine", channel.Id, HealthStatus.Ready, null)
            : new("engine", channel.Id, HealthStatus.Degraded, $"{channel.Engine.Name}: {channel.Engine.Reason ?? "does not work"}");

    // A worker that is gone is started again; what it decoded before plays on.
    private static HealthPart OfWorker(ChannelSnapshot channel)
    {
        if (channel is { Worker.Runs: false, State: ChannelState.Live or ChannelState.Faulted })
            return new("worker", channel.Id, HealthStatus.Degraded, $"the media worker does not run, and is being started again ({channel.Worker.Restarts} times by now)");
        return channel.Worker.Lacking.IsDefaultOrEmpty
            ? new("worker", channel.Id, HealthStatus.Ready, null)
            : new("worker", channel.Id, HealthStatus.Degraded, string.Join("; ", channel.Worker.Lacking));
    }

    private static HealthPart OfRecord(ChannelSnapshot channel) => channel.RecordReason is { } reason
        ? new("record", channel.Id, HealthStatus.Degraded, $"what a restart needs cannot be written: {reason}")
        : new("record", channel.Id, HealthStatus.Ready, null);

    private static string Word(ChannelState state) => state switch
    {
        ChannelState.Starting => "starting",
        ChannelState.Live => "live",
        ChannelState.SourceLost => "source lost",
        ChannelState.Faulted => "faulted",
        ChannelState.Ended => "ended",
        ChannelState.Stopped => "stopped",
        _ => state.ToString(),
    };
}
