using System.Text.Json;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.WebSockets;

/// <summary>
/// A client written from docs/protocol.md alone joins, plays in Chromium, changes its voice, and comes again (issue 4, point 6); about 30 s.
/// </summary>
public sealed class SocketTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Packing.Ts, "reference")]
    [InlineData(Packing.Fmp4, "carry")]
    public async Task A_client_joins_plays_changes_its_voice_and_resumes(Packing packing, string video)
    {
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add("socket", new OriginOptions { Programme = await Programmes.SpeechAsync(packing) });
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel(channel.Id, channel.Master, engine: "tone", to: "es+fr", video: video)]);
        await server.UntilAsync("it is published", async () => await server.MetricAsync("tandem_segments_total") >= 2, _patience);
        await using var page = await SocketPage.OpenAsync(browser);
        var address = SocketPage.Address(server, channel.Id);

        await page.ConnectAsync(address, "es");
        await page.PlayAsync();
        var joined = await page.UntilAsync("it plays", report => Number(report, "currentTime") > 3 && Number(report, "loud") > 0, _patience);
        Assert.Equal((160, "av", "es"), ((int)Number(joined, "width"), Hello(joined, "media"), Hello(joined, "language")));
        Assert.True(Number(joined, "decodedFrames") > 40 && Number(joined, "decodedSound") > 0, joined.ToString());

        await page.SelectAsync("fr");
        await page.UntilAsync("another voice", report => report.GetProperty("renditions").GetArrayLength() == 2, _patience);
        await page.SelectAsync("original");
        await page.UntilAsync("the original", report => report.GetProperty("renditions").GetArrayLength() == 3, _patience);

        await page.CloseAsync();
        var cut = await page.UntilAsync("it is closed", report => report.GetProperty("closed").ValueKind == JsonValueKind.Object, _patience);
        await page.ConnectAsync(address, "es", resume: true);
        var end = await page.UntilAsync("it plays on", report => Number(report, "currentTime") > Number(cut, "currentTime") + 4, _patience);

        Assert.Equal("[]", end.GetProperty("faults").ToString());
        Assert.True(Number(end, "stalls") <= 1, end.ToString());
        Assert.True(Number(end, "loud") > Number(joined, "loud"), end.ToString());
        var status = end.GetProperty("statuses").EnumerateArray().Last();
        Assert.InRange(status.GetProperty("behindLiveMs").GetInt32(), 2500, 9000);
        Assert.Equal("live", status.GetProperty("channelState").GetString());
        Assert.Contains("fr", end.GetProperty("notices").EnumerateArray().Where(notice => notice.GetProperty("code").GetString() == "selected")
            .Select(notice => notice.GetProperty("language").GetString()));
        Assert.True(await server.MetricAsync("tandem_websocket_delivery_seconds_count") >= 4);
        Assert.Equal(1, await server.MetricAsync("tandem_websocket_disconnects_total", "reason=\"client\"", "planned=\"yes\""));
    }

    private static double Number(JsonElement report, string name) => report.GetProperty(name).GetDouble();

    private static string? Hello(JsonElement report, string name) => report.GetProperty("hello").GetProperty(name).GetString();
}
