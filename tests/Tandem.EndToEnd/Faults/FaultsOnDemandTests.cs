using System.Diagnostics;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults;

/// <summary>Faults on demand on the real program: each has its effect and is counted, and the channel goes on; what is published stays right.</summary>
public sealed class FaultsOnDemandTests
{
    private static readonly TimeSpan _struck = TimeSpan.FromSeconds(150);

    [Fact]
    public async Task Each_fault_is_counted_and_the_channel_goes_on()
    {
        if (!Speech.IsThere || !File.Exists("/usr/bin/espeak-ng"))
            Assert.Skip("The packages asterisk-core-sounds-en-g722 and espeak-ng are not installed");
        await using var origin = await OriginServer.StartAsync();
        var programme = await Programmes.SpeechAsync(Packing.Ts);
        var source = origin.Add("struck", new OriginOptions { Programme = programme });
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("struck", source.Master, delay: "10s", engine: "offline")],
            new Dictionary<string, string>
            {
                ["TANDEM__Faults__Seed"] = "3",
                ["TANDEM__Faults__Decode_Fail"] = "0.1",
                ["TANDEM__Faults__Decode_Slow"] = "0.1",
                ["TANDEM__Faults__Worker_Crash"] = "0.15",
                ["TANDEM__Faults__Fetch_Fail"] = "0.1",
                ["TANDEM__Faults__Fetch_Slow"] = "0.1",
                ["TANDEM__Faults__State_Full"] = "1",
                ["TANDEM__Faults__Recognise_Crash"] = "0.2",
                ["TANDEM__Faults__Translate_Crash"] = "0.3",
                ["TANDEM__Faults__Speak_Hang"] = "0.3",
            });

        await Counted("tandem_worker_restarts_total");
        await Counted("tandem_segment_failures_total", "stage=\"decode\"", "reason=\"crashed\"");
        await Counted("tandem_segment_failures_total", "reason=\"server_error\"");
        await Counted("tandem_segment_failures_total", "stage=\"recognise\"", "reason=\"crashed\"");
        await Counted("tandem_segment_failures_total", "stage=\"translate\"", "reason=\"crashed\"");
        await Counted("tandem_segment_failures_total", "stage=\"speak\"", "reason=\"timeout\"");
        Assert.Contains(server.Log, line => line.Contains("faults on demand are set", StringComparison.Ordinal));
        Assert.Contains(server.Log, line => line.Contains("cannot be written (No space left on device", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(server.StateFolder, "*.json", SearchOption.AllDirectories));

        var before = await server.MetricAsync("tandem_segments_total");
        await server.UntilAsync("it publishes on", async () => await server.MetricAsync("tandem_segments_total") > before + 2, _struck);
        Assert.Equal(0, await server.MetricAsync("tandem_segment_failures_total", "stage=\"channel\""));

        Task Counted(string name, params string[] labels) => server.UntilAsync(
            $"{name} {string.Join(' ', labels)} is counted", async () => await server.MetricAsync(name, ["channel=\"struck\"", .. labels]) > 0, _struck);
    }

    /// <summary>A worker that is stopped gives no answer, is ended, and another one comes.</summary>
    [Fact]
    [Trait("Category", "Full")]
    public async Task A_worker_that_hangs_on_demand_is_given_up()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("hung", new OriginOptions { Programme = await Programmes.SineAsync(Packing.Fmp4, 60) });
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("hung", source.Master, delay: "8s")],
            new Dictionary<string, string> { ["TANDEM__FAULTS__WORKER_HANG"] = "0.1" });
        await server.UntilAsync("a worker hung", async () => await server.MetricAsync("tandem_worker_restarts_total") > 0, _struck);
        var before = await server.MetricAsync("tandem_segments_total");
        await server.UntilAsync("it publishes on", async () => await server.MetricAsync("tandem_segments_total") > before + 2, _struck);
    }

    [Fact]
    public async Task They_are_refused_where_others_can_reach_the_server()
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "tandem.dll"), "serve", "--port", "0", "--channel", "id=a,input=https://a.example/x,from=en,to=es,engine=tone"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        start.Environment["TANDEM__LISTEN"] = "0.0.0.0";
        start.Environment["TANDEM__Faults__Worker_Crash"] = "0.1";
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(2, process.ExitCode);
        var line = Assert.Single(errors.TrimEnd().Split('\n'));
        Assert.StartsWith("tandem: TANDEM__Faults__Worker_Crash: faults: they are for tests and rehearsals", line, StringComparison.Ordinal);
    }
}
