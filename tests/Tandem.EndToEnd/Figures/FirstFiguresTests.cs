using System.Globalization;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Figures;

/// <summary>
/// What 1, 8 and 32 channel-languages of <c>echo</c> cost (issue 2, point 6). Measures; what it asserts is that everything was published,
/// and that the cost a language falls when there are more of them.
/// </summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class FirstFiguresTests
{
    private static readonly string[] _languages = ["es", "fr", "de", "it", "pt", "nl", "pl", "sv"];
    private static readonly TimeSpan _warm = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _measured = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task First_figures()
    {
        var one = await MeasureAsync(1, 1);
        var eight = await MeasureAsync(1, 8);
        var many = await MeasureAsync(4, 8);
        Assert.True(eight < one, $"a language costs {one:P2} of a core alone, {eight:P2} among 8, {many:P2} among 32");
    }

    /// <summary>CPU a channel-language, of one core.</summary>
    private static async Task<double> MeasureAsync(int channels, int languages)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var origin = await OriginServer.StartAsync();
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, seconds: 132, loop: 64);
        var to = string.Join('+', _languages.Take(languages));
        var sources = Enumerable.Range(0, channels)
            .Select(index => origin.Add($"c{index}", new OriginOptions { Programme = programme, AtEnd = AtEnd.LoopSeamlessly })).ToList();
        await using var server = await TandemServer.StartAloneAsync(sources.Select(source => TandemServer.Channel(source.Id, source.Master, to: to)));
        await server.UntilAsync("all channels publish", async () => await server.MetricAsync("tandem_segments_total") >= channels * 8, TimeSpan.FromSeconds(60));
        await Task.Delay(_warm, TimeProvider.System, cancel);

        var before = await LatenessAsync(server);
        var cpu = Cpu(server);
        var segments = await server.MetricAsync("tandem_segments_total") ?? 0;
        await Task.Delay(_measured, TimeProvider.System, cancel);
        var share = (Cpu(server) - cpu) / _measured;
        var after = await LatenessAsync(server);
        segments = (await server.MetricAsync("tandem_segments_total") ?? 0) - segments;
        var late = after.ToDictionary(pair => pair.Key, pair => pair.Value - before.GetValueOrDefault(pair.Key));
        var (own, workers) = (ProcessTree.Share(server.ProcessId), server.Descendants().Sum(ProcessTree.Share));

        var name = $"{channels} × {languages}";
        await FigureFile.AddAsync("first-figures", name, string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {share * 100:F1} % | {share * 100 / (channels * languages):F2} % | {Quantile(late, 0.5)} | {Quantile(late, 0.95)} | {Quantile(late, 0.99)} | {own >> 20} MiB | {channels} × {(workers / channels) >> 20} MiB |"));
        Assert.InRange(segments, channels * 26, channels * 34);
        Assert.Equal(0, await server.MetricAsync("tandem_segment_failures_total", "stage=\"decode\""));
        return share / (channels * languages);
    }

    private static TimeSpan Cpu(TandemServer server) => server.Descendants().Append(server.ProcessId)
        .Select(ProcessTree.Usage).OfType<(long Resident, TimeSpan Cpu)>().Aggregate(TimeSpan.Zero, (sum, use) => sum + use.Cpu);

    /// <summary>Publications so far by upper edge of their lateness, cumulated.</summary>
    private static async Task<Dictionary<double, double>> LatenessAsync(TandemServer server)
    {
        var edges = new Dictionary<double, double>();
        foreach (var edge in await server.EdgesAsync("tandem_publish_lateness_seconds"))
            edges[edge.Edge] = edges.GetValueOrDefault(edge.Edge) + edge.Count;
        return edges;
    }

    /// <summary>The edge below which so many lie.</summary>
    private static string Quantile(Dictionary<double, double> cumulated, double share)
    {
        var all = cumulated.Values.Max();
        var edge = cumulated.Where(pair => pair.Value >= all * share).Min(pair => pair.Key);
        return double.IsInfinity(edge) ? "beyond the last edge" : string.Create(CultureInfo.InvariantCulture, $"≤ {edge * 1000:F0} ms");
    }
}
