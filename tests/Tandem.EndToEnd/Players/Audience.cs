using System.Text.Json;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Players;

/// <summary>Several viewers at once, each of a channel of its own, all on one Tandem.</summary>
public static class Audience
{
    /// <summary>Plays; what befell each viewer, or the fault that ended the visit, with what was published wrongly meanwhile.</summary>
    public static async Task<IReadOnlyDictionary<Viewer, Task<Viewed>>> PlayAsync(Browser browser, IReadOnlyList<Viewer> viewers, int rounds = 0)
    {
        await using var origin = await OriginServer.StartAsync();
        var channels = new Dictionary<Viewer, OriginChannel>();
        foreach (var viewer in viewers)
            channels[viewer] = origin.Add(viewer.Channel, await viewer.SourceAsync());
        await using var server = await TandemServer.StartAsync(channels.Select(pair => TandemServer.Channel(
            pair.Value.Id, pair.Value.Master, delay: $"{Viewing.DelaySeconds}s", engine: "tone", to: "es+fr", video: pair.Key.Video)));

        // An encoder that stood still and goes on writes dates that jump by as much, without a discontinuity; they are repeated as they are.
        var jumps = viewers.Where(viewer => viewer is { Outage: OutageKind.Paused, Dates: true }).Select(viewer => viewer.Channel).ToHashSet();
        server.Excuse((channel, violation) => jumps.Contains(channel) && (violation.Rule == HlsRule.DateContinuous
            || (violation.Rule == HlsRule.MediaTime && violation.What.Contains("further than the date", StringComparison.Ordinal))));
        foreach (var channel in channels.Values)
        {
            await server.UntilAsync(
                $"{channel.Id} is published",
                async () => (await server.ChannelAsync(channel.Id)).TryGetProperty("lastPublished", out var last) && last.ValueKind == JsonValueKind.Object,
                TimeSpan.FromSeconds(40));
        }

        var visits = viewers.ToDictionary(viewer => viewer, viewer => VisitAsync(browser, server, channels[viewer], viewer, rounds));
        await Task.WhenAll(visits.Values.Select(visit => visit.ContinueWith(_ => { }, TaskScheduler.Default)));
        var violations = await server.EndWatchAsync();
        return visits.ToDictionary(pair => pair.Key, pair => WithAsync(pair.Value, violations[pair.Key.Channel]));
    }

    private static async Task<Viewed> WithAsync(Task<Viewed> visit, IReadOnlyList<HlsViolation> violations) =>
        await visit with { Violations = violations };

    /// <summary>
    /// hls.js gives up on pictures after 16 s of errors, with or without Tandem; whoever wants to bridge more, says so.
    /// </summary>
    private static string ConfigOf(Viewer viewer) => viewer is not { Player: Player.HlsJs, Outage: OutageKind.Dark } ? "{}" : """
        {"fragLoadPolicy":{"default":{"maxTimeToFirstByteMs":10000,"maxLoadTimeMs":60000,
            "timeoutRetry":{"maxNumRetry":20,"retryDelayMs":1000,"maxRetryDelayMs":4000},
            "errorRetry":{"maxNumRetry":60,"retryDelayMs":1000,"maxRetryDelayMs":4000}}}}
        """;

    private static async Task<Viewed> VisitAsync(Browser browser, TandemServer server, OriginChannel channel, Viewer viewer, int rounds)
    {
        await using var page = await browser.OpenAsync(viewer.Player);
        try
        {
            var viewed = await new Viewing(page, server, channel, ConfigOf(viewer)).RunAsync(viewer.Outage, rounds);
            return viewed with { Log = [.. server.Log.Where(line => line.Contains(viewer.Channel, StringComparison.Ordinal))] };
        }
        catch (Exception fault) when (fault is TimeoutException or Microsoft.Playwright.PlaywrightException)
        {
            throw new InvalidOperationException(
                $"{fault.Message}\n{await page.ReportAsync()}\n{string.Join('\n', page.Console.TakeLast(20))}\n{server.Tail()}", fault);
        }
    }
}
