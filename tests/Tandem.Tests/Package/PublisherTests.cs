using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Tandem.Server.Metrics;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class PublisherTests : IDisposable
{
    private static readonly Epoch First = new(0, EpochReason.Start, 0, ChannelTime.Zero, 0, 0);

    private readonly FakeTimeProvider _time = new();
    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;
    private readonly ChannelMetrics _metrics;
    private readonly Publisher _publisher;

    public PublisherTests()
    {
        _exporter = new PrometheusExporter(_meter);
        _metrics = new ChannelMetrics(_meter, "news", ["es"]);
        _publisher = new Publisher(new Publication(), _metrics, new StateRecord(null, "news"), _time, NullLogger.Instance);
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Rows_that_are_filled_in_at_the_start_say_nothing_about_lateness()
    {
        for (var number = 0; number < 30; number++)
            Add(number, _time.GetUtcNow().AddSeconds(2 * (number - 29)));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal(30, Sample("tandem_segments_total{channel=\"news\"}"));
        Assert.Equal(0, Sample("tandem_publish_lateness_seconds_count{channel=\"news\"}"));
        Assert.Equal(0, _metrics.Late);
    }

    [Fact]
    public void Later_rows_are_measured_and_count_as_late_beyond_half_a_second()
    {
        _time.Advance(TimeSpan.FromSeconds(10));
        Add(1, _time.GetUtcNow().AddSeconds(-0.2));
        _publisher.PublishDue(_time.GetUtcNow());
        Add(2, _time.GetUtcNow().AddSeconds(-0.7));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal(2, Sample("tandem_publish_lateness_seconds_count{channel=\"news\"}"));
        Assert.Equal(0.9, Sample("tandem_publish_lateness_seconds_sum{channel=\"news\"}"), 6);
        Assert.Equal(1, _metrics.Late);
    }

    /// <summary>Their addresses were another instance's: hls.js ends the playback when the address of a number changes.</summary>
    [Fact]
    public void Rows_that_the_instance_before_published_are_not_published_again()
    {
        Add(1, _time.GetUtcNow().AddSeconds(-4), repeated: true);
        Add(2, _time.GetUtcNow().AddSeconds(-2), repeated: true);
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Null(_publisher.Table.Newest);
        Assert.Equal(0, Sample("tandem_segments_total{channel=\"news\"}"));

        Add(3, _time.GetUtcNow());
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal(3, _publisher.Table.Newest?.Number);
        Assert.Equal(1, Sample("tandem_segments_total{channel=\"news\"}"));
    }

    private void Add(long number, DateTimeOffset due, bool repeated = false)
    {
        var row = new SegmentRow
        {
            Number = number,
            Repeated = repeated,
            Epoch = First,
            Discontinuity = false,
            Incarnation = 0,
            Source = new MediaSegment(
                number, 0, new Uri($"https://source.example/{number}.ts"), TimeSpan.FromSeconds(2), "", null, null, [], null, false, false, []),
            From = new ChannelTime(number * 96_000),
            Duration = TimeSpan.FromSeconds(2),
            Date = due,
            AppearedAt = due,
            Due = due,
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        _publisher.Table.Add(row);
        _publisher.Offer(row, []);
    }

    private double Sample(string series) => Exposition.Parse(_exporter.Write()).Samples[series];
}
