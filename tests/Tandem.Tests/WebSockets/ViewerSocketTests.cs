using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Package;
using Tandem.Server.WebSockets;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>How one socket ends by itself and what it counts, on a clock that a test moves.</summary>
public sealed class ViewerSocketTests : IDisposable
{
    private const byte Ping = 0x89;

    private readonly FakeTimeProvider _time = new(FakeChunks.At(12));
    private readonly FakeChunks _chunks = new("es") { Size = 40_000 };
    private readonly TandemMeter _meter = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string? Reason, string? Planned)> _ends = new();
    private readonly ConcurrentQueue<double> _delivered = new();
    private readonly ChannelViewers _viewers;
    private readonly StreamPair _pair = new();
    private readonly ViewerSocket _viewer;
    private readonly Task _serving;

    public ViewerSocketTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            if (instrument.Name == MetricCatalogue.WebSocketDisconnects.Name)
                _ends.Enqueue((Tag(tags, "reason"), Tag(tags, "planned")));
        });
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            if (instrument.Name == MetricCatalogue.WebSocketDelivery.Name)
                _delivered.Enqueue(value);
        });
        _listener.Start();
        _chunks.Add(0, 12);
        var options = new ChannelOptions { Id = "news", Input = new Uri("https://source.example/"), From = "en", To = ["es"] };
        _viewers = new ChannelViewers(options, _chunks.Stream, Snapshot, new ViewerMetrics(_meter, "news"), _time);
        var wish = new ViewerWish(1, Video: false, Full: true, (null, null), _ => true, Expires: null);
        _viewer = new ViewerSocket(_viewers, wish, _pair.Server, null, _pair.Abort, _time);
        _serving = ServeAsync();
    }

    public void Dispose()
    {
        _pair.Abort();
        _viewers.Stop();
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task A_socket_that_is_old_enough_is_told_to_come_again()
    {
        await ReadChunkAsync(12);
        Pass(_viewer.EndsAt - _time.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        Assert.Single(_viewers.All);
        Assert.Null(_viewer.Ended.Reason);

        Pass(TimeSpan.FromMilliseconds(1));
        var (_, payload) = await _pair.ReadToAsync((first, payload) => StreamPair.Is(first, payload, "bye"));
        using var bye = System.Text.Json.JsonDocument.Parse(payload);
        Assert.Equal(("lifetime", true), (bye.RootElement.GetProperty("reason").GetString(), bye.RootElement.GetProperty("reconnect").GetBoolean()));
        Assert.InRange(bye.RootElement.GetProperty("afterMs").GetInt32(), 200, 2000);
        var close = await _pair.ReadAsync();
        Assert.Equal((0x88, 1001), (close.First, (close.Payload[0] << 8) | close.Payload[1]));

        Assert.Single(_viewers.All);
        await _pair.SendAsync(ClientFramesTests.Frame(0x88, [0x03, 0xE9]), last: true);
        await EndAsync("lifetime", "yes");
        Assert.False(_pair.Aborted);
    }

    [Fact]
    public async Task Who_does_not_answer_the_close_is_cut_off()
    {
        await ReadChunkAsync(12);
        Pass(_viewer.EndsAt - _time.GetUtcNow());
        await _pair.ReadToAsync((first, _) => first == 0x88);
        await PassUntilOverAsync();
        await EndAsync("lifetime", "yes");
        Assert.True(_pair.Aborted);
    }

    [Fact]
    public async Task Three_pings_without_an_answer_end_it_without_a_word()
    {
        await ReadChunkAsync(12);
        for (var ping = 0; ping < 3; ping++)
        {
            Pass(ViewerSocket.PingEvery);
            await _pair.ReadToAsync((first, _) => first == Ping);
            Assert.False(_pair.Aborted);
        }

        Pass(ViewerSocket.PingEvery);
        Assert.True(_pair.Aborted);
        await EndAsync("silent", "no");
        var (texts, code) = await _pair.ReadToEndAsync();
        Assert.DoesNotContain(texts, text => text.GetProperty("type").GetString() == "bye");
        Assert.Null(code);
    }

    [Fact]
    public async Task Pings_that_are_answered_keep_it()
    {
        await ReadChunkAsync(12);
        for (var ping = 0; ping < 10; ping++)
        {
            Pass(ViewerSocket.PingEvery);
            var (_, payload) = await _pair.ReadToAsync((first, _) => first == Ping);
            await _pair.SendAsync(ClientFramesTests.Frame(0x8A, payload));
        }

        Assert.False(_pair.Aborted);
        Assert.Single(_viewers.All);
        Assert.Empty(_ends);
    }

    [Fact]
    public async Task A_write_that_never_ends_ends_it_as_slow()
    {
        await ReadChunkAsync(12);
        Publish(13, 15);
        await StreamPair.UntilAsync(() => _pair.IsStuck);

        // 120 KB and their headers may take 10 s, and a second more for each 8 KiB.
        Pass(TimeSpan.FromSeconds(10 + (120_000 / 8192.0)));
        Assert.False(_pair.Aborted);
        Pass(TimeSpan.FromSeconds(1));
        Assert.True(_pair.Aborted);
        await EndAsync("slow", "no");
        var (texts, code) = await _pair.ReadToEndAsync();
        Assert.DoesNotContain(texts, text => text.GetProperty("type").GetString() == "bye");
        Assert.Null(code);
    }

    [Fact]
    public async Task A_write_that_ends_in_time_ends_nothing()
    {
        await ReadChunkAsync(12);
        Publish(13, 15);
        await StreamPair.UntilAsync(() => _pair.IsStuck);
        Pass(TimeSpan.FromSeconds(10));
        await ReadChunkAsync(15);
        await StreamPair.UntilAsync(() => !_pair.IsStuck);
        Pass(TimeSpan.FromSeconds(60));
        Assert.False(_pair.Aborted);
        Assert.Single(_viewers.All);
    }

    [Fact]
    public void Sockets_of_one_moment_last_50_to_58_minutes_each_its_own()
    {
        var lives = Enumerable.Range(0, 100).Select(_ => ChannelViewers.Lifetime()).ToList();
        Assert.All(lives, life => Assert.InRange(life, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(58)));
        Assert.True(lives.Distinct().Count() > 90, "they end at the same moments");
        Assert.True(lives.Max() - lives.Min() > TimeSpan.FromMinutes(4), "they end within minutes of each other");
    }

    [Fact]
    public async Task Only_what_was_sent_and_not_told_before_counts_as_delivered()
    {
        await ReadChunkAsync(12);

        // Held, but on its way to nobody: nothing wakes the viewer's loop.
        _chunks.Add(13, 14);
        Pass(TimeSpan.FromSeconds(1), tick: false);
        await AcknowledgeAsync(14);
        await AcknowledgeAsync(99);
        Assert.Empty(_delivered);

        _chunks.Announce();
        await ReadChunkAsync(14);
        await AcknowledgeAsync(14);
        var first = (_time.GetUtcNow() - FakeChunks.At(14)).TotalSeconds;
        Assert.Equal(first, Assert.Single(_delivered), 6);
        Pass(TimeSpan.FromSeconds(1), tick: false);
        await AcknowledgeAsync(14);
        await AcknowledgeAsync(13);
        Assert.Single(_delivered);

        Publish(15, 15);
        await ReadChunkAsync(15);
        await AcknowledgeAsync(15);
        Assert.Equal([first, (_time.GetUtcNow() - FakeChunks.At(15)).TotalSeconds], _delivered.Select(value => Math.Round(value, 6)));
    }

    [Fact]
    public async Task A_picture_that_is_not_sent_cannot_be_acknowledged()
    {
        await ReadChunkAsync(12);
        await _pair.SendAsync(ClientFramesTests.Frame(0x81, """{"type":"ack","track":1,"sequence":12}"""));
        Assert.Empty(_delivered);
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
                return tag.Value as string;
        }

        return null;
    }

    private static ChannelSnapshot Snapshot() => new()
    {
        Id = "news",
        State = ChannelState.Live,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
        Languages = [new LanguageSnapshot("es", LanguageState.Dubbed)],
    };

    private async Task ServeAsync()
    {
        await _viewers.ServeAsync(_viewer, video: false);
        _pair.Finish();
    }

    private void Publish(long from, long to)
    {
        _chunks.Add(from, to);
        _chunks.Announce();
    }

    private void Pass(TimeSpan time, bool tick = true)
    {
        _time.Advance(time);
        if (tick)
            _viewers.Tick(_time.GetUtcNow());
    }

    /// <summary>What waits for the clock may begin to wait a moment later.</summary>
    private Task PassUntilOverAsync() => StreamPair.UntilAsync(() =>
    {
        Pass(TimeSpan.FromSeconds(1), tick: false);
        return _serving.IsCompleted;
    });

    private async Task EndAsync(string reason, string planned)
    {
        await StreamPair.UntilAsync(() => _serving.IsCompleted);
        await _serving;
        Assert.Empty(_viewers.All);
        Assert.Equal((reason, planned), Assert.Single(_ends));
    }

    private Task AcknowledgeAsync(long sequence) =>
        _pair.SendAsync(ClientFramesTests.Frame(0x81, $$"""{"type":"ack","track":2,"sequence":{{sequence}}}"""));

    private Task<(byte First, byte[] Payload)> ReadChunkAsync(long sequence) =>
        _pair.ReadToAsync((first, payload) => first == 0x82 && Received.Read(payload) is { Kind: 2 } chunk && chunk.Sequence == sequence);
}
