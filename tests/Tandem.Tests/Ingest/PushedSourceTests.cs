using System.Text;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>A follower over files that are pushed.</summary>
[Collection(FakeTime.Name)]
public sealed class PushedSourceTests : IAsyncDisposable
{
    private const string Nothing = "nothing has been pushed yet";

    private readonly FakeSource _source = new();
    private readonly PushedFiles _files;

    public PushedSourceTests() => _files = new PushedFiles(new Uri("https://push.invalid/ingest/news/"), 64 * 1024 * 1024, Nothing, _source.Time);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task While_nothing_is_there_it_is_told_what_is_awaited()
    {
        _source.Start(_files);
        await _source.RunAsync(10);
        var fault = Assert.Single(_source.All<SourceEvent.SourceFaulted>()).Fault;
        Assert.Equal((SourceFault.Awaited, Nothing), (fault.Reason, fault.Detail));
        Segment(0);
        Window(0, 1);
        await _source.RunAsync(0.5);
        Assert.Equal([0L], Fetched());
        Assert.Single(_source.All<SourceEvent.SourceRecovered>());
    }

    [Fact]
    public async Task Each_segment_appears_when_its_playlist_does()
    {
        _source.Start(_files);
        for (var number = 0; number < 6; number++)
        {
            Segment(number);
            Window(Math.Max(0, number - 3), Math.Min(number + 1, 4));
            var pushed = _source.Time.GetUtcNow();
            await _source.RunAsync(2);
            var seen = _source.All<SourceEvent.PlaylistSeen>().Last();
            Assert.Equal(number, seen.Appeared[^1].Segment.Sequence);
            Assert.InRange((seen.At - pushed).TotalSeconds, 0, 0.3);
        }

        Assert.Equal([0L, 1, 2, 3, 4, 5], Fetched());
    }

    [Fact]
    public async Task A_segment_that_comes_after_its_playlist_and_out_of_order_is_waited_for()
    {
        _source.Start(_files);
        Segment(0);
        Window(0, 1);
        await _source.RunAsync(2);
        Window(0, 3);
        await _source.RunAsync(1);
        Segment(2);
        await _source.RunAsync(1);
        Assert.Equal([0L], Fetched());
        Segment(1);
        await _source.RunAsync(0.5);
        Assert.Equal([0L, 1, 2], Fetched());
        Assert.Empty(_source.All<SourceEvent.SegmentLost>());
    }

    /// <summary>With a long delay there is time.</summary>
    [Fact]
    public async Task A_segment_that_comes_late_is_waited_for_as_long_as_the_delay_allows()
    {
        _source.Start(_files, options => options with { SegmentPatience = TimeSpan.FromSeconds(36) });
        Segment(0);
        Window(0, 1);
        await _source.RunAsync(2);
        Segment(2);
        Window(0, 3);
        await _source.RunAsync(20);
        Assert.Equal([0L], Fetched());
        Segment(1);
        await _source.RunAsync(0.5);
        Assert.Equal([0L, 1, 2], Fetched());
    }

    [Fact]
    public async Task What_never_comes_is_lost_and_what_is_after_it_is_not()
    {
        _source.Start(_files, options => options with { SegmentPatience = TimeSpan.FromSeconds(5) });
        Segment(0);
        Window(0, 1);
        await _source.RunAsync(2);
        Segment(2);
        Window(0, 3);
        await _source.RunUntilAsync(() => _source.All<SourceEvent.SegmentLost>().Any(), 15);
        await _source.RunAsync(0.5);
        Assert.Equal(1, Assert.Single(_source.All<SourceEvent.SegmentLost>()).Segment.Sequence);
        Assert.Equal([0L, 2], Fetched());
    }

    [Fact]
    public async Task What_was_pushed_before_there_was_a_server_is_not_waited_for_as_if_it_were_to_come()
    {
        Segment(5);
        Window(0, 6);
        _source.Start(_files);
        var began = _source.Time.GetUtcNow();
        await _source.RunUntilAsync(() => Fetched().Contains(5), 30);
        Assert.InRange((_source.Time.GetUtcNow() - began).TotalSeconds, 0, 4);
    }

    [Fact]
    public async Task The_newest_content_is_fetched_where_it_was_sent_twice()
    {
        _source.Start(_files);
        _files.Put("s0.ts", "first"u8.ToArray());
        _files.Put("s0.ts", "second"u8.ToArray());
        Window(0, 1);
        await _source.RunAsync(0.5);
        Assert.Equal("second", Encoding.ASCII.GetString(Assert.Single(_source.All<SourceEvent.SegmentFetched>()).Data.Span));
        _files.Put("s0.ts", "third"u8.ToArray());
        Window(0, 1);
        await _source.RunAsync(4);
        Assert.Single(_source.All<SourceEvent.SegmentFetched>());
    }

    [Fact]
    public async Task A_packager_that_begins_anew_under_the_same_names_is_followed_at_once_with_its_new_header()
    {
        _source.Start(_files);
        _files.Put("init.mp4", "old header"u8.ToArray());
        for (var number = 0; number < 8; number++)
            Segment(number);
        Window(4, 4, map: true);
        await _source.RunAsync(4);
        _files.Put("init.mp4", "new header"u8.ToArray());
        _files.Put("s0.ts", "again"u8.ToArray());
        Window(0, 1, map: true);
        await _source.RunAsync(1);
        Assert.True(_source.All<SourceEvent.PlaylistSeen>().Last().Reset);
        var newest = _source.All<SourceEvent.SegmentFetched>().Last();
        Assert.Equal((0, "again", "new header"), (newest.Segment.Sequence, Text(newest.Data), Text(newest.Init)));
    }

    [Fact]
    public async Task A_playlist_that_was_overtaken_is_no_new_beginning()
    {
        _source.Start(_files);
        for (var number = 0; number < 8; number++)
            Segment(number);
        Window(0, 4);
        await _source.RunAsync(2);
        Window(2, 4);
        await _source.RunAsync(0.5);
        Window(1, 4);
        await _source.RunAsync(1.5);
        Window(3, 4);
        await _source.RunAsync(2);
        Assert.DoesNotContain(_source.All<SourceEvent.PlaylistSeen>(), seen => seen.Reset);
        Assert.Equal([0L, 1, 2, 3, 4, 5, 6], Fetched());
    }

    [Fact]
    public async Task Two_playlists_that_were_overtaken_one_after_the_other_are_no_new_beginning()
    {
        _source.Start(_files);
        for (var number = 0; number < 14; number++)
            Segment(number);
        Window(6, 4);
        await _source.RunAsync(2);
        foreach (var first in new[] { 9, 7, 8, 10 })
        {
            Window(first, 4);
            await _source.RunAsync(first == 8 ? 1 : 0.2);
        }

        await _source.RunAsync(2);
        Assert.DoesNotContain(_source.All<SourceEvent.PlaylistSeen>(), seen => seen.Reset);
        Assert.Equal(13, Fetched().Last());
    }

    [Fact]
    public async Task A_master_playlist_that_comes_a_moment_after_its_variants_names_them()
    {
        _source.Start(_files);
        Push("v0/index.m3u8", Playlist.WindowText(0, 1));
        Push("v1/index.m3u8", Playlist.WindowText(0, 1));
        await _source.RunAsync(1);
        Push("main.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nv1/index.m3u8\n");
        _files.Put("v0/s0.ts", "low"u8.ToArray());
        await _source.RunAsync(2);
        var master = Assert.Single(_source.All<SourceEvent.MasterFound>());
        Assert.Equal(["v0", "v1"], master.Playlists.Select(playlist => playlist.Id.Name));
        Assert.Equal("low", Text(Assert.Single(_source.All<SourceEvent.SegmentFetched>()).Data));
    }

    [Fact]
    public async Task Without_a_master_playlist_the_first_media_playlist_is_it()
    {
        _source.Start(_files);
        Push("some/name.m3u8", Playlist.WindowText(0, 1));
        _files.Put("some/s0.ts", "sound"u8.ToArray());
        await _source.RunAsync(3);
        Assert.Equal("sound", Text(Assert.Single(_source.All<SourceEvent.SegmentFetched>()).Data));
    }

    [Fact]
    public async Task A_variant_that_leads_elsewhere_is_refused()
    {
        _source.Start(_files);
        Push("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://169.254.169.254/index.m3u8\n");
        await _source.RunAsync(3);
        Assert.Contains(_source.All<SourceEvent.SourceFaulted>(), item => item.Fault.Reason == "refused_address");
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.ASCII.GetString(bytes.Span);

    private IEnumerable<long> Fetched() => _source.All<SourceEvent.SegmentFetched>().Select(item => item.Segment.Sequence);

    private void Segment(int number) => _files.Put($"s{number}.ts", Encoding.ASCII.GetBytes($"sound {number}"));

    private void Window(int first, int count, bool map = false)
    {
        var text = Playlist.WindowText(first, count);
        Push("master.m3u8", map ? text.Replace("#EXTINF", "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF", StringComparison.Ordinal) : text);
    }

    private void Push(string name, string text) => _files.Put(name, Encoding.UTF8.GetBytes(text));
}
