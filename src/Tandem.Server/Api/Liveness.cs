using System.Globalization;
using Tandem.Live;

namespace Tandem.Server.Api;

/// <summary>What <c>/health/live</c> answers.</summary>
/// <param name="Status"><c>live</c>, or <c>stuck</c>: a restart would help.</param>
/// <param name="Reasons">One line for each channel that is stuck; operators see them.</param>
public sealed record LiveReport(string Status, IReadOnlyList<string> Reasons);

/// <summary>
/// Decides whether the process should be started again. Only what a restart mends counts: a channel that stands still. A source or engine
/// that is gone does not. Pure.
/// </summary>
internal static class Liveness
{
    // Ten of the longest segments that are usual; all waiting within a channel has shorter deadlines of its own.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What is stuck, one line each; empty where nothing is.</summary>
    public static IReadOnlyList<string> Stuck(IEnumerable<ChannelSnapshot> channels, DateTimeOffset now) =>
        [.. channels.Where(channel => channel.State != ChannelState.Stopped).Select(channel => Why(channel, now)).OfType<string>()];

    private static string? Why(ChannelSnapshot channel, DateTimeOffset now)
    {
        if (channel.TakenAt is { } taken && now - taken > Limit)
            return string.Create(CultureInfo.InvariantCulture, $"channel {channel.Id}: its loop has not come round for {(now - taken).TotalSeconds:F0} s");
        return channel.Stuck > Limit
            ? string.Create(CultureInfo.InvariantCulture, $"channel {channel.Id}: nothing has moved for {channel.Stuck.TotalSeconds:F0} s, though the source goes on or a segment is due")
            : null;
    }
}
