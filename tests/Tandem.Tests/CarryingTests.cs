using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests;

/// <summary>From fetched bytes to what is served in the source's place, with a worker that answers as the test says.</summary>
public sealed class CarryingTests
{
    private static readonly PlaylistId Video = new(PlaylistKind.Variant, "v0");
    private static readonly PlaylistId Muxed = new(PlaylistKind.Variant, "v1");
    private static readonly PlaylistId Text = new(PlaylistKind.Subtitles, "s/s/English");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Channel<CarriedMedia> _fetched = Channel.CreateUnbounded<CarriedMedia>();
    private readonly ConcurrentQueue<RemuxRequest> _asked = new();
    private Func<RemuxRequest, RemuxOutcome> _worker = request => Remuxed(request.Data[..(request.Data.Length / 2)]);

    [Fact]
    public async Task Pictures_lose_their_sound_and_text_stays_as_it_is()
    {
        var carrying = Carrying();
        Fetch(Video, 1, [1, 2, 3, 4]);
        Fetch(Text, 1, "WEBVTT\n"u8.ToArray());
        var messages = await ReadAsync(carrying, 2);
        Assert.Equal([1, 2], messages[0].Body!.Body.Body.ToArray());
        Assert.Equal((2, "ts"), (messages[0].Body!.Dropped, messages[0].Body!.Extension));
        Assert.Equal(("vtt", 7), (messages[1].Body!.Extension, messages[1].Body!.Body.Body.Length));
        Assert.Single(_asked);
    }

    [Fact]
    public async Task What_is_heard_is_taken_from_there_and_playlists_have_streams_of_their_own()
    {
        var carrying = Carrying();
        carrying.Offer(new SourceEvent.SegmentFetched(Muxed, Segment(7), _time.GetUtcNow(), default, new byte[] { 9, 9 }));
        var heard = (await ReadAsync(carrying, 1)).Single();
        Assert.Equal((Muxed, 7), (heard.Id, heard.Sequence));
        Fetch(Video, 7, [1, 2]);
        await ReadAsync(carrying, 1);
        Assert.Equal(2, _asked.Select(request => request.Stream).Distinct().Count());
    }

    [Fact]
    public async Task Counters_go_on_within_a_stretch_without_a_break()
    {
        var carrying = Carrying();
        Fetch(Video, 1, [1, 2]);
        Fetch(Video, 2, [1, 2]);
        Fetch(Video, 3, [1, 2], discontinuity: true);
        Fetch(Video, 4, [1, 2]);
        Fetch(Video, 0, [1, 2], incarnation: 1);
        await ReadAsync(carrying, 5);
        Assert.Equal([false, true, false, true, false], _asked.Select(request => request.Continues));
    }

    [Fact]
    public async Task What_fails_is_told_of_in_its_place()
    {
        _worker = request => request.Data.Span[0] == 0 ? RemuxOutcome.Failed(DecodeFault.NotMedia, "no packets") : Remuxed(request.Data);
        var carrying = Carrying();
        Fetch(Video, 1, [1]);
        Fetch(Video, 2, [0]);
        Fetch(Video, 3, [], fault: new SourceFault("segment", "not_found", "404", Retry: true));
        Fetch(Video, 4, [1]);
        Fetch(Video, 5, [], fault: new SourceFault("segment", "gap", "a gap", Retry: false));
        var messages = await ReadAsync(carrying, 5);
        Assert.Equal([1L, 2, 3, 4, 5], messages.Select(message => message.Sequence));
        Assert.Equal([null, "not_media", "not_found", null, "gap"], messages.Select(message => message.Fault?.Reason));
        Assert.DoesNotContain(messages, message => message.Counted);

        carrying.Offer(new SourceEvent.SegmentLost(Muxed, Segment(1), _time.GetUtcNow(), new SourceFault("segment", "not_found", "404", Retry: true)));
        Assert.True((await ReadAsync(carrying, 1)).Single().Counted);
    }

    [Fact]
    public async Task A_segment_at_which_the_worker_dies_gets_a_second_chance()
    {
        _worker = request => _asked.Count == 1 ? RemuxOutcome.Failed(DecodeFault.Crashed, "it died") : Remuxed(request.Data);
        var carrying = Carrying();
        Fetch(Video, 1, [1]);
        Assert.NotNull((await ReadAsync(carrying, 1)).Single().Body);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task What_is_not_wanted_any_more_is_left()
    {
        var carrying = Carrying();
        carrying.Want([Text]);
        Fetch(Video, 1, [1]);
        carrying.Offer(new SourceEvent.SegmentFetched(Muxed, Segment(1), _time.GetUtcNow(), default, new byte[] { 9 }));
        Fetch(Text, 1, [1]);
        Assert.Equal(Text, (await ReadAsync(carrying, 1)).Single().Id);
        Assert.Empty(_asked);
    }

    private static RemuxOutcome Remuxed(ReadOnlyMemory<byte> data) =>
        RemuxOutcome.Of(new RemuxedSegment(Container.MpegTs, default, data, [new(256, TrackKind.Picture, "h264", "avc1.64001f", null, 0, 0)], 0, 180_000));

    private static MediaSegment Segment(long sequence, bool discontinuity = false) => new(
        sequence, 0, new Uri($"https://source.example/{sequence}.ts"), TimeSpan.FromSeconds(2), "", null, null, [], null, false, discontinuity, []);

    [Fact]
    public async Task What_is_heard_before_it_is_said_what_is_wanted_is_kept()
    {
        var carrying = Carrying(decided: false);
        carrying.Offer(new SourceEvent.SegmentFetched(Muxed, Segment(1), _time.GetUtcNow(), default, new byte[] { 9, 9 }));
        carrying.Offer(new SourceEvent.SegmentFetched(Video, Segment(1), _time.GetUtcNow(), default, new byte[] { 9, 9 }));
        carrying.Want([Video]);
        Assert.Equal(Video, (await ReadAsync(carrying, 1)).Single().Id);
    }

    private Carrying Carrying(bool decided = true)
    {
        var carrying = new Carrying(
            _fetched.Reader,
            (request, _) =>
            {
                _asked.Enqueue(request);
                return Task.FromResult(_worker(request));
            },
            TimeSpan.FromSeconds(8),
            _time,
            NullLogger.Instance);
        if (decided)
            carrying.Want([Video, Muxed, Text]);
        return carrying;
    }

    private void Fetch(PlaylistId id, long sequence, byte[] data, bool discontinuity = false, int incarnation = 0, SourceFault? fault = null) =>
        _fetched.Writer.TryWrite(new CarriedMedia(id, Segment(sequence, discontinuity), incarnation, _time.GetUtcNow(), default, data, fault));

    private async Task<List<CarriedSegment>> ReadAsync(Carrying carrying, int count)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = carrying.RunAsync(() => { }, stop.Token);
        var messages = new List<CarriedSegment>();
        while (messages.Count < count)
        {
            // A pause before a second try passes by itself.
            _time.Advance(TimeSpan.FromMilliseconds(10));
            while (carrying.Messages.TryRead(out var message))
                messages.Add(message);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        return messages;
    }
}
