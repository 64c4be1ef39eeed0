using System.Text.Json;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Players;

/// <summary>
/// <c>video=auto</c>: carried until the source's own segments are proven, and again when viewers cannot have them any more (issue 3,
/// point 1). Takes three minutes: a segment is proven at the age of delay, window and a minute.
/// </summary>
[Trait("Category", "Full")]
public sealed class ChangeOverTests(Browser browser) : IClassFixture<Browser>
{
    // Older than a viewer at the live edge asks for, younger than the check asks for.
    private static readonly TimeSpan _signed = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task Hls_js_plays_on_from_what_is_carried_to_the_sources_own_and_back(Packing packing)
    {
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add($"change-over-{packing}".ToLowerInvariant(), new OriginOptions
        {
            Programme = await Programmes.VariantsAsync(packing, seconds: 300),
            Window = 5,
        });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel(channel.Id, channel.Master, delay: "4s", engine: "tone", video: "auto")]);
        await server.UntilAsync(
            "the channel is published",
            async () => (await server.ChannelAsync(channel.Id)).GetProperty("lastPublished").ValueKind == JsonValueKind.Object,
            TimeSpan.FromSeconds(40));
        Assert.Equal("carry", await VideoAsync(server, channel));
        await using var page = await browser.OpenAsync(Player.HlsJs);
        await page.PlayAsync(server.Master(channel.Id));
        await page.PlayedAsync(10, TimeSpan.FromSeconds(60));
        Assert.Empty(AskedByBrowser(channel));

        // What was back-filled on a busy machine may lack pictures; nothing may from here on.
        var gaps = await server.MetricAsync("tandem_segment_failures_total", "stage=\"carry\"");
        await server.UntilAsync("it is proven", async () => await VideoAsync(server, channel) == "reference", TimeSpan.FromSeconds(150));
        await page.PlayedAsync(20, TimeSpan.FromSeconds(60));
        Assert.NotEmpty(AskedByBrowser(channel));

        using var refused = channel.Inject(new StatusFault(Resource.Segment, 403)
        {
            When = request => request.Agent != "Tandem" && request.Entry is { } entry && TimeProvider.System.GetUtcNow() - entry.Appears > _signed,
        });
        await server.UntilAsync("it fails", async () => await VideoAsync(server, channel) == "carry", TimeSpan.FromSeconds(90));
        Assert.Contains("403", (await server.ChannelAsync(channel.Id)).GetProperty("videoReason").GetString(), StringComparison.Ordinal);
        await page.PlayedAsync(20, TimeSpan.FromSeconds(60));
        var asked = AskedByBrowser(channel).Count;
        await page.PlayedAsync(10, TimeSpan.FromSeconds(60));

        var report = await page.ReportAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.Equal(asked, AskedByBrowser(channel).Count);
        Assert.True(!report.Fatal.Any() && report.Stalls.All(stall => stall.Seconds < 1.5), report.ToString());
        Assert.Equal(2, await server.MetricAsync("tandem_epochs_total", "reason=\"video\""));
        Assert.Equal(gaps, await server.MetricAsync("tandem_segment_failures_total", "stage=\"carry\""));
    }

    private static async Task<string?> VideoAsync(TandemServer server, OriginChannel channel) =>
        (await server.ChannelAsync(channel.Id)).GetProperty("video").GetString();

    private static List<OriginRequest> AskedByBrowser(OriginChannel channel) =>
        [.. channel.Requests.Where(request => request.Resource == Resource.Segment && request.Agent.StartsWith("Mozilla", StringComparison.Ordinal))];
}
