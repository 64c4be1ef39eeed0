using System.Globalization;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Figures;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Load;

/// <summary>
/// Many viewers by WebSocket while Tandem dubs (issue 4, points 1 to 3). Source, server and load share the machine. They take minutes each,
/// and print their figures, which <c>./test --full</c> keeps in docs/results/.
/// </summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class ViewerScaleTests
{
    private const string EightLanguages = "es+fr+de+it+pt+nl+pl+sv";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    /// <summary>Design.md, section 5: delivery p95 of 3 Mbit/s within 50 ms for 100 viewers, 500 ms for 1,000; 200 KiB a viewer.</summary>
    [Theory]
    [InlineData(100, 0.050)]
    [InlineData(1000, 0.500)]
    public async Task Viewers_of_3_Mbit_get_everything_while_eight_languages_are_dubbed_and_two_others_dawdle(int viewers, double limit)
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("heavy", new OriginOptions { Programme = await HeavyProgramme.MakeAsync() });
        await using var server = await TandemServer.StartAloneAsync(
            [TandemServer.Channel("heavy", source.Master, delay: "6s", to: EightLanguages, video: "carry")]);
        await LiveAsync(server, "heavy");

        // What the first viewers of a picture cost is the channel's: chunks for sockets, and the memory that cutting them takes.
        const int First = 10;
        var early = LoadProcess.RunAsync(
            40, "--url", server.Root.ToString(), "--channel", "heavy", "--via", "ws", "--viewers", Text(First), "--lang", EightLanguages, "--json");
        await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
        var before = ProcessTree.Share(server.ProcessId);
        await early;
        var (cpu, began) = (ProcessTree.Usage(server.ProcessId)!.Value.Cpu, TimeProvider.System.GetTimestamp());
        var run = LoadProcess.RunAsync(
            180, "--url", server.Root.ToString(), "--channel", "heavy", "--via", "ws", "--viewers", Text(viewers), "--ramp", "20s",
                "--lang", EightLanguages,
            "--frozen", "1", "--slow", "1:10KB/s", "--decode", "ffmpeg", "--json");
        await Task.Delay(TimeSpan.FromSeconds(120), TimeProvider.System);
        var memory = (ProcessTree.Share(server.ProcessId) - before) / (viewers - First);
        var share = (ProcessTree.Usage(server.ProcessId)!.Value.Cpu - cpu) / TimeProvider.System.GetElapsedTime(began);
        var result = await run;

        await FigureFile.AddAsync("viewers", $"{viewers} × 3 Mbit/s", Row(
            $"{viewers} × 3 Mbit/s", result, string.Create(CultureInfo.InvariantCulture, $"{share:F2} cores"),
                string.Create(CultureInfo.InvariantCulture, $"{memory >> 10} KiB")));
        Assert.True(result.Figure("viewers.joined") == viewers, result.ToString());
        Assert.True(result.Faults() == 0, result.ToString());
        Assert.True(result.Figure("undelivered") == 0, result.ToString());
        Assert.True(result.Figure("delivery.p95") <= limit, result.ToString());
        Assert.True(result.Figure("disconnects.unplanned") == 0, result.ToString());
        Assert.True(result.Code == 0, result.ToString());

        // Those two were there, and got what such viewers get.
        Assert.True(result.Figure("viewers.joined", "slow") == 1 && result.Figure("skipped", "slow") > 0, result.ToString());
        Assert.True(result.Figure("viewers.wanted", "frozen") == 1 && result.Figure("viewers.refused", "frozen") == 0, result.ToString());
        var ended = await server.MetricAsync("tandem_websocket_disconnects_total", "reason=\"slow\"")
            + await server.MetricAsync("tandem_websocket_disconnects_total", "reason=\"silent\"");
        Assert.True(ended >= 1, $"nobody was ended for want of reading\n{result}");

        // A process's heap grows by tens of MiB in its first minutes, whoever watches: a hundred viewers are too few to measure one by.
        Assert.True(viewers < 1000 || memory <= 200 << 10, $"{memory >> 10} KiB a viewer\n{result}");
    }

    /// <summary>How many viewers of the voice alone one instance carries; aim 5,000 on 2 cores. What ends it is printed.</summary>
    [Fact]
    public async Task How_many_listeners_one_instance_carries()
    {
        await using var origin = await OriginServer.StartAsync();
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, seconds: 132, loop: 64);
        var source = origin.Add("voices", new OriginOptions { Programme = programme, AtEnd = AtEnd.LoopSeamlessly });

        // By default the instance would refuse before it is full: it reckons each viewer as one of a picture.
        await using var server = await TandemServer.StartAloneAsync(
            [TandemServer.Channel("voices", source.Master, to: "es+fr")], ("TANDEM__ADMISSION__MAX_VIEWERS", "10000"));
        await LiveAsync(server, "voices");
        var (carried, ended) = (0, "nothing: the aim is reached");
        foreach (var viewers in new[] { 500, 1000, 2000, 3000, 4000, 5000 })
        {
            var result = await LoadProcess.RunAsync(
                50, "--url", server.Root.ToString(), "--channel", "voices", "--via", "ws", "--media", "audio", "--viewers", Text(viewers),
                    "--ramp", "20s", "--lang", "es+fr", "--json");
            var reason = WhatEnds(result, viewers);
            await FigureFile.AddAsync("viewers", $"{viewers} × voice",
                Row($"{viewers} × voice", result, server.Load(), reason ?? "carried"));
            if (reason is not null)
            {
                ended = reason;
                break;
            }

            carried = viewers;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{carried} listeners; what ends it: {ended}\n{server.Load()}");
        Assert.True(carried >= 1000, $"{carried} listeners: {ended}\n{server.Tail()}");
    }

    /// <summary>
    /// A server that is stopped and started again: everybody is back within 5 s, and nothing that it still holds is lost.
    /// </summary>
    [Fact]
    public async Task A_restart_loses_nobody_and_no_segment()
    {
        await using var origin = await OriginServer.StartAsync();
        var programme = await Programmes.SineAsync(Packing.Ts, 132, loop: 64);
        var source = origin.Add("rolling", new OriginOptions { Programme = programme, AtEnd = AtEnd.LoopSeamlessly, Window = 30 });
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("rolling", source.Master, delay: "6s", video: "carry")]);
        server.ExcuseRestart();
        await LiveAsync(server, "rolling");
        var run = LoadProcess.RunAsync(
            75, "--url", server.Root.ToString(), "--channel", "rolling", "--via", "ws", "--viewers", "200", "--ramp", "10s", "--lang",
                "es", "--buffer", "6s", "--json");
        await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
        using (server.ExpectOutage("rolling"))
        {
            await server.StopAsync();
            await server.StartAsync();
            await LiveAsync(server, "rolling");
        }

        var result = await run;
        await FigureFile.AddAsync("viewers", "200, restart",
            Row("200, restart", result, server.Load(),
            string.Create(CultureInfo.InvariantCulture, $"back within {result.Figure("reconnect.max"):F2} s")));
        Assert.True(result.Figure("viewers.joined") == 200, result.ToString());
        Assert.True(result.Group().GetProperty("disconnects").GetProperty("byReason").TryGetProperty("shutdown", out var shutdown)
            && shutdown.GetInt64() == 200, result.ToString());
        Assert.True(result.Figure("reconnect.count") == 200 && result.Figure("reconnect.max") <= 5, result.ToString());
        Assert.True(result.Figure("faults.missing") + result.Figure("faults.repeated") + result.Figure("skipped") == 0, result.ToString());
        Assert.True(result.Figure("undelivered") == 0, result.ToString());
    }

    private static string? WhatEnds(LoadResult result, int viewers)
    {
        if (result.Figure("viewers.joined") < viewers)
            return $"{result.Figure("viewers.refused")} refused, {result.Figure("viewers.unjoined")} not joined: {result.Group().GetProperty("refusals")}";
        if (result.Faults() > 0)
            return $"{result.Faults()} faults";
        if (result.Figure("undelivered") > 0)
            return $"{result.Figure("undelivered")} undelivered";
        return result.Figure("delivery.p95") > 0.5
            ? string.Create(CultureInfo.InvariantCulture,
                $"delivery p95 {result.Figure("delivery.p95"):F3} s; the load's own timer {result.Report.GetProperty("own").GetProperty("timerP95").GetDouble():F3} s late")
            : null;
    }

    private static Task LiveAsync(TandemServer server, string channel) => server.UntilAsync(
        "it is live", async () => (await server.ChannelAsync(channel)).GetProperty("state").GetString() == "live", _patience);

    private static string Row(string name, LoadResult result, string server, string note) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {result.Figure("join.p95"):F2} s | {result.Figure("delivery.p50") * 1000:F1} ms | {result.Figure("delivery.p95") * 1000:F1} ms | {result.Figure("delivery.p99") * 1000:F1} ms | {result.Figure("undelivered")} of {result.Figure("expected")} | {result.Faults()} | {result.Figure("stalls")} | {result.Report.GetProperty("own").GetProperty("cpuShare").GetDouble():F2} cores | {server} | {note} |");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
