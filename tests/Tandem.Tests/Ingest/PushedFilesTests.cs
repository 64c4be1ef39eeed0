using System.Text;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class PushedFilesTests
{
    private const long MiB = 1024 * 1024;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task What_was_pushed_is_had_as_it_was_sent_at_any_address_that_leads_there()
    {
        var files = Files();
        Assert.Equal(PushResult.Added, files.Put("v0/seg 1.ts", "sound"u8.ToArray()));
        foreach (var address in new[]
                 {
                     "https://push.invalid/ingest/news/v0/seg%201.ts", "https://push.invalid/ingest/news/v0/seg%201.ts?token=1",
                     "http://127.0.0.1:8080/ingest/news/v0/seg%201.ts",
                 })
        {
            var found = await files.FetchAsync(new FetchRequest(new Uri(address), FetchKind.Segment), default);
            Assert.Equal("sound", Encoding.ASCII.GetString(found.Body.Span));
        }

        var part = await files.FetchAsync(new FetchRequest(new Uri(files.Root, "v0/seg%201.ts"), FetchKind.Segment, new ByteRange(3, 1)), default);
        Assert.Equal("oun", Encoding.ASCII.GetString(part.Body.Span));
    }

    [Theory]
    [InlineData("https://evil.example/seg.ts")]
    [InlineData("https://push.invalid/ingest/other/seg.ts")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://push.invalid/ingest/news/%2e%2e%2fother/seg.ts")]
    public async Task Nothing_else_is_fetched(string address)
    {
        var refused = await Files().FetchAsync(new FetchRequest(new Uri(address), FetchKind.Segment), default);
        Assert.Equal("refused_address", refused.Fault?.Reason);
        Assert.False(refused.Fault!.Retry);
    }

    [Fact]
    public void The_same_again_changes_nothing_and_other_bytes_take_its_place()
    {
        var files = Files();
        files.Put("a.ts", new byte[100]);
        Assert.Equal(PushResult.Replaced, files.Put("a.ts", new byte[100]));
        Assert.Equal(PushResult.Replaced, files.Put("a.ts", new byte[40]));
        Assert.True(files.TryGet("a.ts", out var bytes));
        Assert.Equal(40, bytes.Length);
        Assert.Equal((40, 1), (files.Bytes, files.Count));
    }

    [Fact]
    public void Memory_stays_bounded_and_what_lasts_goes_last()
    {
        var files = Files(16 * MiB);
        files.Put("init.mp4", Init());
        files.Put("live.key", new byte[16]);
        files.Put("index.m3u8", "#EXTM3U\n"u8.ToArray());
        for (var number = 0; number < 200; number++)
        {
            Assert.Equal(PushResult.Added, files.Put($"{number}.ts", new byte[MiB]));
            Assert.True(files.Bytes <= files.Capacity);
        }

        Assert.All(["init.mp4", "live.key", "index.m3u8", "199.ts", "186.ts"], name => Assert.True(files.TryGet(name, out _), name));
        Assert.False(files.TryGet("180.ts", out _));
        Assert.Equal(PushResult.TooLarge, files.Put("large.ts", new byte[(4 * MiB) + 1]));
    }

    [Fact]
    public void Their_number_is_bounded_too()
    {
        var files = Files();
        for (var number = 0; number < 10_000; number++)
            files.Put($"{number}.vtt", new byte[3]);
        Assert.True(files.Count <= 4096);
        Assert.True(files.TryGet("9999.vtt", out _));
    }

    [Fact]
    public void Segments_grow_old_and_playlists_do_not()
    {
        var files = Files();
        files.Put("index.m3u8", "#EXTM3U\n"u8.ToArray());
        files.Put("1.ts", new byte[1]);
        _time.Advance(TimeSpan.FromMinutes(11));
        files.Put("2.ts", new byte[1]);
        Assert.False(files.TryGet("1.ts", out _));
        Assert.True(files.TryGet("index.m3u8", out _));
    }

    /// <summary>A key for each segment, for hours.</summary>
    [Fact]
    public void Keys_that_no_playlist_names_any_more_grow_old_and_the_header_stays()
    {
        var files = Files();
        files.Put("v0/the init.mp4", Init());
        for (var number = 0; number < 5000; number++)
        {
            files.Put($"v0/{number}.key", Encoding.ASCII.GetBytes($"{number:D16}"));
            files.Put($"v0/{number}.ts", new byte[3]);
            files.Put("v0/index.m3u8", Encoding.ASCII.GetBytes($"#EXTM3U\n#EXT-X-MAP:URI=\"the%20init.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"{number}.key\"\n#EXTINF:2,\n{number}.ts\n"));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.All(["v0/the init.mp4", "v0/index.m3u8"], name => Assert.True(files.TryGet(name, out _), name));
        for (var number = 4900; number < 5000; number++)
            Assert.True(files.TryGet($"v0/{number}.key", out _) && files.TryGet($"v0/{number}.ts", out _), $"{number}");
        Assert.False(files.TryGet("v0/4000.key", out _));
        Assert.InRange(files.Count, 200, 1000);
    }

    [Fact]
    public void What_is_deleted_stays_for_those_who_need_it_but_a_playlist_goes()
    {
        var files = Files();
        files.Put("index.m3u8", "#EXTM3U\n"u8.ToArray());
        files.Put("1.ts", new byte[1]);
        files.Remove("index.m3u8");
        files.Remove("1.ts");
        files.Remove("never.ts");
        Assert.Equal((false, true), (files.TryGet("index.m3u8", out _), files.TryGet("1.ts", out _)));
    }

    [Theory]
    [InlineData("index.m3u8", "<html>", PushResult.NotAPlaylist)]
    [InlineData("1.ts", "", PushResult.Empty)]
    [InlineData("index.m3u8", "\uFEFF#EXTM3U\n", PushResult.Added)]
    public void Bodies_that_are_nothing_are_refused(string name, string content, PushResult expected) =>
        Assert.Equal(expected, Files().Put(name, Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void An_upload_counts_while_it_comes_and_is_there_when_it_is_whole()
    {
        var files = Files(16 * MiB);
        using (var upload = files.Receive("1.ts"))
        {
            Assert.Null(upload.Append(new byte[MiB]));
            Assert.Null(upload.Append(new byte[MiB / 2]));
            Assert.InRange(files.Bytes, 3 * MiB / 2, 4 * MiB);
            Assert.False(files.TryGet("1.ts", out _));
            Assert.Equal(PushResult.Added, upload.Finish());
        }

        Assert.Equal(3 * MiB / 2, files.Bytes);
        using (var broken = files.Receive("2.ts"))
            broken.Append(new byte[MiB]);
        Assert.Equal((3 * MiB / 2, 1), (files.Bytes, files.Count));
    }

    [Fact]
    public void Uploads_together_have_half_of_the_memory()
    {
        var files = Files(16 * MiB);
        var uploads = Enumerable.Range(0, 20).Select(number => files.Receive($"{number}.ts")).ToList();
        var answers = uploads.ConvertAll(upload => upload.Append(new byte[MiB]));
        Assert.Equal(8, answers.Count(answer => answer is null));
        Assert.All(answers.Skip(8), answer => Assert.Equal(PushResult.NoRoom, answer));
        using (var large = files.Receive("large.ts"))
            Assert.Equal(PushResult.TooLarge, large.Append(new byte[(4 * MiB) + 1]));
        uploads.ForEach(upload => upload.Dispose());
        Assert.Equal(0, files.Bytes);
    }

    [Theory]
    [InlineData("master.m3u8", null)]
    [InlineData("v0/a/b-1_2.m4s", null)]
    [InlineData("ä ö.ts", null)]
    [InlineData("", "names no file")]
    [InlineData("../x.ts", "..")]
    [InlineData("a/../../x.ts", "..")]
    [InlineData("a//b.ts", "empty part")]
    [InlineData("a/", "empty part")]
    [InlineData("./a.ts", ".")]
    [InlineData("a%2Fb.ts", "encoded slash")]
    [InlineData("a\\b.ts", "backslash")]
    [InlineData("a\nb.ts", "control characters")]
    [InlineData("a\0b.ts", "control characters")]
    [InlineData("1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/x.ts", "folders deep")]
    public void Names_are_plain(string name, string? problem)
    {
        if (problem is null)
            Assert.Null(PushedName.Problem(name));
        else
            Assert.Contains(problem, PushedName.Problem(name), StringComparison.Ordinal);
        Assert.NotNull(PushedName.Problem(new string('a', 600)));
    }

    private static byte[] Init() =>
        [0, 0, 0, 12, .. "ftypcmfc"u8, 0, 0, 0, 16, .. "moov"u8, 0, 0, 0, 8, .. "mvhd"u8];

    private PushedFiles Files(long capacity = 64 * MiB) => new(new Uri("https://push.invalid/ingest/news/"), capacity, "nothing there", _time);
}
