using System.Globalization;
using System.Net.Http.Headers;
using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Ingest;

/// <summary>ffmpeg pushes, Tandem dubs: what comes out is in step with what went in.</summary>
public sealed class PushTests
{
    private const string Key = "a-key-of-the-test";

    // sha256 of it.
    private const string Hash = "sha256:e1d4d6883a1dd0388c29b3ec3e181e56db77719d289664e2504b99162ee20030";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    [Fact]
    public Task What_ffmpeg_pushes_is_dubbed_in_step() => PushAsync(Packing.Ts, withKey: true, seconds: 12);

    [Theory]
    [Trait("Category", "Full")]
    [InlineData(Packing.Ts, false)]
    [InlineData(Packing.Fmp4, true)]
    public Task What_ffmpeg_pushes_stays_in_step(Packing packing, bool withKey) => PushAsync(packing, withKey, seconds: 30);

    private static async Task PushAsync(Packing packing, bool withKey, int seconds)
    {
        var programme = await Programmes.FlashBeepAsync(packing, FrameRate.Pal);
        var environment = withKey ? new Dictionary<string, string> { ["TANDEM__operator_keys"] = Hash } : [];
        await using var server = await TandemServer.StartAsync([Channel], environment);
        if (withKey)
            server.Present(Key);
        await server.UntilAsync("it says what is awaited", async () => (await server.ChannelAsync("pushed")).GetProperty("reason").GetString()
            is { } reason && reason.Contains("/ingest/pushed/master.m3u8", StringComparison.Ordinal), _limit);
        Assert.Equal("starting", (await server.ChannelAsync("pushed")).GetProperty("state").GetString());

        using var packager = Packager.Push(programme, $"http://{(withKey ? $"any:{Key}@" : "")}127.0.0.1:{server.Port}/ingest/pushed/");
        await using var recorder = HlsRecorder.Start(server.Master("pushed"), wanted: item => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" });
        var recording = await RecordAsync(recorder, server, packager, now => now.Tracks.All(track => track.Seconds >= seconds));
        var (count, worst, missed) = await CompareAsync(await PushedAsync(server, packing), recording, recording.Voice("es").Epochs[0]);
        Assert.True(count >= seconds - 3 && missed <= 1 && Math.Abs(worst) <= 0.010, $"{count} beeps, {missed} missed, worst {worst * 1000:F2} ms\n{server.Tail()}");
        Assert.True(packager.Runs, packager.Log);
        Assert.Equal("carry", (await server.ChannelAsync("pushed")).GetProperty("video").GetString());
    }

    [Theory]
    [Trait("Category", "Full")]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task A_packager_that_dies_and_comes_back_is_followed_again(Packing packing)
    {
        var programme = await Programmes.FlashBeepAsync(packing, FrameRate.Pal);
        await using var server = await TandemServer.StartAsync([Channel]);
        await using var recorder = HlsRecorder.Start(server.Master("pushed"), wanted: item => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" });
        using (var first = Packager.Push(programme, $"{server.Root}ingest/pushed/"))
            await RecordAsync(recorder, server, first, now => now.Tracks.All(track => track.Seconds >= 12));
        using var outage = server.ExpectOutage("pushed");
        await server.UntilAsync("the source is lost", () => IsAsync(server, "source_lost"), _limit);

        using var second = Packager.Push(programme, $"{server.Root}ingest/pushed/");
        var recording = await RecordAsync(recorder, server, second, now => now.Tracks.All(track => track.Epochs is [_, var last, ..] && Seconds(track, last) >= 16));
        Assert.True(await IsAsync(server, "live"), server.Tail());
        var (count, worst, _) = await CompareAsync(await PushedAsync(server, packing), recording, recording.Voice("es").Epochs[1]);
        Assert.True(count >= 10 && Math.Abs(worst) <= 0.010, $"{count} beeps, worst {worst * 1000:F2} ms\n{server.Tail()}");
    }

    private static string Channel => "id=pushed,input=push,from=en,to=es,delay=6s,engine=echo";

    private static double Seconds(RecordedTrack track, long epoch) => track.Had(epoch).Sum(segment => segment.Listed.Duration);

    private static async Task<bool> IsAsync(TandemServer server, string state) =>
        (await server.ChannelAsync("pushed")).GetProperty("state").GetString() == state;

    private static async Task<HlsRecording> RecordAsync(HlsRecorder recorder, TandemServer server, Packager packager, Func<HlsRecording, bool> enough)
    {
        try
        {
            return await recorder.UntilAsync(now => now.Tracks.Count > 1 && enough(now), _limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{server.Tail()}\n{packager.Log}", late);
        }
    }

    /// <summary>What lies in the server from the packager that pushed last.</summary>
    private static async Task<(PictureStream Pictures, SoundStream Sound)> PushedAsync(TandemServer server, Packing packing)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Root, "ingest/pushed/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var listed = Path.GetFileNameWithoutExtension(
            (await http.GetStringAsync("live.m3u8")).Split('\n').Last(line => line.Contains("seg", StringComparison.Ordinal)));
        var last = int.Parse(listed["seg".Length..], CultureInfo.InvariantCulture);
        var init = packing == Packing.Fmp4 ? await http.GetByteArrayAsync("init.mp4") : null;
        var data = new List<byte[]>();
        for (var number = 0; number <= last; number++)
            data.Add(await http.GetByteArrayAsync(packing == Packing.Fmp4 ? $"seg{number}.m4s" : $"seg{number}.ts"));
        return (Streams.Pictures(init, data), Streams.Sound(init, data));
    }

    /// <summary>Beep against flash, in what is published and in what was pushed; their times are the same.</summary>
    private static async Task<(int Count, double Worst, int Missed)> CompareAsync(
        (PictureStream Pictures, SoundStream Sound) pushed, HlsRecording published, long epoch)
    {
        var own = await OffsetsAsync(pushed.Pictures, pushed.Sound);
        var theirs = await OffsetsAsync(published.Variant.Pictures(epoch), published.Voice("es").Sound(epoch));
        var error = SyncError.Between(own, theirs.ToDictionary());
        return (error.Count, error.Worst, error.Missed);
    }

    private static async Task<IReadOnlyList<KeyValuePair<string, double>>> OffsetsAsync(PictureStream pictures, SoundStream sound) =>
        [.. FlashBeep.Match(await FlashBeep.FlashesAsync(pictures), await FlashBeep.BeepsAsync(sound))
            .Select(offset => KeyValuePair.Create(offset.Flash.Seconds.ToString("F2", CultureInfo.InvariantCulture), offset.Offset))];
}
