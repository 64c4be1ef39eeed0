using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Captions;
using Tandem.Media.Worker;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests.Captions;

/// <summary>From the source's segments to captions on channel time, and what is said where there are none.</summary>
public sealed class SourceCaptionsTests : IAsyncLifetime
{
    private const string WithText = """
        #EXTM3U
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="subs.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2",SUBTITLES="s"
        v.m3u8

        """;

    private const string Plain = """
        #EXTM3U
        #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2"
        v.m3u8

        """;

    private static readonly DateTimeOffset Began = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SoundLength Segment = SoundLength.OfSeconds(2);

    private readonly FakeTimeProvider _time = new(Began);
    private readonly Channel<CarriedMedia> _fetched = Channel.CreateUnbounded<CarriedMedia>();
    private readonly Channel<bool> _arrived = Channel.CreateUnbounded<bool>();
    private readonly Listener _listener = new();
    private readonly List<SegmentRow> _rows = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CaptionReading _reading;
    private readonly SourceCaptions _captions;
    private CaptionOutcome _outcome = CaptionOutcome.Of([]);
    private ImmutableHashSet<PlaylistId> _wanted = [];
    private PlaylistId _heard = new(PlaylistKind.Variant, "none");
    private Task _running = Task.CompletedTask;

    public SourceCaptionsTests()
    {
        _reading = new CaptionReading(
            _fetched.Reader, (wanted, _) => _wanted = wanted, (_, _) => Task.FromResult(_outcome), "en", TimeSpan.FromSeconds(60), _time);
        _captions = new SourceCaptions(_listener, _reading, "en", _time);
    }

    public ValueTask InitializeAsync()
    {
        _running = _reading.RunAsync(() => _arrived.Writer.TryWrite(true), _stop.Token);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
    }

    [Fact]
    public async Task A_cue_is_placed_where_its_media_time_is()
    {
        Follow(WithText);
        Assert.Equal(["s/s/English"], _wanted.Select(id => id.Name));

        // The clock of the transport stream wraps within the second segment.
        var epoch = Epoch(0, (1L << 33) - 270_000);
        Row(epoch, 0);
        Row(epoch, 1);
        await Text(1, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:10.000\n\n00:09.500 --> 00:12.000\nHello.");
        Assert.Equal([new SourceCue(Time(2.5), Time(5), "Hello.")], _listener.Cues);
        Assert.Null(_listener.Reason);
    }

    [Fact]
    public async Task Captions_that_come_before_their_segment_wait_for_it()
    {
        Follow(WithText);
        var epoch = Epoch(0, 900_000);
        Row(epoch, 0);
        await Text(1, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:02.500 --> 00:03.000\nSoon.");
        Assert.Empty(_listener.Cues);
        Row(epoch, 1);
        Work();
        Assert.Equal([new SourceCue(Time(2.5), Time(3), "Soon.")], _listener.Cues);
    }

    [Fact]
    public async Task Of_a_clock_that_shows_a_time_twice_the_nearer_one_counts()
    {
        Follow(WithText);
        var (first, second) = (Epoch(0, 900_000), Epoch(6, 900_000) with { Index = 1 });
        for (var index = 0; index < 3; index++)
            Row(first, index);
        for (var index = 0; index < 3; index++)
            Row(second, index, at: index + 3);
        await Text(5, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:04.500 --> 00:05.000\nAgain.");
        Assert.Equal([new SourceCue(Time(10.5), Time(11), "Again.")], _listener.Cues);
    }

    [Fact]
    public async Task An_advertisement_that_is_left_as_it_is_has_no_captions()
    {
        Follow(WithText);
        var epoch = Epoch(0, 0);
        Row(epoch, 0).Undubbed = true;
        Row(epoch, 1);
        await Text(1, "WEBVTT\n\n00:01.000 --> 00:01.500\nBuy!\n\n00:02.000 --> 00:03.000\nNews.");
        Assert.Equal(["News."], _listener.Cues.Select(cue => cue.Text));
    }

    [Fact]
    public async Task Line_21_of_what_is_heard_is_read_and_what_is_beside_it_is_not_fetched()
    {
        Follow(Plain);
        Assert.Empty(_wanted);
        var epoch = Epoch(0, 900_000);
        Row(epoch, 0);
        Row(epoch, 1);
        var writer = new Checks.Captions.Cea608Writer();
        Checks.Captions.LinePair[] pairs = [.. writer.PopOn("Hello."), .. writer.Show(), .. Enumerable.Repeat(Checks.Captions.LinePair.Padding, 30), .. writer.Erase()];
        _outcome = CaptionOutcome.Of([.. pairs.Select((pair, index) => new CaptionPair(990_000 + (index * 3000), 1, pair.First, pair.Second))]);
        await Heard(0);
        var shown = pairs.TakeWhile(pair => pair != writer.Show().First()).Count();
        var cue = Assert.Single(_listener.Cues);
        Assert.Equal("Hello.", cue.Text);
        Assert.Equal(Time(1 + (shown / 30.0)), cue.Start);
        Assert.Equal(32 / 30.0, (cue.End - cue.Start).Seconds, 3);
    }

    [Fact]
    public async Task A_picture_without_captions_is_told_after_half_a_minute()
    {
        Follow(Plain);
        for (var index = 0; index < 14; index++)
            await Heard(index);
        Assert.Null(_listener.Reason);
        await Heard(14);
        Assert.Equal(
            "the source has no WebVTT rendition in en, and no captions came in 30 s of CEA-608 (CC1) in the picture of v0; choose another recogniser",
            _listener.Reason);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_until_it_can()
    {
        Follow(WithText);
        Row(Epoch(0, 0), 0);
        await Text(0, "<html>");
        Assert.Null(_listener.Reason);
        await Text(1, "<html>");
        Assert.Contains("it does not begin with WEBVTT", _listener.Reason, StringComparison.Ordinal);
        await Text(2, "WEBVTT\n\n");
        Assert.Null(_listener.Reason);
    }

    [Fact]
    public void A_playlist_that_cannot_be_had_is_told()
    {
        Follow(WithText);
        var id = new PlaylistId(PlaylistKind.Subtitles, "s/s/English");
        _reading.Offer(new SourceEvent.SourceFaulted(new SourceFault("playlist", "not_found", "https://live.example/ch/subs.m3u8: 404", Retry: true), id));
        Work();
        Assert.Equal("the captions cannot be had: https://live.example/ch/subs.m3u8: 404", _listener.Reason);
        _reading.Offer(new SourceEvent.SourceRecovered(id));
        Work();
        Assert.Null(_listener.Reason);
    }

    [Fact]
    public async Task Pictures_that_cannot_be_read_are_told()
    {
        Follow(Plain);
        _outcome = CaptionOutcome.Failed(DecodeFault.UnknownCodec, "captions are read of H.264 and HEVC only, and the picture is av1");
        await Heard(0);
        await Heard(1);
        Assert.Equal("the captions cannot be read: captions are read of H.264 and HEVC only, and the picture is av1", _listener.Reason);
    }

    private static ChannelTime Time(double seconds) => new((long)Math.Round(seconds * ChannelTime.Rate));

    private static Epoch Epoch(double start, long ticks) => new(0, EpochReason.Start, ticks, Time(start), 0, 0);

    private static MediaSegment Listed(long number) => Playlist.Window(number, 1).Segments[0];

    private static DateTimeOffset Appeared(int index) => Began + TimeSpan.FromSeconds(2 * index);

    private void Follow(string master)
    {
        var (catalog, _) = SourceCatalog.Of(Playlist.Master(master), "en", 100);
        _heard = catalog!.Heard;
        _reading.Offer(new SourceEvent.MasterFound(catalog.Master, catalog.Playlists, catalog.Heard));
        Work();
    }

    private SegmentRow Row(Epoch epoch, int index, int? at = null)
    {
        var from = epoch.Start + new SoundLength(Segment.Samples * index);
        var row = new SegmentRow
        {
            Number = index,
            Epoch = epoch,
            Discontinuity = false,
            Incarnation = 0,
            Source = Listed(at ?? index),
            From = from,
            Duration = TimeSpan.FromSeconds(2),
            Date = Began,
            AppearedAt = Appeared(at ?? index),
            Due = Began,
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        row.EndAt(from + Segment);
        _rows.Add(row);
        return row;
    }

    private Task Text(int index, string text) => Arrived(() => _fetched.Writer.TryWrite(new CarriedMedia(
        _wanted.Single(), Listed(index), 0, Appeared(index), default, Encoding.UTF8.GetBytes(text), null)));

    private Task Heard(int index) => Arrived(() => _reading.Offer(
        new SourceEvent.SegmentFetched(_heard, Listed(index), Appeared(index), default, new byte[1])));

    private async Task Arrived(Action begin)
    {
        begin();
        await _arrived.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(_reading.Messages.TryRead(out var said));
        _captions.Accept(said);
        Work();
    }

    private void Work() => _captions.Work(_rows, _time.GetUtcNow());

    private sealed class Listener : ICaptionListener
    {
        public List<SourceCue> Cues { get; } = [];

        public string? Reason { get; private set; }

        public void Read(IReadOnlyList<SourceCue> cues, ChannelTime upTo) => Cues.AddRange(cues);

        public void Miss(string? reason) => Reason = reason;
    }
}
