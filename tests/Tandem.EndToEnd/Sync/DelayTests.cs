using System.Globalization;
using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Sync;

/// <summary>A channel is held back by what it asks for, from the shortest to the longest delay there is, and is in step (issue 2).</summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class DelayTests
{
    // Both recorders look every half second; Tandem sees a segment as late as it looks itself, by the RFC's pace, a target duration at most.
    private static readonly TimeSpan _looks = TimeSpan.FromSeconds(0.75);
    private static readonly TimeSpan _target = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("1.5s", 1.5, "reference")]
    [InlineData("1.5s", 1.5, "carry")]
    [InlineData("5m", 300, "reference")]
    public async Task It_is_as_far_behind_as_it_says_and_in_step(string delay, double seconds, string video)
    {
        const double measured = 50;
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add("held", new OriginOptions
        {
            Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, seconds: 132, loop: 64),
            AtEnd = AtEnd.LoopSeamlessly,

            // Whose pictures are referenced has to have them for as long as they are held back, and a little longer.
            Keep = TimeSpan.FromSeconds(seconds + 120),
        });
        await using var source = HlsRecorder.Start(channel.Master);
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("held", channel.Master, delay, video: video)]);
        await using var published = HlsRecorder.Start(
            server.Master("held"), wanted: item => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" });
        var recorded = await published.SecondsAsync(measured, TimeSpan.FromSeconds(seconds + measured + 40));
        var had = source.Snapshot();

        var error = await SyncMeasure.CompareAsync(had, recorded, "es");
        var told = $"{error}\n{server.Tail(5)}";
        Assert.True(error.Count >= 30, told);
        Assert.True(Math.Abs(error.Median) <= SyncBounds.Median && Math.Abs(error.Worst) <= SyncBounds.Each, told);

        // What the first list has was listed by the source at a time that nobody saw.
        var appeared = had.Variant.Segments.Where(segment => segment.ListedAt > had.Variant.Segments[0].ListedAt.AddSeconds(1))
            .ToDictionary(segment => segment.Listed.Date!.Value, segment => segment.ListedAt);
        var behind = recorded.Variant.Segments.Where(segment => appeared.ContainsKey(segment.Listed.Date!.Value))
            .Select(segment => segment.ListedAt - appeared[segment.Listed.Date!.Value]).Order().ToList();
        Assert.True(behind.Count >= 8, $"only {behind.Count} segments were seen at both ends");
        var median = behind[behind.Count / 2];
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{delay}, {video}: {median.TotalSeconds:F2} s behind; {error}"));

        // The end of a segment's sound is in the next one.
        var least = TimeSpan.FromSeconds(Math.Max(seconds, 2.25)) - _looks;
        Assert.True(median >= least && median <= least + _target + (2 * _looks), $"{median} behind. {told}");

        // And evenly: whoever watches with a buffer of a second does not see it run dry.
        Assert.True(behind[^1] - behind[0] <= 2 * _looks, $"{behind[0]} to {behind[^1]} behind. {told}");
        var (all, inTime) = Within(await server.EdgesAsync("tandem_publish_lateness_seconds", "channel=\"held\""), 0.5);
        Assert.True(all > 0 && inTime == all, $"{inTime} of {all} segments were published within half a second of when they were due");
    }

    private static (double All, double Within) Within(IReadOnlyList<(double Edge, double Count)> buckets, double seconds) => (
        buckets.Max(bucket => bucket.Count), buckets.Where(bucket => bucket.Edge <= seconds).Max(bucket => bucket.Count));
}
