using Tandem.Live;
using Tandem.Server.Ops;
using Xunit;

namespace Tandem.Tests.Server.Ops;

/// <summary>What the page shows, over the real meter and the exporter of <c>/metrics</c>, on fake time.</summary>
public sealed class OpsBoardTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly OpsRig _rig = new(cpu: 0.5);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Before_anything_happened_all_is_in_order_and_nothing_is_made_up()
    {
        var state = _rig.State();
        Assert.Equal(OpsLevel.Ok, state.Status.Level);
        Assert.Empty(state.Status.Lines);
        Assert.Equal(0, state.CoveredSeconds);
        Assert.Null(state.Total.ErrorRatio);
        Assert.Empty(state.Channels);
        Assert.Null(state.Total.SourceAgeSeconds);
        Assert.Null(state.Total.Delivery.P95);
        Assert.Equal(0.5, state.Instance.CpuRatio);

        // A channel that is there before its first reading.
        _rig.Channels.Add(OpsRig.Channel("news", ChannelState.Starting, languages: "es"));
        _rig.Run(OpsHistory.Step);
        var news = Assert.Single(_rig.State().Channels);
        Assert.Null(news.Figures.ErrorRatio);
        Assert.Equal(0, Assert.Single(news.Languages).OnsetLag.Count);
    }

    /// <summary>The check of two scrapes: what lies between them, worked out from the text of <c>/metrics</c>.</summary>
    [Fact]
    public void Percentiles_and_shares_are_those_between_two_scrapes_of_metrics()
    {
        var news = Channel("news", "es");
        var chance = new Random(3);
        _rig.Run(TimeSpan.FromMinutes(7), () => Work(0.02));
        var before = Exposition.Parse(_rig.Exporter.Write()).Samples;
        _rig.Run(TimeSpan.FromMinutes(5), () => Work(0.4));
        var after = Exposition.Parse(_rig.Exporter.Write()).Samples;

        var state = _rig.State();
        Assert.Equal(300, state.CoveredSeconds);
        var total = state.Channels[0].Figures.Stages.Single(stage => stage.Stage == "total");
        Assert.Equal(Quantile(0.95), total.P95!.Value, 9);
        Assert.Equal(Quantile(0.5), total.P50!.Value, 9);
        Assert.Equal(Quantile(0.99), total.P99!.Value, 9);
        Assert.Equal(Grown("tandem_segment_processing_seconds_count{channel=\"news\",stage=\"total\"}"), total.Count);
        Assert.Equal(
            Grown("tandem_segment_failures_total{channel=\"news\",stage=\"decode\",reason=\"timeout\"}") / Grown("tandem_segments_total{channel=\"news\"}"),
            state.Total.ErrorRatio!.Value,
            9);
        Assert.Equal("decode timeout", $"{state.Channels[0].Figures.Failures[0].Stage} {state.Channels[0].Figures.Failures[0].Reason}");
        Assert.Equal(1.5 / (1.5 + 4.5), state.Channels[0].Languages[0].FallbackRatio!.Value, 9);

        void Work(double slower)
        {
            for (var times = 0; times < 5; times++)
            {
                news.SegmentProcessed("total", TimeSpan.FromSeconds(slower + (chance.NextDouble() * 0.5)));
                news.SegmentPublished();
            }

            if (chance.Next(3) == 0)
                news.SegmentFailed("decode", "timeout");
            news.Fallback("es", TimeSpan.FromSeconds(1.5));
            news.Dubbed("es", TimeSpan.FromSeconds(4.5));
        }

        double Grown(string series) => after[series] - before[series];

        // By the book, from cumulative buckets.
        double Quantile(double share)
        {
            var buckets = MetricCatalogue.SegmentProcessing.Edges
                .Select(edge => (Edge: edge, Below: Grown(FormattableString.Invariant($"tandem_segment_processing_seconds_bucket{{channel=\"news\",stage=\"total\",le=\"{edge}\"}}"))))
                .ToList();
            var rank = share * Grown("tandem_segment_processing_seconds_bucket{channel=\"news\",stage=\"total\",le=\"+Inf\"}");
            var index = buckets.FindIndex(bucket => bucket.Below >= rank);
            var (from, below) = index == 0 ? (0, 0) : buckets[index - 1];
            return from + ((buckets[index].Edge - from) * (rank - below) / (buckets[index].Below - below));
        }
    }

    [Fact]
    public void A_window_forgets_what_was_before_it()
    {
        var news = Channel("news");
        _rig.Run(Minute, () => news.SegmentProcessed("decode", TimeSpan.FromSeconds(2)));
        _rig.Run(Minute, () => news.SegmentProcessed("decode", TimeSpan.FromSeconds(0.02)));
        Assert.Equal(12, Decode(300).Count);
        Assert.Equal(6, Decode(60).Count);
        Assert.InRange(Decode(300).P95!.Value, 1.5, 3);
        Assert.InRange(Decode(60).P95!.Value, 0.01, 0.025);

        OpsStage Decode(double window) => _rig.State(window).Channels[0].Figures.Stages.Single(stage => stage.Stage == "decode");
    }

    [Fact]
    public void All_channels_together_add_up_and_the_fullest_queue_is_shown()
    {
        var (news, sport) = (Channel("news", "es", "fr"), Channel("sport", "es"));
        var (viewers, others) = (new ViewerMetrics(_rig.Meter, "news"), new ViewerMetrics(_rig.Meter, "sport"));
        news.QueueBound("decode", 8);
        sport.QueueBound("decode", 8);
        _rig.Run(Minute, () =>
        {
            news.SegmentPublished();
            sport.SegmentPublished();
            sport.SegmentFailed("segment", "timeout");
            sport.SegmentFailed("speak", "crashed");
            news.InFlight(3);
            sport.InFlight(4);
            news.QueueDepth("decode", 2);
            sport.QueueDepth("decode", 6);
            sport.SourceAge(TimeSpan.FromSeconds(7));
            viewers.MessageSent(3000);
            others.MessageSent(5000);
        });
        viewers.Joined("es");
        viewers.Joined("es");
        others.Joined("es");
        _rig.Run(OpsHistory.Step);
        var total = _rig.State().Total;
        Assert.Equal(0.5, total.ErrorRatio);
        Assert.Equal(7, total.InFlight);
        Assert.Equal(new OpsQueue("decode", 6, 8), total.Queues.Single(queue => queue.Queue == "decode"));
        Assert.Equal(7, total.SourceAgeSeconds);
        Assert.Equal(3, total.Viewers.Single(voice => voice.Voice == "es").Viewers);
        Assert.Equal(2, _rig.State().Channels[0].Languages[0].Viewers);
        Assert.Equal([new OpsBucket(4096, 6), new OpsBucket(8192, 6)], total.MessageSizes.Where(bucket => bucket.Count > 0));
        Assert.Equal(["segment", "speak"], total.Failures.Select(failure => failure.Stage));
        Assert.Equal(1, _rig.State().Channels[1].Figures.ErrorRatio);
    }

    [Fact]
    public void What_is_wrong_is_said_in_words_the_worst_first()
    {
        var news = Channel("news", "es");
        _rig.Channels.Add(OpsRig.Channel("sport", ChannelState.SourceLost, "the source answers 404"));
        news.EngineCircuit(open: true);
        _rig.Run(Minute);
        Assert.Equal(OpsLevel.Warning, _rig.State().Status.Level);
        Assert.Equal(
            ["news: the engine or a part of it is out of use; the alert is not due yet", "sport: the source is lost: the source answers 404"],
            _rig.State().Status.Lines);
        Assert.Equal("pending", Assert.Single(_rig.State().Alerts).State);

        _rig.Run(Minute);
        _rig.Run(OpsHistory.Step);
        var alert = Assert.Single(_rig.State().Alerts);
        Assert.Equal("TandemEngineCircuitOpen firing news docs/runbooks.md#engine-circuit-open", $"{alert.Name} {alert.State} {alert.Channel} {alert.Runbook}");
        Assert.Equal(OpsLevel.Critical, _rig.State().Status.Level);
        Assert.Equal("news: the engine or a part of it is out of use", _rig.State().Status.Lines[0]);

        news.EngineCircuit(open: false);
        _rig.Channels.RemoveAt(1);
        _rig.Run(OpsHistory.Step);
        Assert.Equal(OpsLevel.Ok, _rig.State().Status.Level);
    }

    [Fact]
    public void A_channel_that_was_deleted_and_made_again_begins_anew()
    {
        var news = Channel("news", "es");
        _rig.Run(Minute, () => Publish(news, 10));
        _rig.Meter.Forget("news");
        _rig.Channels.Clear();
        _rig.Run(Minute);
        Assert.Empty(_rig.State().Channels);
        Assert.Equal(0, _rig.State().Total.Segments);

        var again = Channel("news", "es");
        _rig.Run(Minute, () => Publish(again, 1));
        Assert.Equal(66, _rig.State().Channels[0].Figures.Segments);
        Assert.Equal(6, _rig.State(60).Channels[0].Figures.Segments);
        Assert.Equal(66, _rig.State().Channels[0].Figures.Stages.Single(stage => stage.Stage == "total").Count);

        static void Publish(ChannelMetrics channel, int segments)
        {
            for (var times = 0; times < segments; times++)
            {
                channel.SegmentPublished();
                channel.SegmentProcessed("total", TimeSpan.FromSeconds(0.1));
            }
        }
    }

    [Fact]
    public void Courses_are_kept_for_an_hour_and_no_longer()
    {
        var news = Channel("news", "es");
        _rig.Run(TimeSpan.FromMinutes(2), () => news.SegmentProcessed("total", TimeSpan.FromSeconds(0.2)));
        Assert.Equal([0.2425, 0.2425, 0.2425, 0.2425], _rig.State().Channels[0].Figures.History["processing"]);
        Assert.Equal([0.5, 0.5, 0.5, 0.5, 0.5], _rig.State().Instance.History["cpu"]);
        _rig.Run(TimeSpan.FromHours(2));
        Assert.All(_rig.State().Total.History.Values.Append(_rig.State().Channels[0].Figures.History["errors"]), course => Assert.Equal(120, course.Count));
        _rig.Meter.Forget("news");
        _rig.Run(Minute);
        _rig.Channels[0] = OpsRig.Channel("other");
        Assert.Empty(_rig.State(50).Channels[0].Figures.History);
    }

    [Fact]
    public void A_look_that_fails_is_not_the_end()
    {
        var (fails, looks) = (false, 0);
        using var board = new OpsBoard(
            () =>
            {
                looks++;
                return fails ? throw new IOException("no /proc today") : _rig.Read();
            },
            () => [],
            _rig.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        fails = true;
        _rig.Time.Advance(OpsHistory.Step);
        Assert.Equal(0, board.State(Minute).UptimeSeconds);
        fails = false;
        _rig.Time.Advance(OpsHistory.Step);
        Assert.Equal(20, board.State(Minute).UptimeSeconds);
        Assert.Equal(3, looks);
    }

    private ChannelMetrics Channel(string id, params string[] languages)
    {
        // The board was there before its channels are.
        _ = _rig.Board;
        _rig.Channels.Add(OpsRig.Channel(id, languages: languages));
        return new ChannelMetrics(_rig.Meter, id, languages);
    }
}
