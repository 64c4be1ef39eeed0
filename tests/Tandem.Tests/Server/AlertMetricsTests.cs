using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Package;
using Tandem.Server.Metrics;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>What alerts need beside what the pipeline measures.</summary>
public sealed class AlertMetricsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;

    public AlertMetricsTests() => _exporter = new PrometheusExporter(_meter);

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Failed_health_checks_count_in_a_row_and_those_of_liveness_do_not_end_it()
    {
        Assert.Equal(0, Read("tandem_health_failures_in_row"));
        foreach (var result in new[] { "ready", "unready", "live", "unready" })
            _meter.HealthChecked(result);
        Assert.Equal(2, Read("tandem_health_failures_in_row"));
        _meter.HealthChecked("degraded");
        Assert.Equal(0, Read("tandem_health_failures_in_row"));
        _meter.HealthChecked("unready");
        Assert.Equal(1, Read("tandem_health_failures_in_row"));
        Assert.Equal(3, Read("tandem_health_checks_total{result=\"unready\"}"));
    }

    [Fact]
    public void An_instance_that_stands_still_fails_though_it_is_ready()
    {
        foreach (var result in new[] { "stuck", "ready", "stuck", "degraded", "stuck", "unready" })
            _meter.HealthChecked(result);
        Assert.Equal(3, Read("tandem_health_failures_in_row"));
        _meter.HealthChecked("live");
        Assert.Equal(1, Read("tandem_health_failures_in_row"));
    }

    [Fact]
    public void Exactly_one_state_of_reference_holds()
    {
        var channel = new ChannelMetrics(_meter, "news", ["es"]);
        Assert.Equal([0, 0, 0], States());
        channel.Reference(ReferenceState.Proven);
        Assert.Equal([0, 1, 0], States());
        channel.Reference(ReferenceState.Failed);
        Assert.Equal([0, 0, 1], States());

        double[] States() =>
            [.. new[] { "unproven", "proven", "failed" }.Select(state => Read($"tandem_reference_state{{channel=\"news\",state=\"{state}\"}}"))];
    }

    /// <summary>Four cores and 8 GiB for an hour, and 10 GiB sent, at the prices of docs/metrics.md; asked for more than once.</summary>
    [Fact]
    public void Cost_grows_with_what_may_be_used_and_what_is_sent()
    {
        var root = Directory.CreateTempSubdirectory("tandem-cost-").FullName;
        Write("proc/self/cgroup", "0::/box");
        Write("sys/fs/cgroup/box/cpu.max", "400000 100000");
        Write("sys/fs/cgroup/box/cpu.stat", "usage_usec 0");
        Write("sys/fs/cgroup/box/memory.max", (8L << 30).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Write("sys/fs/cgroup/box/memory.current", "1");
        CostMetrics.Add(_meter, new MachineShare(_time, root), 250, _time);
        Assert.Equal(0, Read("tandem_cost_dollars_total{kind=\"egress\"}"));

        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(0.1296, Read("tandem_cost_dollars_total{kind=\"cpu\"}"), 1e-6);
        _time.Advance(TimeSpan.FromMinutes(30));
        for (var time = 0; time < 10; time++)
            _meter.HttpSent(1L << 30);
        Assert.Equal(3600 * 4 * 0.000018, Read("tandem_cost_dollars_total{kind=\"cpu\"}"), 1e-6);
        Assert.Equal(3600 * 8 * 0.000002, Read("tandem_cost_dollars_total{kind=\"memory\"}"), 1e-6);
        Assert.Equal(1.2, Read("tandem_cost_dollars_total{kind=\"egress\"}"), 1e-6);
        Assert.Equal(250, Read("tandem_monthly_budget_dollars"));
        Directory.Delete(root, recursive: true);

        void Write(string path, string text)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    private double Read(string series) => Exposition.Parse(_exporter.Write()).Samples[series];
}
