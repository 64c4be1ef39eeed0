using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Media.Worker;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests.Package;

/// <summary>Whether viewers can have the source's own segments (design.md, section 3a, rule 8): a real server, time that is made to pass.</summary>
public sealed class ReferenceCheckTests
{
    // Delay 8 s, window 6 s, and a minute.
    private static readonly TimeSpan _oldest = TimeSpan.FromSeconds(74);
    private static readonly PlaylistId _video = new(PlaylistKind.Variant, "v0");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private int _requests;

    [Fact]
    public async Task What_can_still_be_had_when_the_last_viewer_asks_is_proven()
    {
        await using var origin = await OriginAsync(Allow("*"));
        await using var check = Check();
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(ReferenceState.Unproven, check.Result.State);
        await PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((ReferenceState.Proven, null), check.Result);
    }

    [Fact]
    public async Task A_signature_that_runs_out_before_that_fails_and_stays_failed_while_new_segments_are_young()
    {
        var signedUntil = _time.GetUtcNow().AddSeconds(40);
        await using var origin = await OriginAsync(context =>
        {
            context.Response.StatusCode = _time.GetUtcNow() > signedUntil && context.Request.Path == "/1.ts" ? 403 : 200;
            context.Response.Headers.AccessControlAllowOrigin = "*";
        });
        await using var check = Check();
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(80));
        Assert.Equal(ReferenceState.Failed, check.Result.State);
        Assert.Contains("signature", check.Result.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", check.Result.Reason, StringComparison.Ordinal);

        check.See(Seen(origin, 2));
        await PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(ReferenceState.Failed, check.Result.State);
        await PassAsync(_oldest);
        Assert.Equal(ReferenceState.Proven, check.Result.State);
    }

    [Theory]
    [InlineData(null, null, "sends no Access-Control-Allow-Origin")]
    [InlineData("https://tv.example", null, "pages of https://tv.example only")]
    [InlineData("https://other.example", "http://tv.example/live", "not by those of http://tv.example")]
    public async Task Pages_must_be_allowed_to_read_them(string? allowed, string? page, string told)
    {
        await using var origin = await OriginAsync(Allow(allowed));
        await using var check = Check(page);
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(ReferenceState.Failed, check.Result.State);
        Assert.Contains(told, check.Result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_one_page_that_plays_is_enough()
    {
        await using var origin = await OriginAsync(Allow("http://tv.example"));
        await using var check = Check("http://tv.example/live");
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(ReferenceState.Proven, check.Result.State);
    }

    [Fact]
    public async Task A_page_over_https_needs_a_source_over_https()
    {
        await using var origin = await OriginAsync(Allow("*"));
        await using var check = Check("https://tv.example/live");
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("is not https", check.Result.Reason, StringComparison.Ordinal);
        Assert.Equal(0, _requests);
    }

    [Fact]
    public async Task A_source_that_wants_a_cookie_fails_since_viewers_have_none()
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.StatusCode = context.Request.Headers.Cookie.Count > 0 ? 200 : 401;
            context.Response.Headers.AccessControlAllowOrigin = "*";
        });
        await using var check = Check();
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("without the channel's cookies", check.Result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Picture_and_sound_in_one_MP4_cannot_be_played_beside_a_voice()
    {
        await using var check = Check();
        TrackInfo[] tracks = [new(1, TrackKind.Picture, "h264", null, null, 0, 0), new(2, TrackKind.Sound, "aac", null, null, 48_000, 2)];
        check.Hear(Container.MpegTs, tracks);
        Assert.Equal(ReferenceState.Unproven, check.Result.State);
        check.Hear(Container.FragmentedMp4, tracks);
        Assert.Equal(ReferenceState.Failed, check.Result.State);
        check.Hear(Container.FragmentedMp4, tracks[1..]);
        Assert.Equal(ReferenceState.Unproven, check.Result.State);
    }

    [Fact]
    public async Task Native_players_need_no_permission_and_play_picture_and_sound_in_one_MP4()
    {
        await using var origin = await OriginAsync(Allow(null));
        await using var check = Check("https://tv.example/live", browsers: false);
        check.See(Seen(origin));
        check.Hear(
            Container.FragmentedMp4, [new(1, TrackKind.Picture, "h264", null, null, 0, 0), new(2, TrackKind.Sound, "aac", null, null, 48_000, 2)]);
        await PassAsync(TimeSpan.FromSeconds(90));
        Assert.Equal((ReferenceState.Proven, null), check.Result);
    }

    [Theory]
    [InlineData("/{0}/{1}.ts", "made for each viewer")]
    [InlineData("/{1}.ts?session={0}", null)]
    public async Task A_source_that_leads_each_viewer_elsewhere_is_made_for_one(string segment, string? told)
    {
        var sessions = 0;
        await using var origin = await LocalOrigin.StartAsync(context =>
        {
            Interlocked.Increment(ref _requests);
            context.Response.Headers.AccessControlAllowOrigin = "*";
            var path = context.Request.Path.Value!;
            return context.Response.WriteAsync(path switch
            {
                "/master.m3u8" => $"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0-{Interlocked.Increment(ref sessions)}.m3u8\n",
                _ when path.EndsWith(".m3u8", StringComparison.Ordinal) => "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n"
                    + string.Concat(Enumerable.Range(1, 3).Select(number =>
                        "#EXTINF:2,\n" + string.Format(System.Globalization.CultureInfo.InvariantCulture, segment, path[4..^5], number) + "\n")),
                _ => "x",
            });
        });
        await using var check = Check(input: origin.At("/master.m3u8"));
        check.See(Seen(origin, name: number => string.Format(System.Globalization.CultureInfo.InvariantCulture, segment, "mine", number)));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(told is null ? ReferenceState.Unproven : ReferenceState.Failed, check.Result.State);
        if (told is not null)
            Assert.Contains(told, check.Result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_whose_picture_is_carried_anyhow_is_not_asked()
    {
        await using var origin = await OriginAsync(Allow("*"));
        await using var check = Check(video: VideoMode.Carry);
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(ReferenceState.Unproven, check.Result.State);
        Assert.Equal(0, _requests);
    }

    [Fact]
    public async Task One_answer_that_is_lost_says_nothing()
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.StatusCode = _requests == 1 ? 503 : 200;
            context.Response.Headers.AccessControlAllowOrigin = "*";
        });
        await using var check = Check();
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(ReferenceState.Unproven, check.Result.State);
        Assert.InRange(_requests, 2, 4);
    }

    [Fact]
    public async Task Every_hop_of_a_redirect_must_be_allowed()
    {
        await using var origin = await OriginAsync(context =>
        {
            var isLast = context.Request.Path == "/there.ts";
            context.Response.StatusCode = isLast ? 200 : 302;
            if (isLast)
                context.Response.Headers.AccessControlAllowOrigin = "*";
            else
                context.Response.Headers.Location = "/there.ts";
        });
        await using var check = Check();
        check.See(Seen(origin));
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("/1.ts may not be read", check.Result.Reason, StringComparison.Ordinal);
    }

    private static Action<HttpContext> Allow(string? origin) => context =>
    {
        if (origin is not null)
            context.Response.Headers.AccessControlAllowOrigin = origin;
    };

    private Task<LocalOrigin> OriginAsync(Action<HttpContext> answer) => LocalOrigin.StartAsync(context =>
    {
        Interlocked.Increment(ref _requests);
        answer(context);
        return context.Response.WriteAsync("x");
    });

    private ReferenceCheck Check(string? page = null, bool browsers = true, Uri? input = null, VideoMode video = VideoMode.Auto) => new(
        new ChannelOptions
        {
            Id = "news",
            Input = input ?? new Uri("http://127.0.0.1:9/"),
            Browsers = browsers,
            Video = video,
            From = "en",
            To = ["es"],
            AllowPrivate = true,
            Page = page is null ? null : new Uri(page),
        },
        _time,
        NullLogger.Instance);

    private SourceEvent.PlaylistSeen Seen(LocalOrigin origin, int number = 1, Func<int, string>? name = null)
    {
        var segments = Enumerable.Range(number, 3).Select(sequence => new MediaSegment(
            sequence, 0, origin.At(name?.Invoke(sequence) ?? $"/{number}.ts?secret=1"), TimeSpan.FromSeconds(2), "", null, null, [], null, false, false, []));
        var playlist = new MediaPlaylist(origin.At("/v0.m3u8"), 3, TimeSpan.FromSeconds(2), false, null, false, false, number, 0, null, [.. segments]);
        return new SourceEvent.PlaylistSeen(
            _video, playlist, [new SeenSegment(playlist.Segments[^1], _time.GetUtcNow(), false)], _time.GetUtcNow(), false);
    }

    /// <summary>Lets time pass a second at a time, and the check do what falls due.</summary>
    private async Task PassAsync(TimeSpan length)
    {
        for (var second = 0; second < length.TotalSeconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            var before = -1;
            while (before != _requests)
            {
                before = _requests;
                await Task.Delay(25, TestContext.Current.CancellationToken);
            }
        }
    }
}
