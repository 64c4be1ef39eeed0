using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Package;

/// <summary>What is published of a carried playlist: a publisher of one variant whose rows are 2 s, due a second apart.</summary>
public sealed class CarriedPicturesTests : IDisposable
{
    private static readonly PlaylistId Heard = new(PlaylistKind.Audio, "a/a/English");
    private static readonly PlaylistId Video = new(PlaylistKind.Variant, "v0");
    private static readonly Epoch Carried = new(0, EpochReason.Start, 0, ChannelTime.Zero, 5, 0) { Carried = true };

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TandemMeter _meter = new();
    private readonly ChannelMetrics _metrics;
    private readonly Publication _publication = new();
    private readonly CarriedPictures _held;
    private readonly Publisher _publisher;

    public CarriedPicturesTests()
    {
        _metrics = new ChannelMetrics(_meter, "news", ["es"]);
        _held = new CarriedPictures(1000, new Generations(_time), _metrics) { Wanted = new HashSet<PlaylistId> { Video } };
        _publisher = new Publisher(_publication, _metrics, new StateRecord(null, "news"), _time, NullLogger.Instance, _held);
        var variant = new Variant(AttributeList.Empty, new Uri("https://source.example/v0.m3u8"));
        _publisher.Follow(new SourceEvent.MasterFound(
            new MasterPlaylist(new Uri("https://source.example/m.m3u8"), [variant], [], [], false, null, []),
            [new SourcePlaylist(Heard, new Uri("https://source.example/en.m3u8"), null, null, null), new SourcePlaylist(Video, variant.Address, variant, null, null)],
            Heard));
        foreach (var id in (PlaylistId[])[Heard, Video])
            _publisher.See(new SourceEvent.PlaylistSeen(id, List(0, 12), [], _time.GetUtcNow(), false));
    }

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void A_carried_segment_has_an_address_and_bytes_of_Tandems_own_and_no_key()
    {
        Arrive(0, "picture 0");
        Publish(0, Carried);
        var segment = Segments().Single();
        Assert.StartsWith("../source/v0/", segment, StringComparison.Ordinal);
        Assert.EndsWith("/0.ts", segment, StringComparison.Ordinal);
        Assert.Equal("picture 0", BodyOf(segment));
        Assert.DoesNotContain("KEY", Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("BYTERANGE", Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("source.example", Text(), StringComparison.Ordinal);
        Assert.Contains("#EXTINF:2.000000", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_when_due_is_a_gap_for_good_and_counted()
    {
        Arrive(0, "picture 0");
        Publish(0, Carried);
        Publish(1, Carried);
        Arrive(1, "too late");
        Arrive(2, "picture 2");
        Publish(2, Carried);
        Assert.Equal([false, true, false], Gaps());
        Assert.Equal(1, _metrics.FailuresByStage["carry"]);
    }

    [Fact]
    public void A_generation_ends_at_a_discontinuity_and_where_the_init_segment_changes()
    {
        Arrive(0, "0", init: "init a");
        Arrive(1, "1", init: "init a");
        Arrive(2, "2", init: "init b");
        Arrive(3, "3", init: "init b");
        for (var number = 0; number < 3; number++)
            Publish(number, Carried);
        Publish(3, Carried with { Index = 1, DiscontinuitySequence = 6 });
        var folders = Segments().Select(segment => segment[..segment.LastIndexOf('/')]).ToList();
        Assert.Equal(folders[0], folders[1]);
        Assert.Equal(3, folders.Distinct().Count());
        Assert.Equal(["init a", "init b", "init b"], Lines("#EXT-X-MAP").Select(line => BodyOf(line.Split('"')[1])));
    }

    [Fact]
    public void Epochs_tell_which_segments_are_the_sources_own()
    {
        Arrive(0, "0");
        Publish(0, Carried);
        Publish(1, Carried with { Index = 1, DiscontinuitySequence = 6, Carried = false });
        Arrive(2, "2");
        Publish(2, Carried with { Index = 2, DiscontinuitySequence = 7 });
        Assert.Equal(["../source", "https://", "../source"], Segments().Select(segment => segment[..(segment[0] == '.' ? 9 : 8)]));
        Assert.Equal(2, Lines("#EXT-X-DISCONTINUITY").Count(line => line == "#EXT-X-DISCONTINUITY"));
        Assert.Contains("#EXT-X-KEY:METHOD=NONE", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_beyond_what_may_be_held_are_gaps_and_what_has_left_the_window_makes_room()
    {
        for (var number = 0; number < 30; number++)
        {
            Arrive(number, new string('x', 60));
            Publish(number, Carried);
            Assert.InRange(_held.Bytes, 0, 1000);
        }

        Assert.False(Gaps()[^1]);
        Assert.InRange(_publication.Paths.Count(path => path.EndsWith(".ts", StringComparison.Ordinal)), 5, 16);
        Arrive(30, new string('x', 990));
        Publish(30, Carried);
        Assert.True(Gaps()[^1]);
        Assert.True(_metrics.FailuresByStage["carry"] > 0);
    }

    [Fact]
    public void A_gap_is_counted_once_and_not_at_all_where_that_was_done_already()
    {
        var fault = new SourceFault("segment", "not_found", "404", Retry: true);
        _held.Accept(new CarriedSegment(Video, 0, 0, _time.GetUtcNow(), TimeSpan.FromSeconds(2), null, fault));
        _held.Accept(new CarriedSegment(Video, 0, 1, _time.GetUtcNow(), TimeSpan.FromSeconds(2), null, fault) { Counted = true });
        for (var number = 0; number < 3; number++)
            Publish(number, Carried);
        Arrive(2, "too late");
        Assert.Equal([true, true, true], Gaps());
        Assert.Equal(2, _metrics.FailuresByStage["carry"]);
    }

    [Fact]
    public void What_an_instance_before_served_is_not_listed()
    {
        Publish(0, Carried, repeated: true);
        Publish(1, Carried, repeated: true);
        Arrive(2, "2");
        Publish(2, Carried with { Index = 1, DiscontinuitySequence = 6 });
        Assert.Contains("#EXT-X-MEDIA-SEQUENCE:2\n", Text(), StringComparison.Ordinal);
        Assert.Single(Segments());
        Assert.False(_metrics.FailuresByStage.ContainsKey("carry"));
    }

    [Fact]
    public void A_row_that_was_due_when_it_was_heard_waits_a_moment_for_its_picture()
    {
        Row(0, Carried, heardAt: _time.GetUtcNow(), ago: 4);
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Null(_publisher.Table.Newest);
        Arrive(0, "0", ago: 4);
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal([false], Gaps());

        Row(1, Carried, heardAt: _time.GetUtcNow(), ago: 2);
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal(0, _publisher.Table.Newest!.Number);
        _time.Advance(TimeSpan.FromSeconds(16));
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal([false, true], Gaps());

        // What appeared since then is never waited for, however late it was heard.
        Row(2, Carried, heardAt: _time.GetUtcNow(), ago: 1);
        _publisher.PublishDue(_time.GetUtcNow());
        Assert.Equal([false, true, true], Gaps());
    }

    [Theory]
    [InlineData("WEBVTT\n", "vtt")]
    [InlineData("G@", "ts")]
    [InlineData("????ftyp", "m4s")]
    public void What_is_passed_on_as_it_is_keeps_its_kind(string begins, string extension) =>
        Assert.Equal(extension, CarriedBody.Of(default, Encoding.ASCII.GetBytes(begins + "….").AsMemory()).Extension);

    private void Arrive(long sequence, string data, string? init = null, int ago = 0)
    {
        var remuxed = new RemuxedSegment(
            init is null ? Container.MpegTs : Container.FragmentedMp4, Encoding.ASCII.GetBytes(init ?? ""), Encoding.ASCII.GetBytes(data), [], null, null);
        _held.Accept(new CarriedSegment(
            Video, 0, sequence, _time.GetUtcNow().AddSeconds(-ago), TimeSpan.FromSeconds(2), CarriedBody.Of(remuxed, data.Length + 10), null));
    }

    private void Publish(long number, Epoch epoch, bool repeated = false)
    {
        Row(number, epoch, _time.GetUtcNow().AddSeconds(-8), repeated);
        _publisher.PublishDue(_time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private void Row(long number, Epoch epoch, DateTimeOffset heardAt, bool repeated = false, int ago = 0)
    {
        if (number > 11)
        {
            foreach (var id in (PlaylistId[])[Heard, Video])
                _publisher.See(new SourceEvent.PlaylistSeen(id, List(number - 11, 12), [], _time.GetUtcNow(), false));
        }

        var last = _publisher.Table.Rows.Count > 0 ? _publisher.Table.Rows[^1] : null;
        var row = new SegmentRow
        {
            Number = number,
            Repeated = repeated,
            Epoch = epoch,
            Discontinuity = last is not null && last.Epoch != epoch,
            Incarnation = 0,
            Source = Segment(number),
            From = new ChannelTime(number * 96_000),
            Duration = TimeSpan.FromSeconds(2),
            Date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(2 * number),
            AppearedAt = _time.GetUtcNow().AddSeconds(-ago),
            Due = _time.GetUtcNow().AddSeconds(-ago),
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        row.EndAt(row.From + SoundLength.OfSeconds(2));
        row.HeardAt = heardAt;
        _publisher.Table.Add(row);
        _publisher.Offer(row, []);
    }

    private static MediaPlaylist List(long first, int count) => new(
        new Uri("https://source.example/v0.m3u8"), 3, TimeSpan.FromSeconds(2), false, null, false, true, first, 0, null,
        [.. Enumerable.Range(0, count).Select(index => Segment(first + index))]);

    private static MediaSegment Segment(long sequence) => new(
        sequence, 0, new Uri($"https://source.example/{sequence}.ts"), TimeSpan.FromSeconds(2), "", new ByteRange(10, 20), null,
        [new MediaKey("AES-128", new Uri("https://source.example/key"), null, AttributeList.Empty.With("METHOD", "AES-128", quoted: false))],
        null, false, false, ["#EXT-X-BITRATE:900"]);

    private string Text() => Encoding.UTF8.GetString(_publication.Find("source/v0.m3u8")!.Body.Span);

    private List<string> Lines(string start) => [.. Text().Split('\n').Where(line => line.StartsWith(start, StringComparison.Ordinal))];

    private List<string> Segments() => [.. Text().Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    private List<bool> Gaps() =>
        [.. Text().Split("#EXTINF").SkipLast(1).Select(part => part.EndsWith("#EXT-X-GAP\n", StringComparison.Ordinal))];

    private string BodyOf(string address) => Encoding.UTF8.GetString(_publication.Find(address["../".Length..])!.Body.Span);
}
