using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Live;
using Tandem.Server.Ops;
using Tandem.Tests.Deploy;
using Xunit;

namespace Tandem.Tests.Server.Ops;

/// <summary>The alerts that the server judges itself: those of deploy/prometheus, silent just below their threshold, firing at their time, and gone with the fault.</summary>
public sealed partial class OpsRulesTests
{
    private static readonly ProcessReading Quiet = new(0.2, 0.2, 0, 0, 0);

    // By alert: a fault, and what is not quite one; as they stand so many seconds after the start.
    private static readonly Dictionary<string, (Func<double, Instance> Below, Func<double, Instance> Above)> Cases = new(StringComparer.Ordinal)
    {
        ["TandemCpuHigh"] = (_ => new(Quiet with { Cpu = 0.9 }), _ => new(Quiet with { Cpu = 0.901 })),
        ["TandemMemoryHigh"] = (_ => new(Quiet with { Memory = 0.9 }), _ => new(Quiet with { Memory = 0.901 })),
        ["TandemHealthFailing"] = (_ => new(Quiet with { HealthFailures = 3 }), _ => new(Quiet with { HealthFailures = 4 })),
        ["TandemScratchSpace"] = (_ => new(Quiet with { ScratchFree = 67_108_864 }), _ => new(Quiet with { ScratchFree = 67_108_863 })),
        ["TandemRecordFailing"] = (
            at => new(new ChannelReading { RecordFailures = at < 100 ? 0 : 1 }), at => new(new ChannelReading { RecordFailures = Math.Floor(at / 60) })),
        ["TandemSegmentErrors"] = (at => Failing(at, 0.0499), at => Failing(at, 0.0501)),
        ["TandemSegmentProcessingSlow"] = (at => new(Work(at, 1.5)), at => new(Work(at, 1.6))),
        ["TandemPublicationLate"] = (
            at => new(new ChannelReading { Lateness = Grown(MetricCatalogue.PublishLateness, at, 0.5) }),
            at => new(new ChannelReading { Lateness = Grown(MetricCatalogue.PublishLateness, at, 0.6) })),
        ["TandemPublicationStopped"] = (
            at => new(new ChannelReading { Segments = 5 + Math.Floor(at / 90), SourceAge = 1 }), _ => new(new ChannelReading { Segments = 5, SourceAge = 1 })),
        ["TandemQueueDeep"] = (_ => new(Waiting(8, 10)), _ => new(Waiting(9, 10))),
        ["TandemSourceStale"] = (_ => new(new ChannelReading { SourceAge = 20 }), _ => new(new ChannelReading { SourceAge = 20.1 })),
        ["TandemReferenceLost"] = (
            _ => new(new ChannelReading { Reference = "failed" }), at => new(new ChannelReading { Reference = at < 100 ? "proven" : "failed" })),
        ["TandemEpochsMany"] = (at => new(Epochs(at, 6)), at => new(Epochs(at, 7))),
        ["TandemWorkerRestarts"] = (
            at => new(new ChannelReading { WorkerRestarts = at < 100 ? 0 : 3 }), at => new(new ChannelReading { WorkerRestarts = at < 100 ? 0 : 4 })),
        ["TandemEngineCircuitOpen"] = (_ => new(new ChannelReading()), _ => new(new ChannelReading { CircuitOpen = true })),
        ["TandemFallbackHigh"] = (at => new(Fallback(at, 0.099)), at => new(Fallback(at, 0.101))),
        ["TandemOnsetLagHigh"] = (
            at => new(Spoken(Grown(MetricCatalogue.DubOnsetLag, at, 4), Grown(MetricCatalogue.SyncOffset, 0, 0))),
            at => new(Spoken(Grown(MetricCatalogue.DubOnsetLag, at, 4.1), Grown(MetricCatalogue.SyncOffset, 0, 0)))),
        ["TandemSyncOffset"] = (
            at => new(Spoken(Grown(MetricCatalogue.DubOnsetLag, 0, 0), Grown(MetricCatalogue.SyncOffset, at, 0.045))),
            at => new(Spoken(Grown(MetricCatalogue.DubOnsetLag, 0, 0), Grown(MetricCatalogue.SyncOffset, at, 0.046)))),
        ["TandemMessagesLarge"] = (
            at => new(new ChannelReading { Messages = Grown(MetricCatalogue.WebSocketMessage, at, 524_288) }),
            at => new(new ChannelReading { Messages = Grown(MetricCatalogue.WebSocketMessage, at, 524_289) })),
        ["TandemDisconnects"] = (at => new(Watched(at, at => 0.49 * at)), at => new(Watched(at, at => 2 * Math.Max(0, at - 5000)))),
        ["TandemSegmentBudgetFast"] = (at => Failing(at, 0.1435), at => Failing(at, 0.1445)),
        ["TandemSegmentBudgetSlow"] = (at => Failing(at, 0.0595), at => Failing(at, 0.0605)),
        ["TandemCostOverBudget"] = (at => new(Quiet with { Budget = 100, Cost = at * 99 / 730 / 3600 }), at => new(Quiet with { Budget = 100, Cost = at * 101 / 730 / 3600 })),
    };

    // Every number of the file's conditions, each once: what OpsRules and the cases above go by. Whoever changes one there, changes it here.
    private static readonly Dictionary<string, string> Numbers = new(StringComparer.Ordinal)
    {
        ["TandemCpuHigh"] = "0.9",
        ["TandemMemoryHigh"] = "0.9",
        ["TandemHealthFailing"] = "3",
        ["TandemScratchSpace"] = "67108864",
        ["TandemRecordFailing"] = "5m 1.5",
        ["TandemSegmentErrors"] = "5m 1 0.05",
        ["TandemSegmentProcessingSlow"] = "0.95 5m 1.5",
        ["TandemPublicationLate"] = "0.95 5m 0.5",
        ["TandemPublicationStopped"] = "2m 0 6m 20",
        ["TandemQueueDeep"] = "100 0.8 0",
        ["TandemSourceStale"] = "20",
        ["TandemReferenceLost"] = "1 1d",
        ["TandemEpochsMany"] = "1h 6.5 60.5",
        ["TandemWorkerRestarts"] = "15m 3.5",
        ["TandemEngineCircuitOpen"] = "1",
        ["TandemFallbackHigh"] = "5m 0.1",
        ["TandemOnsetLagHigh"] = "0.95 10m 4",
        ["TandemSyncOffset"] = "0.95 10m 0.045",
        ["TandemMessagesLarge"] = "0.95 5m 524288",
        ["TandemDisconnects"] = "15m 3600 0.5 2 1h 0",
        ["TandemSegmentBudgetFast"] = "1h 1 0.144 5m",
        ["TandemSegmentBudgetSlow"] = "6h 1 0.06 30m",
        ["TandemCostOverBudget"] = "1h 730 3600 0",
    };

    public static TheoryData<string> Names => [.. OpsRules.All.Select(rule => rule.Name)];

    [Fact]
    public void Every_alert_of_the_file_is_judged_here_or_said_to_be_judged_elsewhere()
    {
        Assert.Equal(
            AlertRule.All.Select(rule => rule.Name).Order(StringComparer.Ordinal),
            OpsRules.All.Select(rule => rule.Name).Concat(OpsRules.Elsewhere).Order(StringComparer.Ordinal));
        Assert.All(OpsRules.All, rule =>
        {
            var written = AlertRule.All.Single(one => one.Name == rule.Name);
            Assert.Equal(written.Severity, rule.Severity == AlertSeverity.Critical ? "critical" : "warning");
            Assert.Equal(written.Runbook, "docs/runbooks.md#" + rule.Section);
            Assert.Equal(Seconds(written.For), rule.For.TotalSeconds);
            Assert.Equal(Numbers[rule.Name], string.Join(' ', Number().Matches(written.Expression).Select(match => match.Value).Distinct(StringComparer.Ordinal)));
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_is_silent_just_below_and_fires_at_its_time(string name)
    {
        var rule = OpsRules.All.Single(one => one.Name == name);
        var (below, above) = Cases[name];
        Assert.DoesNotContain(Looks(below, 3 * 3600), look => look.Alerts.Any(alert => alert.Rule.Name == name));

        var looks = Looks(above, 3 * 3600).Select(look => (look.At, Alert: look.Alerts.SingleOrDefault(alert => alert.Rule.Name == name))).ToList();
        var held = looks.First(look => look.Alert is not null).At;
        Assert.Equal(held + rule.For.TotalSeconds, looks.First(look => look.Alert?.Fires == true).At);
        var raised = looks.First(look => look.Alert?.Fires == true).Alert!;
        Assert.Equal(held, (raised.Since - OpsRig.Reading(0).At).TotalSeconds);
        Assert.NotEmpty(raised.Finding.Summary);
    }

    [Fact]
    public void An_alert_is_gone_with_its_fault_and_begins_anew()
    {
        var looks = Looks(at => new Instance(new ChannelReading { SourceAge = at is < 100 or (>= 150 and < 200) ? 30 : 1 }), 300);
        Assert.Equal([0d, 10, 20], At(fires: false).TakeWhile(at => at < 100));
        Assert.Equal([30d, 40, 50, 60, 70, 80, 90], At(fires: true).TakeWhile(at => at < 100));
        Assert.Equal([150d, 160, 170], At(fires: false).SkipWhile(at => at < 100));
        Assert.Equal([180d, 190], At(fires: true).SkipWhile(at => at < 100));

        IEnumerable<double> At(bool fires) => looks.Where(look => look.Alerts.Any(alert => alert.Rule.Name == "TandemSourceStale" && alert.Fires == fires)).Select(look => look.At);
    }

    [Fact]
    public void Without_data_nothing_is_raised()
    {
        Assert.Empty(new AlertBoard(OpsRules.All).Judge(new OpsHistory()));
        Assert.All(Looks(_ => new Instance(new ChannelReading()), 1000), look => Assert.All(look.Alerts, alert => Assert.Fail(alert.Rule.Name)));
    }

    [Fact]
    public void A_source_that_has_ended_is_no_reason_to_publish()
    {
        Assert.Empty(Looks(_ => new Instance(new ChannelReading { Segments = 5, SourceAge = 0 }), 1000)[^1].Alerts);
        Assert.NotEmpty(Looks(_ => new Instance(new ChannelReading { Segments = 5, SourceAge = 0.1 }), 1000)[^1].Alerts);
    }

    [Fact]
    public void Segments_that_all_fail_are_all_that_there_is()
    {
        var alert = Looks(at => new Instance(new ChannelReading { Failures = Failed(at) }), 400)[^1].Alerts.First(one => one.Rule.Name == "TandemSegmentErrors");
        Assert.Equal(1, alert.Finding.Value);
        Assert.Equal("100 % of segments failed in 5 minutes", alert.Finding.Summary);
        Assert.Null(OpsRules.ErrorRatio(0, 0));
        Assert.Null(OpsRules.FallbackRatio(0, 0));
    }

    [Fact]
    public void A_deleted_channel_takes_its_alerts_with_it()
    {
        var (history, board) = (new OpsHistory(), new AlertBoard(OpsRules.All));
        history.Add(OpsRig.Reading(0, ("news", new ChannelReading { CircuitOpen = true }), ("sport", new ChannelReading { CircuitOpen = true })));
        Assert.Equal(["news", "sport"], board.Judge(history).Select(alert => alert.Finding.Channel));
        history.Add(OpsRig.Reading(10, ("news", new ChannelReading { CircuitOpen = true })));
        Assert.Equal(["news"], board.Judge(history).Select(alert => alert.Finding.Channel));
    }

    [Fact]
    public void A_queue_without_bound_is_deep_above_a_hundred()
    {
        Assert.Empty(Looks(_ => new Instance(Waiting(100, 0)), 0)[0].Alerts);
        Assert.Equal("queue 101", Assert.Single(Looks(_ => new Instance(Waiting(101, 0)), 0)[0].Alerts) is { Finding: { Part: "engine" } finding } ? $"queue {finding.Value}" : "");
    }

    private static List<(double At, IReadOnlyList<RaisedAlert> Alerts)> Looks(Func<double, Instance> instance, double seconds)
    {
        var (history, board) = (new OpsHistory(), new AlertBoard(OpsRules.All));
        var looks = new List<(double, IReadOnlyList<RaisedAlert>)>();
        for (var at = 0.0; at <= seconds; at += 10)
        {
            var (process, channel) = instance(at);
            history.Add(OpsRig.Reading(at, ("news", channel)) with { Process = process });
            looks.Add((at, board.Judge(history)));
        }

        return looks;
    }

    private static Buckets Grown(MetricDefinition metric, double count, double value)
    {
        var bucket = metric.Edges.AsSpan().BinarySearch(value);
        return new Buckets(metric.Edges, Buckets.None(metric.Edges).Counts.SetItem(bucket < 0 ? ~bucket : bucket, (long)count));
    }

    private static ChannelReading Work(double at, double value) => new()
    {
        Processing = ImmutableSortedDictionary<string, Buckets>.Empty.Add("total", Grown(MetricCatalogue.SegmentProcessing, at, value)),
    };

    private static ChannelReading Spoken(Buckets lag, Buckets offset) => new()
    {
        Languages = ImmutableSortedDictionary<string, LanguageReading>.Empty.Add("es", new LanguageReading(lag, offset, 0, 0)),
    };

    private static ChannelReading Fallback(double at, double share) => new()
    {
        Languages = ImmutableSortedDictionary<string, LanguageReading>.Empty.Add(
            "es", new LanguageReading(Buckets.None(MetricCatalogue.DubOnsetLag.Edges), Buckets.None(MetricCatalogue.SyncOffset.Edges), at * share, at * (1 - share))),
    };

    /// <summary>What waits for its time is as much as the delay holds.</summary>
    [Fact]
    public void A_long_delay_is_no_deep_queue()
    {
        static ChannelReading Of(string queue, double depth) => new()
        {
            Queues = ImmutableSortedDictionary<string, (double Depth, double Bound)>.Empty.Add(queue, (depth, 0)),
        };
        Assert.DoesNotContain(Looks(_ => new(Of("publish", 150)), 120), look => look.Alerts.Any(alert => alert.Rule.Name == "TandemQueueDeep"));
        Assert.Contains(Looks(_ => new(Of("engine", 101)), 120), look => look.Alerts.Any(alert => alert.Rule.Name == "TandemQueueDeep"));
    }

    /// <summary>The delay of a channel begins with its source.</summary>
    [Fact]
    public void A_source_that_came_late_is_waited_for()
    {
        static Instance At(double at) => new(new ChannelReading { SourceAge = at < 400 ? at : 1 });
        Assert.DoesNotContain(Looks(At, 700), look => look.Alerts.Any(alert => alert.Rule.Name == "TandemPublicationStopped" && alert.Fires));
        Assert.Contains(Looks(At, 1000), look => look.Alerts.Any(alert => alert.Rule.Name == "TandemPublicationStopped" && alert.Fires));
    }

    private static ChannelReading Waiting(double depth, double bound) => new()
    {
        Queues = ImmutableSortedDictionary<string, (double Depth, double Bound)>.Empty.Add("engine", (depth, bound)),
    };

    // The start of a channel is an epoch, and no break.
    private static ChannelReading Epochs(double at, double jumps) => new()
    {
        Epochs = ImmutableDictionary<string, double>.Empty.Add("start", 1).Add("jump", at < 100 ? 0 : jumps).Add("discontinuity", at < 100 ? 0 : 50),
    };

    // Ten thousand viewers, so that the quarter of an hour has more than a viewer-hour.
    private static ChannelReading Watched(double at, Func<double, double> lost) => new()
    {
        Voices = ImmutableSortedDictionary<string, (double Viewers, double Seconds)>.Empty.Add("es", (10_000, 10_000 * at)),
        UnplannedDisconnects = lost(at) * 10_000 / 3600,
    };

    private static Instance Failing(double at, double share) => new(new ChannelReading { Segments = at, Failures = Failed(at * share) });

    private static ImmutableDictionary<Failing, double> Failed(double times) =>
        ImmutableDictionary<Failing, double>.Empty.Add(new Failing("decode", "timeout"), times)

            // What is no segment counts nothing.
            .Add(new Failing("playlist", "not_found"), times * 10).Add(new Failing("speak", "crashed"), times * 10);

    private static double Seconds(string text) => text.Length == 0 ? 0 : double.Parse(text[..^1], CultureInfo.InvariantCulture) * (text[^1] == 'm' ? 60 : 1);

    [GeneratedRegex(@"(?<![\w.])\d+(\.\d+)?[smhd]?(?![\w.])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();

    private sealed record Instance(ProcessReading Process, ChannelReading Channel)
    {
        public Instance(ProcessReading process)
            : this(process, new ChannelReading())
        {
        }

        public Instance(ChannelReading channel)
            : this(Quiet, channel)
        {
        }
    }
}
