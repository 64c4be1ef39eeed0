using System.Globalization;
using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Figures;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Sync;

/// <summary>An hour of source time, faster than real time: the last minute is as much in step as the first (issue 2, point 1).</summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class HourTests
{
    private const double Speed = 12;
    private const double Drift = 0.002;
    private const double Each = 0.010;

    [Theory]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task An_hour_does_not_drift(Packing packing)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var origin = await OriginServer.StartAsync();

        // Loops of 64 s: 3,000 frames of AAC at 48 kHz. A window of two minutes is 10 s long at this speed.
        var channel = origin.Add("hour", new OriginOptions
        {
            Programme = await Programmes.FlashBeepAsync(packing, FrameRate.Pal, seconds: 132, loop: 64),
            AtEnd = AtEnd.LoopSeamlessly,
            Window = 60,
            Speed = Speed,
        });
        var began = TimeProvider.System.GetTimestamp();
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("hour", channel.Master)]);
        var first = await MeasureAsync(channel, server);
        var hour = TimeSpan.FromHours(1) / Speed;
        await Task.Delay(hour - TimeProvider.System.GetElapsedTime(began), TimeProvider.System, cancel);
        var last = await MeasureAsync(channel, server);

        var told = $"first minutes: {first}; after {hour * Speed}: {last}\n{server.Tail(5)}";
        await FigureFile.AddAsync("sync-hour", packing.ToString(), string.Create(
            CultureInfo.InvariantCulture,
            $"| {packing} | {first.Median * 1000:F2} ms | {last.Median * 1000:F2} ms | {first.Worst * 1000:F2} ms | {last.Worst * 1000:F2} ms |"));
        Assert.True(first.Count >= 60 && last.Count >= 60, told);
        Assert.True(Math.Abs(last.Median - first.Median) <= Drift, told);
        Assert.True(Math.Abs(first.Worst) <= Each && Math.Abs(last.Worst) <= Each, told);
    }

    private static async Task<SyncError> MeasureAsync(OriginChannel channel, TandemServer server)
    {
        await using var source = HlsRecorder.Start(channel.Master);
        await using var published = HlsRecorder.Start(server.Master(channel.Id), wanted: item => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" });
        var recorded = await published.SecondsAsync(240, TimeSpan.FromSeconds(60));
        return await SyncMeasure.CompareAsync(source.Snapshot(), recorded, "es");
    }
}
