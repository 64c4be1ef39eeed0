using System.Net.Sockets;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Ingest;

/// <summary>Sources that are files, or come to an address that Tandem listens on, from the sender to what viewers get.</summary>
public sealed class LocalInputTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task What_a_sender_sends_is_dubbed_in_step()
    {
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal);
        await using var sending = await Sending.PrepareAsync("local", SentBy.Rtmp, programme);
        await using var server = await TandemServer.StartAsync([sending.Channel(delay: "3s")]);
        await using var recorder = HlsRecorder.Start(server.Master("local"), wanted: IsMeasured);
        await sending.BeginAsync(server);
        await CheckAsync(programme, await RecordAsync(recorder, server, () => sending.Log, now => now.Tracks.All(track => track.Seconds >= 12)), 0, server);
        Assert.DoesNotContain(Sending.Secret, string.Join('\n', server.Log) + (await server.ChannelAsync("local")).GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Full")]
    [InlineData("rtmp://127.0.0.1:PORT/live/KEY", "flv", "rtmp://127.0.0.1:PORT/live/KEY")]
    [InlineData("srt://127.0.0.1:PORT?passphrase=SECRETSECRET", "mpegts", "srt://127.0.0.1:PORT?passphrase=SECRETSECRET")]
    [InlineData("udp://127.0.0.1:PORT", "mpegts", "udp://127.0.0.1:PORT?pkt_size=1316")]
    public async Task What_a_sender_sends_is_in_step_again_when_it_comes_back(string input, string format, string output)
    {
        var port = Sending.FreePort(format == "flv" ? ProtocolType.Tcp : ProtocolType.Udp);
        string At(string address) => address.Replace("PORT", $"{port}", StringComparison.Ordinal);
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal);
        await using var server = await TandemServer.StartAsync([$"id=local,input={At(input)},from=en,to=es,delay=5s,engine=echo"]);
        await server.UntilAsync("it says that nobody sends", async () => await ReasonAsync(server) is { } reason
            && reason.Contains($"nobody sends to {input[..4]}", StringComparison.Ordinal), _limit);

        await using var recorder = HlsRecorder.Start(server.Master("local"), wanted: IsMeasured);
        HlsRecording first;
        using (var sender = Packager.Play(programme, ["-f", format, At(output)]))
            first = await RecordAsync(recorder, server, () => sender.Log, now => now.Tracks.All(track => track.Seconds >= 20));
        await CheckAsync(programme, first, 0, server);

        using var outage = server.ExpectOutage("local");
        await server.UntilAsync("the source is lost", async () => await StateAsync(server) == "source_lost", _limit);
        Assert.Contains(input[..4], await ReasonAsync(server), StringComparison.Ordinal);
        using var second = Packager.Play(programme, ["-f", format, At(output)]);
        var again = await RecordAsync(recorder, server, () => second.Log, now => now.Tracks.All(
            track => track.Epochs.Count > 1 && track.Had(track.Epochs[^1]).Sum(segment => segment.Listed.Duration) >= 12));
        await CheckAsync(programme, again, again.Voice("es").Epochs.Count - 1, server);
        Assert.DoesNotContain("SECRET", string.Join('\n', server.Log) + (await server.ChannelAsync("local")).GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("KEY", string.Join('\n', server.Log) + (await server.ChannelAsync("local")).GetRawText(), StringComparison.Ordinal);
    }

    /// <summary>Its header tells of more than there is: it is played as far as it goes, again and again, and its state says so.</summary>
    [Fact]
    [Trait("Category", "Full")]
    public async Task A_file_is_a_live_channel_that_begins_again_even_if_it_is_cut_short()
    {
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, seconds: 16);
        await using var file = await FileOf.MakeAsync(programme, ".mp4", "-movflags", "+faststart");
        file.Shorten(0.6);
        await using var server = await TandemServer.StartAsync([$"id=local,input={file.Path},from=en,to=es,delay=4s,engine=echo"]);
        await using var recorder = HlsRecorder.Start(server.Master("local"), wanted: IsMeasured);
        var recording = await RecordAsync(recorder, server, null, now => now.Tracks.All(
            track => track.Epochs.Count > 1 && track.Had(track.Epochs[^1]).Sum(segment => segment.Listed.Duration) >= 4));
        await CheckAsync(programme, recording, recording.Voice("es").Epochs.Count - 2, server, beeps: 5);
        await CheckAsync(programme, recording, recording.Voice("es").Epochs.Count - 1, server, beeps: 3);
        Assert.Equal("live", await StateAsync(server));
        Assert.Matches("the file is cut short: it ends after [78]\\.[0-9] s, its header says 16\\.0 s; it is looped as far as it goes$", await ReasonAsync(server));
    }

    [Theory]
    [Trait("Category", "Full")]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task A_file_is_a_live_channel_that_begins_again(Packing packing)
    {
        var programme = await Programmes.FlashBeepAsync(packing, FrameRate.Pal, seconds: 16);
        await using var file = await FileOf.MakeAsync(programme, packing == Packing.Ts ? ".ts" : ".mp4");
        await using var server = await TandemServer.StartAsync([$"id=local,input={file.Path},from=en,to=es,delay=5s,engine=echo"]);
        await using var recorder = HlsRecorder.Start(server.Master("local"), wanted: IsMeasured);
        var recording = await RecordAsync(recorder, server, null, now => now.Tracks.All(track => track.Epochs.Count > 2));
        await CheckAsync(programme, recording, 0, server);
        await CheckAsync(programme, recording, 1, server);
        Assert.Null(await ReasonAsync(server));
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_file_that_is_played_once_ends()
    {
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, seconds: 16);
        await using var file = await FileOf.MakeAsync(programme, ".ts");
        await using var server = await TandemServer.StartAsync([$"id=local,input={file.Path},loop=false,from=en,to=es,delay=3s,engine=echo"]);
        await server.UntilAsync("it ends", async () => await StateAsync(server) == "ended", _limit);
    }

    private static bool IsMeasured(MasterItem item) => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" };

    private static async Task<string?> StateAsync(TandemServer server) => (await server.ChannelAsync("local")).GetProperty("state").GetString();

    private static async Task<string?> ReasonAsync(TandemServer server) => (await server.ChannelAsync("local")).GetProperty("reason").GetString();

    private static async Task<HlsRecording> RecordAsync(HlsRecorder recorder, TandemServer server, Func<string>? log, Func<HlsRecording, bool> enough)
    {
        try
        {
            return await recorder.UntilAsync(now => now.Tracks.Count > 1 && enough(now), _limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{server.Tail()}\n{log?.Invoke()}", late);
        }
    }

    /// <summary>A voice lies to the picture as the programme's own sound does, which is the same at every flash.</summary>
    private static async Task CheckAsync(Programme programme, HlsRecording recording, int epoch, TandemServer server, int beeps = 8)
    {
        var own = FlashBeep.Match(
            await FlashBeep.FlashesAsync(programme.Pictures(programme.Tracks[0])), await FlashBeep.BeepsAsync(programme.Sound(programme.Tracks[0])));
        var usual = own.Select(offset => offset.Offset).Order().ElementAt(own.Count / 2);
        var id = recording.Voice("es").Epochs[epoch];
        var published = FlashBeep.Match(
            await FlashBeep.FlashesAsync(recording.Variant.Pictures(id)), await FlashBeep.BeepsAsync(recording.Voice("es").Sound(id)));
        var worst = published.Count == 0 ? double.NaN : published.Max(offset => Math.Abs(offset.Offset - usual));
        Assert.True(published.Count >= beeps && worst <= 0.010, $"epoch {epoch}: {published.Count} beeps, worst {worst * 1000:F2} ms\n{server.Tail()}");
    }

    /// <summary>A programme's first track as one file.</summary>
    private sealed class FileOf(string path) : IAsyncDisposable
    {
        public string Path { get; } = path;

        public static async Task<FileOf> MakeAsync(Programme programme, string extension, params string[] options)
        {
            var (pieces, path) = (Packager.Write(programme), System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tandem-{Guid.NewGuid():N}{extension}"));
            await Ffmpeg.RunAsync(["-i", pieces, "-map", "0", "-c", "copy", .. options, path]);
            File.Delete(pieces);
            return new FileOf(path);
        }

        /// <summary>Leaves only so much of its bytes.</summary>
        public void Shorten(double share)
        {
            using var file = File.OpenWrite(Path);
            file.SetLength((long)(file.Length * share));
        }

        public ValueTask DisposeAsync()
        {
            File.Delete(Path);
            return ValueTask.CompletedTask;
        }
    }
}
