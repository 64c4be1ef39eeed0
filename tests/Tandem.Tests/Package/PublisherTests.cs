using System.Globalization;
using System.Text;
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

    private static readonly PlaylistId Heard = new(PlaylistKind.Variant, "v0");

    private readonly FakeTimeProvider _time = new();
    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;
    private readonly ChannelMetrics _metrics;
    private readonly Publication _publication = new();
    private readonly Publisher _publisher;

    public PublisherTests()
    {
        _exporter = new PrometheusExporter(_meter);
        _metrics = new ChannelMetrics(_meter, "news", ["es"]);
        _publisher = new Publisher(_publication, _metrics, new StateRecord(null, "news"), _time, NullLogger.Instance);
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

    /// <summary>Who joins by a list that grows faster than it plays begins far behind live, and is soon out of the list.</summary>
    [Fact]
    public void The_first_list_has_all_that_is_due()
    {
        _publisher.Follow(Source());
        _publisher.See(new SourceEvent.PlaylistSeen(Heard, List(1, 9), [], _time.GetUtcNow(), false));
        for (var number = 1; number <= 6; number++)
        {
            Add(number, _time.GetUtcNow().AddSeconds(2 * (number - 9)), made: $"es/g/{number}.aac");
            _publisher.PublishDue(_time.GetUtcNow());
            Assert.Null(_publication.Find("es/index.m3u8"));
        }

        Add(7, _time.GetUtcNow().AddSeconds(-4), made: "es/g/7.aac");
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal(7, Text("es/index.m3u8").Split('\n').Count(line => line.EndsWith(".aac", StringComparison.Ordinal)));
        Add(8, _time.GetUtcNow().AddSeconds(-2), made: "es/g/8.aac");
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.EndsWith("es/g/8.aac\n", Text("es/index.m3u8"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_is_slow_to_fill_in_shows_what_it_has()
    {
        _publisher.Follow(Source());
        _publisher.See(new SourceEvent.PlaylistSeen(Heard, List(1, 9), [], _time.GetUtcNow(), false));
        Add(1, _time.GetUtcNow().AddSeconds(-16), made: "es/g/1.aac");
        _publisher.PublishDue(_time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(4.9));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Null(_publication.Find("es/index.m3u8"));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.NotNull(_publication.Find("es/index.m3u8"));
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

    /// <summary>The list keeps its beginning until the longer window has filled (RFC 8216, section 6.2.2).</summary>
    [Fact]
    public void The_first_number_does_not_fall_when_the_source_lists_more()
    {
        _publisher.Follow(Source());
        for (var number = 1; number <= 9; number++)
            PublishNext(number, listed: 4);
        Assert.Equal((6, 6), Firsts());

        See(List(1, 9));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal((6, 6), Firsts());
        PublishNext(10, listed: 9);
        Assert.Equal((6, 6), Firsts());
        Assert.NotNull(_publication.Find("es/g/6.aac"));
        for (var number = 11; number <= 15; number++)
            PublishNext(number, listed: 9);
        Assert.Equal((7, 7), Firsts());
    }

    /// <summary>A list has three target durations at least; the source's other playlist has longer segments than was known.</summary>
    [Fact]
    public void The_first_number_does_not_fall_when_the_target_duration_rises()
    {
        _publisher.Follow(Source());
        for (var number = 1; number <= 9; number++)
            PublishNext(number, listed: 3);
        Assert.Equal((7, 7), Firsts());

        See(List(7, 3) with { TargetDuration = TimeSpan.FromSeconds(4) });
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal((7, 7), Firsts());
        Assert.Contains("#EXT-X-TARGETDURATION:4\n", Text("es/index.m3u8"), StringComparison.Ordinal);
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

    /// <summary>A player that did not see them in time finds its place in the list, and knows that there is nothing to be had.</summary>
    [Fact]
    public void What_the_instance_before_published_last_is_listed_as_gaps_under_its_addresses()
    {
        _publisher.Follow(Source());
        Add(1, _time.GetUtcNow().AddSeconds(-6), repeated: true);
        Add(2, _time.GetUtcNow().AddSeconds(-4), repeated: true, former: "es/old/2.aac");
        Add(3, _time.GetUtcNow().AddSeconds(-2), repeated: true, former: "es/old/3.aac");
        Add(4, _time.GetUtcNow(), made: "es/new/4.aac");
        _publisher.See(new SourceEvent.PlaylistSeen(Heard, List(1, 4), [], _time.GetUtcNow(), false));
        _publisher.PublishDue(_time.GetUtcNow());
        var voice = Text("es/index.m3u8");
        Assert.Equal(
            ["#EXT-X-GAP", "../es/old/2.aac", "#EXT-X-GAP", "../es/old/3.aac", "../es/new/4.aac"],
            voice.Split('\n').Where(line => line == "#EXT-X-GAP" || line.EndsWith(".aac", StringComparison.Ordinal)));
        Assert.Contains("#EXT-X-MEDIA-SEQUENCE:2\n", voice, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-MEDIA-SEQUENCE:2\n", Text("source/v0.m3u8"), StringComparison.Ordinal);
        Assert.Null(_publication.Find("es/old/3.aac"));
    }

    [Fact]
    public void The_record_holds_the_addresses_of_what_a_playlist_lists_at_least()
    {
        var folder = Directory.CreateTempSubdirectory("tandem-record");
        try
        {
            var record = new StateRecord(folder.FullName, "news");
            var publisher = new Publisher(_publication, _metrics, record, _time, NullLogger.Instance);
            publisher.Follow(Source());
            publisher.See(new SourceEvent.PlaylistSeen(Heard, List(1, 9), [], _time.GetUtcNow(), false));
            for (var number = 1; number <= 9; number++)
                Add(number, _time.GetUtcNow().AddSeconds(2 * (number - 9)), made: $"es/g/{number}.aac", publisher: publisher);
            publisher.PublishDue(_time.GetUtcNow());
            var rows = record.Load(NullLogger.Instance)!.Rows;
            Assert.Equal(Enumerable.Range(1, 9).Select(number => (long)number), rows.Select(row => row.Number));
            Assert.Equal([6, 7, 8, 9], rows.Where(row => row.Paths is not null).Select(row => row.Number));
            Assert.Equal(new PublishedPath("es/g/9.aac", null), rows[^1].Paths!["es"]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static SourceEvent.MasterFound Source()
    {
        var variant = new Variant(AttributeList.Empty, new Uri("https://source.example/v0.m3u8"));
        return new SourceEvent.MasterFound(
            new MasterPlaylist(new Uri("https://source.example/m.m3u8"), [variant], [], [], false, null, []),
            [new SourcePlaylist(Heard, variant.Address, variant, null, null)],
            Heard);
    }

    private static MediaPlaylist List(long first, int count) => new(
        new Uri("https://source.example/v0.m3u8"), 3, TimeSpan.FromSeconds(2), false, null, false, true, first, 0, null,
        [.. Enumerable.Range(0, count).Select(index => Segment(first + index))]);

    private static MediaSegment Segment(long number) => new(
        number, 0, new Uri($"https://source.example/{number}.ts"), TimeSpan.FromSeconds(2), "", null, null, [], null, false, false, []);

    private void See(MediaPlaylist list) => _publisher.See(new SourceEvent.PlaylistSeen(Heard, list, [], _time.GetUtcNow(), false));

    private void PublishNext(int number, int listed)
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        See(List(Math.Max(1, number - listed + 1), Math.Min(number, listed)));
        Add(number, _time.GetUtcNow(), made: $"es/g/{number}.aac");
        _publisher.PublishDue(_time.GetUtcNow());
    }

    /// <summary>EXT-X-MEDIA-SEQUENCE of a voice, and of the source's playlist.</summary>
    private (int Voice, int Mirror) Firsts() => (FirstOf(Text("es/index.m3u8")), FirstOf(Text("source/v0.m3u8")));

    private static int FirstOf(string playlist)
    {
        const string Tag = "#EXT-X-MEDIA-SEQUENCE:";
        var line = playlist.Split('\n').Single(line => line.StartsWith(Tag, StringComparison.Ordinal));
        return int.Parse(line[Tag.Length..], CultureInfo.InvariantCulture);
    }

    private string Text(string path) => Encoding.UTF8.GetString(_publication.Find(path)!.Body.Span);

    private void Add(
        long number, DateTimeOffset due, bool repeated = false, string? former = null, string? made = null, Publisher? publisher = null)
    {
        var row = new SegmentRow
        {
            Number = number,
            Repeated = repeated,
            Epoch = First,
            Discontinuity = false,
            Incarnation = 0,
            Former = former is null ? null : new Dictionary<string, PublishedPath> { ["es"] = new(former, null) },
            Source = Segment(number),
            From = new ChannelTime(number * 96_000),
            Duration = TimeSpan.FromSeconds(2),
            Date = due,
            AppearedAt = due,
            Due = due,
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        (publisher ?? _publisher).Table.Add(row);
        (publisher ?? _publisher).Offer(
            row,
            made is null ? [] : [new PackagedSegment("es", new RenditionSegment(made, null, false), new PublishedResource("audio/aac", new byte[] { 1 }, ResourceLife.Immutable), null)]);
    }

    private double Sample(string series) => Exposition.Parse(_exporter.Write()).Samples[series];
}
