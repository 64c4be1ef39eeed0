using System.Text;
using Tandem.Live;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

[Collection(FakeTime.Name)]
public sealed class SourceFollowerTests
{
    private const string Master = """
        #EXTM3U
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="en.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="subs.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a",SUBTITLES="s"
        low.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a",SUBTITLES="s"
        high.m3u8
        """;

    /// <summary>A live source of 2 s segments whose window of four moves with fake time.</summary>
    private static FakeSource Live()
    {
        var source = new FakeSource();
        source.Text("/ch/master.m3u8", Master);
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Text($"/ch/{name}.m3u8", () => Window(source, name));
        for (var number = 0; number < 400; number++)
            source.Bytes($"/ch/en{number}.ts", Encoding.ASCII.GetBytes($"sound {number}"));
        return source;
    }

    private static long Edge(FakeSource source) => (long)((source.Time.GetUtcNow() - source.Time.Start).TotalSeconds / 2);

    private static string Window(FakeSource source, string name, long offset = 0) => Playlist.WindowText(offset + Edge(source), 4, name);

    [Fact]
    public async Task EverythingIsPolledAndOnlyTheHeardIsFetchedInOrder()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(11.5);

        var master = Assert.IsType<SourceEvent.MasterFound>(source.Events[0]);
        Assert.Equal("a/a/English", master.Heard.Name);
        Assert.Equal(["v0", "v1", "a/a/English", "s/s/English"], master.Playlists.Select(playlist => playlist.Id.Name));
        var fetched = source.All<SourceEvent.SegmentFetched>().ToList();
        Assert.Equal(Enumerable.Range(0, 9).Select(number => (long)number), fetched.Select(item => item.Segment.Sequence));
        Assert.All(fetched, item => Assert.Equal($"sound {item.Segment.Sequence}", Encoding.ASCII.GetString(item.Data.Span)));
        Assert.All(source.Requests.Where(item => item.Request.Kind == FetchKind.Segment), item => Assert.Contains("/en", item.Request.Address.AbsolutePath, StringComparison.Ordinal));
        foreach (var id in master.Playlists.Select(playlist => playlist.Id))
        {
            var seen = source.All<SourceEvent.PlaylistSeen>().Where(item => item.Id == id).SelectMany(item => item.Appeared).ToList();
            Assert.Equal(Enumerable.Range(0, 9).Select(number => (long)number), seen.Select(item => item.Segment.Sequence));
            Assert.All(seen, item => Assert.Equal(id == master.Heard, item.Heard));
        }

        Assert.Empty(source.All<SourceEvent.SourceFaulted>());
    }

    [Fact]
    public async Task WhatIsCarriedIsFetchedInOrderAndTheHeardOnce()
    {
        await using var source = Live();
        for (var number = 0; number < 400; number++)
        {
            source.Bytes($"/ch/low{number}.ts", Encoding.ASCII.GetBytes($"low {number}"));
            source.Bytes($"/ch/high{number}.ts", Encoding.ASCII.GetBytes($"high {number}"));
        }

        source.Start();
        await source.RunAsync(3);
        Assert.Empty(source.Carried);
        var (low, heard) = (new PlaylistId(PlaylistKind.Variant, "v0"), new PlaylistId(PlaylistKind.Audio, "a/a/English"));
        source.Carry([low, heard], TimeSpan.FromSeconds(60));
        await source.RunAsync(8.5);
        var carried = source.Carried.ToList();
        Assert.All(carried, item => Assert.Equal(low, item.Id));
        Assert.Equal(Enumerable.Range(0, 9).Select(number => (long)number), carried.Select(item => item.Segment.Sequence));
        Assert.All(carried, item => Assert.Equal($"low {item.Segment.Sequence}", Encoding.ASCII.GetString(item.Data.Span)));
        var asked = source.Requests.Where(item => item.Request.Kind == FetchKind.Segment).Select(item => item.Request.Address.AbsolutePath).ToList();
        Assert.Equal(asked.Distinct(), asked);
        Assert.DoesNotContain(asked, path => path.Contains("high", StringComparison.Ordinal));

        // From here on nothing is carried any more.
        source.Carry([], TimeSpan.Zero);
        await source.RunAsync(6);
        Assert.Equal(9, source.Carried.Count);
    }

    [Fact]
    public async Task ACarriedSegmentThatCannotBeHadInTimeIsToldOfInItsPlace()
    {
        await using var source = Live();
        for (var number = 0; number < 400; number++)
            source.Bytes($"/ch/low{number}.ts", [1]);
        source.Fails("/ch/low5.ts", "not_found");
        source.Start(options => options with { CarriedPatience = TimeSpan.FromSeconds(3) });
        source.Carry([new PlaylistId(PlaylistKind.Variant, "v0")], TimeSpan.FromSeconds(60));
        await source.RunAsync(16);
        Assert.Equal(Enumerable.Range(0, 9).Select(number => (long)number), source.Carried.Take(9).Select(item => item.Segment.Sequence));
        Assert.Equal([5L], source.Carried.Where(item => item.Fault is not null).Select(item => item.Segment.Sequence));
    }

    [Fact]
    public async Task CaptionsThatAreMissingDoNotHoldUpThoseAfterThem()
    {
        await using var source = Live();
        for (var number = 0; number < 400; number++)
            source.Bytes($"/ch/subs{number}.ts", [1]);
        source.Fails("/ch/subs5.ts", "not_found");
        source.Start(options => options with { CarriedPatience = TimeSpan.FromSeconds(30) });
        source.ReadCaptions([new PlaylistId(PlaylistKind.Subtitles, "s/s/English")], TimeSpan.FromSeconds(60));
        await source.RunAsync(12);

        // It appears after 4 s, and is tried for twice its length.
        Assert.InRange(source.Asked("/ch/subs5.ts").Count, 2, 12);
        Assert.InRange(source.Asked("/ch/subs6.ts").Single(), 7.9, 8.5);
        Assert.InRange(source.Asked("/ch/subs7.ts").Single(), 8, 9.3);
    }

    [Fact]
    public async Task AppearancesFollowTheSource()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(20.5);
        foreach (var item in source.All<SourceEvent.SegmentFetched>())
        {
            // Segment n appears when the window's edge reaches it; polls see it a little later, at most half a target duration and a step.
            var appeared = (item.AppearedAt - source.Time.Start).TotalSeconds;
            Assert.InRange(appeared, (2 * (item.Segment.Sequence - 3)) - 0.01, (2 * (item.Segment.Sequence - 3)) + 1.3);
        }
    }

    [Fact]
    public async Task PollsKeepTheStandardsPace()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(30);
        var polls = source.Requests.Where(item => item.Request.Address.AbsolutePath == "/ch/low.m3u8").Select(item => item.At).ToList();
        var grown = source.All<SourceEvent.PlaylistSeen>().Where(item => item.Id.Name == "v0").Select(item => item.At).ToHashSet();
        Assert.InRange(polls.Count, 14, 31);
        foreach (var (before, after) in polls.Zip(polls.Skip(1)))
            Assert.True(after - before >= TimeSpan.FromSeconds(grown.Contains(before) ? 2 : 1), $"{before:O} {after:O}");
    }

    /// <summary>A target duration far above what segments last: polls at its pace lost most of a short window.</summary>
    [Fact]
    public async Task ATargetDurationThatIsTooLongLosesNothing()
    {
        await using var source = Live();
        source.Text("/ch/en.m3u8", () => Window(source, "en").Replace("TARGETDURATION:2", "TARGETDURATION:10", StringComparison.Ordinal));
        source.Start();
        await source.RunAsync(40);
        var fetched = source.All<SourceEvent.SegmentFetched>().ToList();
        Assert.Equal(Enumerable.Range(0, fetched.Count).Select(number => (long)number), fetched.Select(item => item.Segment.Sequence));
        Assert.All(fetched, item => Assert.InRange((item.AppearedAt - source.Time.Start).TotalSeconds - (2 * (item.Segment.Sequence - 3)), -0.01, 1.3));
        Assert.InRange(source.Asked("/ch/en.m3u8").Count, 18, 41);
    }

    [Theory]
    [InlineData(10, 2, true, 2)]
    [InlineData(10, 2, false, 1)]
    [InlineData(2, 2, false, 1)]
    [InlineData(2, 9, true, 2)]
    [InlineData(6, 0.1, true, 0.5)]
    [InlineData(6, 0.1, false, 0.5)]
    [InlineData(600, 600, true, 60)]
    public void PollsKeepThePaceOfSegmentsAndTheTargetAtMost(int target, double duration, bool changed, double pace)
    {
        var playlist = Playlist.Window(0, 3, duration: duration) with { TargetDuration = TimeSpan.FromSeconds(target) };
        Assert.Equal(pace, PollPace.Live(playlist, changed, 0).TotalSeconds);
        Assert.Equal(
            Math.Min(60, target * (changed ? 1 : 0.5)), PollPace.Live(playlist with { IFramesOnly = true }, changed, 0).TotalSeconds);
    }

    [Fact]
    public async Task AServerThatAsksForAPauseGetsIt()
    {
        await using var source = Live();
        source.Answer("/ch/low.m3u8", request => FetchOutcome.Failed(
            new SourceFault("playlist", "rate_limited", "429", Retry: true) { RetryAfter = TimeSpan.FromSeconds(12) }, request.Address));
        source.Start();
        await source.RunAsync(30);
        var polls = source.Requests.Where(item => item.Request.Address.AbsolutePath == "/ch/low.m3u8").Select(item => item.At).ToList();
        Assert.Equal(3, polls.Count);
        Assert.All(polls.Zip(polls.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(12)));
    }

    /// <summary>A poll is given up when the playlist should have changed; a server that always takes longer must not be lost for that.</summary>
    [Fact]
    public async Task AServerThatTakesLongerThanAPollMayIsWaitedForEachSecondTime()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(5);
        foreach (var name in (string[])["en", "subs", "low", "high"])
        {
            source.Answer($"/ch/{name}.m3u8", request => request.Patience is not null
                ? FetchOutcome.Failed(request, request.Address, "stalled", "the server stopped sending", retry: true)
                : FetchOutcome.Found(Encoding.UTF8.GetBytes(Window(source, name)), request.Address));
        }

        await source.RunAsync(30);
        var newest = source.All<SourceEvent.SegmentFetched>().Max(item => item.Segment.Sequence);
        Assert.InRange(newest, Edge(source) - 2, Edge(source) + 3);
        Assert.Contains(source.Requests, item => item.Request is { Patience: not null, Kind: FetchKind.Playlist } && item.At > source.Time.Start.AddSeconds(20));
    }

    [Theory]
    [InlineData(2, 0.5, 1.5)]
    [InlineData(2, 3, 0.5)]
    [InlineData(1, 3, 0.25)]
    [InlineData(6, 10, 0.5)]
    public void AServerThatIsSlowToAnswerGetsARest(double pace, double took, double rest) =>
        Assert.Equal(rest, PollPace.Rest(TimeSpan.FromSeconds(pace), TimeSpan.FromSeconds(took)).TotalSeconds);

    [Fact]
    public async Task AnInputThatIsAMediaPlaylistIsItsOwnVariantAndReadOnce()
    {
        await using var source = Live();
        source.Text("/ch/master.m3u8", () => Window(source, "en"));
        source.Start();
        await source.RunAsync(0.5);
        var master = Assert.IsType<SourceEvent.MasterFound>(source.Events[0]);
        Assert.Equal((PlaylistKind.Single, FakeSource.Input), (master.Heard.Kind, Assert.Single(master.Master.Variants).Address));
        Assert.Single(source.Requests, item => item.Request.Kind == FetchKind.Playlist);
        await source.RunUntilAsync(() => source.All<SourceEvent.SegmentFetched>().Count() >= 6);
    }

    [Fact]
    public async Task ASourceThatIsNotThereIsAStateAndIsFoundWhenItComes()
    {
        await using var source = Live();
        source.Fails("/ch/master.m3u8", "no_such_host");
        source.Start();
        await source.RunAsync(30);
        Assert.Equal("no_such_host", Assert.IsType<SourceEvent.SourceFaulted>(Assert.Single(source.Events)).Fault.Reason);
        Assert.InRange(source.Requests.Count, 6, 20);
        source.Text("/ch/master.m3u8", "<html>soon</html>");
        await source.RunUntilAsync(() => source.All<SourceEvent.SourceFaulted>().Count() == 2);
        Assert.Equal("not_a_playlist", source.All<SourceEvent.SourceFaulted>().Last().Fault.Reason);
        source.Text("/ch/master.m3u8", Master);
        await source.RunUntilAsync(() => source.All<SourceEvent.SegmentFetched>().Any());
        Assert.Single(source.All<SourceEvent.SourceRecovered>());
    }

    [Fact]
    public async Task OneVariantThatFailsStopsNoOther()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(4);
        source.Fails("/ch/high.m3u8", "server_error");
        await source.RunAsync(20);
        var fault = Assert.Single(source.All<SourceEvent.SourceFaulted>());
        Assert.Equal(("server_error", "v1"), (fault.Fault.Reason, fault.Playlist!.Name));
        Assert.True(source.All<SourceEvent.SegmentFetched>().Count() >= 14);
        source.Text("/ch/high.m3u8", () => Window(source, "high"));
        await source.RunAsync(6);
        Assert.Equal("v1", Assert.Single(source.All<SourceEvent.SourceRecovered>()).Playlist!.Name);
        var high = source.All<SourceEvent.PlaylistSeen>().Where(item => item.Id.Name == "v1").ToList();
        Assert.Equal((false, true), (high.Any(item => item.Reset), high.Any(item => item.Missed > 0)));
    }

    [Fact]
    public async Task AfterAnOutageItGoesOnWithWhatIsThere()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(6);
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Fails($"/ch/{name}.m3u8", "timeout");
        await source.RunAsync(20);
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Text($"/ch/{name}.m3u8", () => Window(source, name));
        await source.RunAsync(6);
        var heard = source.All<SourceEvent.PlaylistSeen>().Where(item => item.Id.Kind == PlaylistKind.Audio).ToList();
        var after = Assert.Single(heard, item => item.Missed > 0);
        Assert.False(after.Reset);
        Assert.Equal(after.Appeared[0].Segment.Sequence, source.All<SourceEvent.SegmentFetched>().First(item => item.AppearedAt >= after.Appeared[0].AppearedAt).Segment.Sequence);
        Assert.Equal(4, source.All<SourceEvent.SourceRecovered>().Count());
    }

    [Fact]
    public async Task ARestartOfTheSourceIsAResetAndItsSegmentsAreFetched()
    {
        await using var source = Live();
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Text($"/ch/{name}.m3u8", () => Window(source, name, 200));
        source.Start();
        await source.RunAsync(6);
        for (var number = 0; number < 40; number++)
            source.Bytes($"/ch/new{number}.ts", [1]);
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Text($"/ch/{name}.m3u8", () => Window(source, "new"));
        await source.RunAsync(6);
        Assert.Equal(4, source.All<SourceEvent.PlaylistSeen>().Count(item => item.Reset));
        Assert.Equal(source.All<SourceEvent.SegmentFetched>().Select(item => item.Segment.Address.Segments[^1]).Distinct().Count(), source.All<SourceEvent.SegmentFetched>().Count());
        Assert.Contains(source.All<SourceEvent.SegmentFetched>(), item => item.Segment.Address.AbsolutePath == "/ch/new6.ts");
    }

    [Fact]
    public async Task ASegmentThatIsMissingIsTriedAgainAndThenLostInItsPlace()
    {
        await using var source = Live();
        var tries = 0;
        source.Fails("/ch/en4.ts", "not_found");
        source.Answer("/ch/en6.ts", request => ++tries < 3 ? FetchOutcome.Failed(request, request.Address, "not_found", "not yet") : FetchOutcome.Found(new byte[6], request.Address));
        source.Start();
        await source.RunAsync(20);
        var media = source.Events.Where(item => item is SourceEvent.SegmentFetched or SourceEvent.SegmentLost).ToList();
        Assert.Equal("not_found", Assert.IsType<SourceEvent.SegmentLost>(media[4]).Fault.Reason);
        Assert.Equal(6, Assert.IsType<SourceEvent.SegmentFetched>(media[6]).Data.Length);
        var order = media.Select(item => item is SourceEvent.SegmentFetched fetched ? fetched.Segment.Sequence : ((SourceEvent.SegmentLost)item).Segment.Sequence);
        Assert.Equal(order.Order(), order);
        Assert.Single(source.All<SourceEvent.SourceFaulted>());
        Assert.Single(source.All<SourceEvent.SourceRecovered>());
        Assert.True(source.Requests.Count(item => item.Request.Address.AbsolutePath == "/ch/en4.ts") > 3);
    }

    [Fact]
    public async Task AGapIsLostWithoutAskingForIt()
    {
        await using var source = Live();
        source.Text("/ch/en.m3u8", () => Window(source, "en").Replace("en2.ts", "en2.ts\n#EXT-X-GAP", StringComparison.Ordinal));
        source.Start();
        await source.RunAsync(4);
        Assert.Equal(("gap", 3L), source.All<SourceEvent.SegmentLost>().Select(item => (item.Fault.Reason, item.Segment.Sequence)).First());
        Assert.DoesNotContain(source.Requests, item => item.Request.Address.AbsolutePath == "/ch/en3.ts");
        Assert.Empty(source.All<SourceEvent.SourceFaulted>());
    }

    [Fact]
    public async Task SampleAesIsAStateOfTheSource()
    {
        await using var source = Live();
        source.Text("/ch/en.m3u8", () => Window(source, "en").Replace("#EXT-X-VERSION:3", "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"", StringComparison.Ordinal));
        source.Start();
        await source.RunAsync(10);
        var fault = Assert.Single(source.All<SourceEvent.SourceFaulted>());
        Assert.Equal(("sample_aes", "a/a/English"), (fault.Fault.Reason, fault.Playlist!.Name));
        Assert.True(source.All<SourceEvent.SegmentLost>().Count() >= 8);
        Assert.DoesNotContain(source.Requests, item => item.Request.Kind is FetchKind.Segment or FetchKind.Key);
    }

    [Fact]
    public async Task TheEndComesAfterTheLastSegmentAndANewBeginningIsFollowed()
    {
        await using var source = Live();
        source.Text("/ch/en.m3u8", () => Playlist.WindowText(0, 6, "en", ended: true));
        source.Start();
        await source.RunUntilAsync(() => source.All<SourceEvent.SourceEnded>().Any(), 2);
        Assert.IsType<SourceEvent.SourceEnded>(source.Events.Last(item => item is SourceEvent.SourceEnded or SourceEvent.SegmentFetched));
        Assert.Equal(6, source.All<SourceEvent.SegmentFetched>().Count());
        source.Text("/ch/en.m3u8", () => Window(source, "en"));
        await source.RunAsync(30);
        Assert.Single(source.All<SourceEvent.SourceEnded>());
        Assert.True(source.All<SourceEvent.SegmentFetched>().Count() > 10);
    }

    [Fact]
    public async Task OnlyTheBackFillOfALongWindowIsFetched()
    {
        await using var source = Live();
        source.Text("/ch/en.m3u8", () => Playlist.WindowText(Edge(source), 100, "en"));
        source.Start(options => options with { BackFill = TimeSpan.FromSeconds(11) });
        await source.RunAsync(1);
        Assert.Equal([94L, 95, 96, 97, 98, 99], source.All<SourceEvent.SegmentFetched>().Select(item => item.Segment.Sequence));
        Assert.Equal(6, source.All<SourceEvent.PlaylistSeen>().Single(item => item.Id.Kind == PlaylistKind.Audio).Appeared.Count(item => item.Heard));
    }

    [Fact]
    public async Task ASourceThatStandsStillIsAState()
    {
        await using var source = Live();
        var standing = Playlist.WindowText(0, 4, "en");
        source.Text("/ch/en.m3u8", standing);
        source.Start();
        await source.RunAsync(15);
        Assert.Equal("not_growing", Assert.Single(source.All<SourceEvent.SourceFaulted>()).Fault.Reason);
        source.Text("/ch/en.m3u8", () => Window(source, "en"));
        await source.RunAsync(3);
        Assert.Single(source.All<SourceEvent.SourceRecovered>());
    }

    [Fact]
    public async Task SignaturesThatRunOutAreRenewedFromTheMaster()
    {
        await using var source = Live();
        var signature = 1;
        source.Text("/ch/master.m3u8", () => Master.Replace(".m3u8", $".m3u8?sig={signature}", StringComparison.Ordinal));
        foreach (var name in (string[])["en", "subs", "low", "high"])
        {
            source.Answer($"/ch/{name}.m3u8", request => request.Address.Query == $"?sig={signature}"
                ? FetchOutcome.Found(Encoding.UTF8.GetBytes(Window(source, name)), request.Address)
                : FetchOutcome.Failed(request, request.Address, "forbidden", "expired"));
        }

        source.Start();
        await source.RunAsync(12);
        signature = 2;
        await source.RunAsync(12);
        Assert.Single(source.All<SourceEvent.MasterFound>());
        Assert.Equal(4, source.All<SourceEvent.SourceRecovered>().Count());
        Assert.DoesNotContain(source.All<SourceEvent.PlaylistSeen>(), item => item.Reset);
    }

    [Fact]
    public async Task SegmentsAreFetchedFromTheirNewestAddress()
    {
        await using var source = Live();
        var signature = 1;
        source.Text("/ch/en.m3u8", () => Playlist.WindowText(Edge(source), 4, "en", query: $"?sig={++signature}"));
        var blocked = true;
        source.Answer("/ch/en3.ts", request => blocked || request.Address.Query == "?sig=2"
            ? FetchOutcome.Failed(request, request.Address, "forbidden", "expired")
            : FetchOutcome.Found(new byte[3], request.Address));
        source.Start();
        await source.RunAsync(2.5);
        blocked = false;
        await source.RunAsync(3);
        Assert.DoesNotContain(source.All<SourceEvent.SegmentLost>(), item => item.Segment.Sequence == 3);
        Assert.NotEqual("?sig=2", source.All<SourceEvent.SegmentFetched>().Single(item => item.Segment.Sequence == 3).Segment.Address.Query);
    }

    [Fact]
    public async Task AMasterOfAnotherShapeIsToldAndFollowed()
    {
        await using var source = Live();
        source.Start();
        await source.RunAsync(12);
        source.Text("/ch/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"avc1.64001f,mp4a.40.2\"\nmux.m3u8\n");
        foreach (var name in (string[])["en", "subs", "low", "high"])
            source.Fails($"/ch/{name}.m3u8", "not_found");
        source.Text("/ch/mux.m3u8", () => Window(source, "en"));
        await source.RunUntilAsync(() => source.All<SourceEvent.MasterFound>().Count() == 2);
        var count = source.All<SourceEvent.SegmentFetched>().Count();
        await source.RunUntilAsync(() => source.All<SourceEvent.SegmentFetched>().Count() > count + 3);
        Assert.Equal("v0", source.All<SourceEvent.MasterFound>().Last().Heard.Name);
        Assert.Equal("v0", source.All<SourceEvent.SegmentFetched>().Last().Id.Name);
    }

    [Fact]
    public async Task AnotherStreamOfTheSameSoundIsHeardWhenTheHeardOneFails()
    {
        await using var source = Live();
        source.Text("/ch/master.m3u8", """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.64001f,mp4a.40.2"
            one.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.64001f,mp4a.40.2"
            two.m3u8
            """);
        source.Text("/ch/one.m3u8", () => Window(source, "en"));
        source.Text("/ch/two.m3u8", () => Window(source, "en"));
        source.Start();
        await source.RunAsync(6);
        source.Fails("/ch/one.m3u8", "server_error");
        await source.RunUntilAsync(() => source.All<SourceEvent.MasterFound>().Count() == 2, 60);
        Assert.Equal(["v0", "v1"], source.All<SourceEvent.MasterFound>().Select(item => item.Heard.Name));
        await source.RunUntilAsync(() => source.All<SourceEvent.SegmentFetched>().Count(item => item.Id.Name == "v1") > 4);
        source.Text("/ch/one.m3u8", () => Window(source, "en"));
        await source.RunAsync(40);
        Assert.Equal("v1", source.All<SourceEvent.MasterFound>().Last().Heard.Name);
    }

    /// <summary>A master playlist that measures rates anew, or gains an entry, is no reason to change what is heard.</summary>
    [Fact]
    public async Task WhatIsHeardStaysWhenTheMasterPlaylistChangesAroundIt()
    {
        await using var source = Live();
        string Master(string more) => $"""
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=90000{more.Length % 10},CODECS="avc1.64001f,mp4a.40.2"
            one.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=90000{more.Length % 10},CODECS="avc1.64001f,mp4a.40.2"
            two.m3u8
            {more}
            """;
        source.Text("/ch/master.m3u8", Master(""));
        source.Text("/ch/one.m3u8", () => Window(source, "en"));
        source.Text("/ch/two.m3u8", () => Window(source, "en"));
        source.Text("/ch/three.m3u8", () => Window(source, "en"));
        source.Start();
        await source.RunAsync(6);
        source.Fails("/ch/one.m3u8", "server_error");
        await source.RunUntilAsync(() => source.All<SourceEvent.MasterFound>().Count() == 2, 60);
        source.Text("/ch/master.m3u8", Master("#EXT-X-STREAM-INF:BANDWIDTH=300000\nthree.m3u8"));
        await source.RunUntilAsync(() => source.All<SourceEvent.MasterFound>().Count() == 3, 60);
        Assert.Equal("v1", source.All<SourceEvent.MasterFound>().Last().Heard.Name);
    }

    [Fact]
    public async Task AReaderThatIsSlowHoldsTheFetchingBackAndLosesNothing()
    {
        var source = Live();
        source.Text("/ch/en.m3u8", () => Playlist.WindowText(0, 60, "en", ended: true));
        await using var follower = new SourceFollower(
            new SourceOptions { Input = FakeSource.Input, Language = "en", BackFill = TimeSpan.FromMinutes(5) }, source.Time, source.FetchAsync);
        var fetched = 0;
        await foreach (var what in follower.ReadAsync(default))
        {
            if (what is SourceEvent.SourceEnded)
                break;
            if (what is not SourceEvent.SegmentFetched)
                continue;
            await Task.Delay(1);
            var asked = source.Requests.Count(item => item.Request.Kind == FetchKind.Segment);
            Assert.InRange(asked - fetched, 0, EventQueue.SegmentsAhead);
            fetched++;
        }

        Assert.Equal(60, fetched);
    }

    [Fact]
    public async Task ItEndsPromptlyWhateverItWaitsFor()
    {
        var source = Live();
        source.Answer("/ch/en.m3u8", request => FetchOutcome.Found(Encoding.UTF8.GetBytes(Playlist.WindowText(0, 100, "en")), request.Address));
        var follower = new SourceFollower(new SourceOptions { Input = FakeSource.Input, Language = "en" }, source.Time, source.FetchAsync);
        await Task.Delay(100);
        await follower.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        await follower.DisposeAsync();
        await foreach (var what in follower.ReadAsync(default).Take(1000))
            Assert.NotNull(what);
    }

    [Fact]
    public async Task ADefectIsAStateAndNotTheEnd()
    {
        await using var source = Live();
        source.Answer("/ch/low.m3u8", _ => throw new InvalidOperationException("bug"));
        source.Answer("/ch/en2.ts", _ => throw new InvalidOperationException("bug"));
        source.Start();
        await source.RunAsync(10);
        Assert.Equal("internal", source.All<SourceEvent.SourceFaulted>().First().Fault.Reason);
        Assert.Equal(("internal", 2L), source.All<SourceEvent.SegmentLost>().Select(item => (item.Fault.Reason, item.Segment.Sequence)).Single());
        Assert.True(source.All<SourceEvent.SegmentFetched>().Count() > 5);
    }

    [Fact]
    public async Task TooManySegmentsInAllAreRefused()
    {
        await using var source = Live();
        source.Text("/ch/low.m3u8", Playlist.WindowText(0, 1000, "low"));
        source.Start(options => options with { Limits = new SourceLimits { Segments = 500 } });
        await source.RunAsync(2);
        Assert.Equal(("too_large", "v0"), source.All<SourceEvent.SourceFaulted>().Select(item => (item.Fault.Reason, item.Playlist!.Name)).Single());
        Assert.True(source.All<SourceEvent.SegmentFetched>().Any());
    }

    [Fact]
    public void ASmallDelayMakesSegmentsImpatientAndALongOneFetchesMore()
    {
        var channel = new ChannelOptions { Id = "a", Input = FakeSource.Input, From = "en", To = ["es"], Delay = TimeSpan.FromSeconds(1.5) };
        Assert.Equal(TimeSpan.FromSeconds(2), SourceOptions.Of(channel).SegmentPatience);
        var slow = SourceOptions.Of(channel with { Delay = TimeSpan.FromMinutes(5) });
        Assert.Equal((TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(6)), (slow.SegmentPatience, slow.BackFill));
    }

    [Fact]
    public async Task VariablesOfTheMasterAreImported()
    {
        await using var source = Live();
        source.Text("/ch/master.m3u8", "#EXTM3U\n#EXT-X-DEFINE:NAME=\"n\",VALUE=\"en\"\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nv.m3u8\n");
        source.Text("/ch/v.m3u8", () => Window(source, "{$n}").Replace("#EXT-X-VERSION:3", "#EXT-X-DEFINE:IMPORT=\"n\"", StringComparison.Ordinal));
        source.Start();
        await source.RunAsync(1);
        Assert.Equal(4, source.All<SourceEvent.SegmentFetched>().Count());
    }
}
