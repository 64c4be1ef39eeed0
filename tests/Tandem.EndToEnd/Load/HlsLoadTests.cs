using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Load;

/// <summary>Viewers by HLS of a real server: they join, find nothing wrong, and say so in every form.</summary>
public sealed class HlsLoadTests(Origin origin) : IClassFixture<Origin>
{
    [Fact]
    public async Task Viewers_of_a_dubbed_channel_find_nothing_wrong()
    {
        var programme = await Programmes.SineAsync(Packing.Ts, 132, loop: 64);
        var source = origin.Server.Add("load", new OriginOptions { Programme = programme, AtEnd = AtEnd.LoopSeamlessly });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("load", source.Master)]);
        await server.UntilAsync("it is live", async () => (await server.ChannelAsync("load")).GetProperty("state").GetString() == "live",
            TimeSpan.FromSeconds(30));

        var html = Path.Combine(server.StateFolder, "report.html");
        var stopped = LoadProcess.InterruptedAsync(3, "--url", server.Master("load").ToString(), "--via", "hls", "--viewers", "1",
            "--ramp", "0s");
        var result = await LoadProcess.RunAsync(
            12, "--url", server.Root.ToString(), "--via", "hls", "--viewers", "4", "--ramp", "1s", "--lang", "es+original", "--decode",
                "ffmpeg", "--json", "--html", html,
            "--fail", "faults>0", "joined<4", "undelivered>0", "disconnects>0", "bytes>10KB");

        // One condition holds on purpose: the exit code says so.
        Assert.True(result.Code == 1, result.ToString());
        Assert.Equal([false, false, false, false, true], result.Report.GetProperty("thresholds").EnumerateArray()
            .Select(threshold => threshold.GetProperty("broken").GetBoolean()));
        Assert.Contains("tandem: bytes>10KB: it is ", result.Errors, StringComparison.Ordinal);
        Assert.True(result.Figure("delivered") >= 4 * 2, result.ToString());

        // Three target durations of 2 s behind the end of what is delayed by 4 s.
        Assert.InRange(result.Figure("delay.p50"), 8, 40);
        Assert.Contains("ffmpeg decoded a sample of 2 tracks without complaint", result.Report.GetProperty("remarks").EnumerateArray()
            .Select(remark => remark.GetString()));
        Assert.Contains("<svg", await File.ReadAllTextAsync(html, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("4/4 connected", result.Errors, StringComparison.Ordinal);

        var early = await stopped;
        Assert.True(early.Code == 130, early.ToString());
        Assert.Contains("the run was ended before its time", early.Output, StringComparison.Ordinal);
        Assert.Matches(@"joined +1 +1", early.Output);
    }
}
