using System.Globalization;
using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Ingest;
using Xunit;

namespace Tandem.EndToEnd.Sync;

/// <summary>One way of one programme to a channel.</summary>
/// <param name="Name">Names the channel.</param>
/// <param name="By">How it is sent.</param>
/// <param name="Rate">Of the picture.</param>
/// <param name="SampleRate">Of the sound, Hz.</param>
public sealed record InputCase(string Name, SentBy By, FrameRate Rate, int SampleRate)
{
    /// <summary>How the programme is packed before it is sent.</summary>
    public Packing Packing { get; init; } = Packing.Ts;

    /// <summary>What is wrong with its sound; null for nothing.</summary>
    public string? Filter { get; init; }

    /// <summary>More of its sender's options.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>Beeps that may be missing: those that the way itself cuts.</summary>
    public int Missing { get; init; }
}

/// <summary>Sources that are pushed, read or sent to Tandem, played once for all their tests: ten at a time, about a minute and a half.</summary>
public sealed class InputMatrix : IAsyncLifetime
{
    private const double Seconds = 44;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(Seconds + 50);

    // Times of 90 kHz begin anew after 2³³: 22 s after the sender has begun.
    private const string BeforeWrap = "95421";

    private static readonly InputCase[] _cases =
    [
        new("push-ts", SentBy.Push, FrameRate.Ntsc, 44_100),
        new("push-fmp4", SentBy.Push, FrameRate.Fifty, 44_100) { Packing = Packing.Fmp4 },
        new("push-clock-100ppm", SentBy.Push, FrameRate.Pal, 48_000) { Filter = Damage.ClockError(100) },
        new("file-ts", SentBy.File, FrameRate.Pal, 48_000),
        new("file-mp4", SentBy.File, FrameRate.Pal, 44_100) { Packing = Packing.Fmp4 },
        new("rtmp", SentBy.Rtmp, FrameRate.Pal, 48_000),
        new("rtmp-ntsc", SentBy.Rtmp, FrameRate.Ntsc, 44_100),
        new("srt-1-percent-lost", SentBy.Srt, FrameRate.Ntsc, 44_100),
        new("srt-jitter-1ms", SentBy.Srt, FrameRate.Pal, 48_000) { Filter = Damage.Jitter(1, 48_000) },
        new("udp-1-percent-lost", SentBy.LossyUdp, FrameRate.Pal, 48_000) { Missing = 8 },
        new("udp-wrap", SentBy.Udp, FrameRate.Pal, 48_000) { Options = ["-output_ts_offset", BeforeWrap], Missing = 2 },
    ];

    private readonly Dictionary<string, Result> _results = new(StringComparer.Ordinal);

    /// <summary>What came of one case.</summary>
    /// <param name="Case">It.</param>
    /// <param name="Error">How far its voice moved against the picture.</param>
    /// <param name="Epochs">Stretches without a break that were recorded.</param>
    /// <param name="Holes">Holes in its sound that Tandem counted.</param>
    /// <param name="Lost">Datagrams that were lost on the way.</param>
    /// <param name="SelfChecks">How often the server checked itself, and how often it found the voice within 5 ms.</param>
    /// <param name="Told">For a failed test's message.</param>
    /// <param name="Violations">What the checker of section 3a has to say.</param>
    public sealed record Result(
        InputCase Case, SyncError Error, int Epochs, long Holes, int Lost, (double All, double Within) SelfChecks, string Told, IReadOnlyList<HlsViolation> Violations);

    /// <summary>What came of a case.</summary>
    public Result Of(string name) => _results[name];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var only = Environment.GetEnvironmentVariable("TANDEM_SYNC_ONLY") ?? "";
        var cases = _cases.Where(one => one.Name.Contains(only, StringComparison.Ordinal)).ToList();
        var sendings = new Dictionary<InputCase, (Programme Programme, Sending Sending)>();
        try
        {
            foreach (var one in cases)
            {
                var programme = await Programmes.FlashBeepAsync(one.Packing, one.Rate, one.SampleRate, filter: one.Filter);
                sendings[one] = (programme, await Sending.PrepareAsync(one.Name, one.By, programme, one.Options));
            }

            await PlayAsync(sendings);
        }
        finally
        {
            foreach (var (_, sending) in sendings.Values)
                await sending.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task PlayAsync(Dictionary<InputCase, (Programme Programme, Sending Sending)> sendings)
    {
        await using var server = await TandemServer.StartAloneAsync(sendings.Values.Select(pair => pair.Sending.Channel()));
        var recorders = sendings.Keys.ToDictionary(
            one => one, one => HlsRecorder.Start(server.Master(one.Name), wanted: item => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" }));
        await Task.WhenAll(sendings.Values.Select(pair => pair.Sending.BeginAsync(server)));
        var recordings = sendings.Keys.ToDictionary(one => one, one => RecordAsync(recorders[one]));
        await Task.WhenAll(recordings.Values);
        foreach (var one in sendings.Keys)
        {
            var recording = await recordings[one];
            var (programme, sending) = sendings[one];
            var counters = (await server.ChannelAsync(one.Name)).GetProperty("counters");
            var edges = await server.EdgesAsync("tandem_sync_offset_seconds", $"channel=\"{one.Name}\"");
            var told = $"{string.Join("; ", recording.Tracks.Select(track => $"{track.Item.Name} {track.Seconds:F0} s in {track.Epochs.Count} epochs"))}; "
                + $"{counters}\n{sending.Log}\n{string.Join('\n', server.Log.Where(line => line.Contains(one.Name, StringComparison.Ordinal)).TakeLast(8))}";
            _results[one.Name] = new Result(
                one,
                await CompareAsync(programme, recording),
                recording.Tracks.Count == 0 ? 0 : recording.Variant.Epochs.Count,
                counters.GetProperty("holes").GetInt64(),
                sending.Relay?.Lost ?? 0,
                (edges.Max(bucket => bucket.Count), edges.Where(bucket => bucket.Edge <= SyncBounds.Median).Max(bucket => bucket.Count)),
                told,
                []);
            await recorders[one].DisposeAsync();
        }

        foreach (var (name, violations) in await server.EndWatchAsync())
            _results[name] = _results[name] with { Violations = violations };
    }

    private static async Task<HlsRecording> RecordAsync(HlsRecorder recorder)
    {
        try
        {
            return await recorder.UntilAsync(now => now.Tracks.Count > 1 && now.Tracks.All(track => track.Seconds >= Seconds), _limit);
        }
        catch (TimeoutException)
        {
            // The measurement tells what there is.
            return recorder.Snapshot();
        }
    }

    /// <summary>
    /// Beep against flash, in what is published and in the programme. A sender's times are its own: flashes are named by their distance to
    /// the first. What is published begins where the programme does, or a little behind.
    /// </summary>
    private static async Task<SyncError> CompareAsync(Programme programme, HlsRecording recording)
    {
        var track = programme.Tracks[0];
        var own = await OffsetsAsync(programme.Pictures(track), programme.Sound(track), track.Picture!.Rate.FlashPeriod);
        if (recording.Tracks.Count < 2 || recording.Voice("es").Epochs.Count == 0)
            return SyncError.Between(own, new Dictionary<long, double>());
        var epoch = recording.Voice("es").Epochs[0];
        var published = await OffsetsAsync(recording.Variant.Pictures(epoch), recording.Voice("es").Sound(epoch), track.Picture.Rate.FlashPeriod);
        return SyncError.Between(own, published.DistinctBy(pair => pair.Key).ToDictionary());
    }

    private static async Task<IReadOnlyList<KeyValuePair<long, double>>> OffsetsAsync(
        PictureStream pictures, SoundStream sound, double period)
    {
        var flashes = await FlashBeep.FlashesAsync(pictures);
        return [.. FlashBeep.Match(flashes, await FlashBeep.BeepsAsync(sound))
            .Select(offset => KeyValuePair.Create((long)Math.Round((offset.Flash.Seconds - flashes[0].Seconds) / period), offset.Offset))];
    }
}

/// <summary>
/// However a source comes, a viewer hears a voice in step with the picture (issue 3, point 1): the bounds of design.md, section 5, against the
/// programme that was sent.
/// </summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class InputSyncTests(InputMatrix matrix) : IClassFixture<InputMatrix>
{
    [Theory]
    [InlineData("push-ts")]
    [InlineData("push-fmp4")]
    [InlineData("push-clock-100ppm")]
    [InlineData("file-ts")]
    [InlineData("file-mp4")]
    [InlineData("rtmp")]
    [InlineData("rtmp-ntsc")]
    [InlineData("srt-1-percent-lost")]
    [InlineData("srt-jitter-1ms")]
    [InlineData("udp-1-percent-lost")]
    [InlineData("udp-wrap")]
    public void Voice_and_picture_are_in_step(string name)
    {
        var result = matrix.Of(name);
        var told = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {result.Error}, {result.Lost} datagrams lost, {result.Holes} holes, own check {result.SelfChecks.Within} of {result.SelfChecks.All}; {result.Told}");
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.True(result.Error.Count >= 30, told);
        Assert.True(Math.Abs(result.Error.Median) <= SyncBounds.Median, told);
        Assert.True(Math.Abs(result.Error.Worst) <= SyncBounds.Each, told);
        Assert.True(Math.Abs(result.Error.Drift) <= SyncBounds.Drift, told);
        Assert.True(result.Error.Missed <= result.Case.Missing, told);
        Assert.Equal(1, result.Epochs);
        Assert.True(result.Violations.Count == 0, string.Join('\n', result.Violations.Take(8)));
        if (result.Case.By != SentBy.LossyUdp)
            Assert.True(result.SelfChecks.All > 0 && result.SelfChecks.Within == result.SelfChecks.All, told);
    }

    /// <summary>SRT asks again for what was lost; UDP cannot, and what is missing is counted.</summary>
    [Fact]
    public void What_is_lost_on_the_way_is_recovered_or_counted()
    {
        var (srt, udp) = (matrix.Of("srt-1-percent-lost"), matrix.Of("udp-1-percent-lost"));

        // A live transport stream's first third of a second of sound is missing without any loss as well (docs/plan.md).
        Assert.True(srt.Lost >= 5 && srt.Holes <= 1, $"{srt.Lost} lost, {srt.Holes} holes: {srt.Told}");
        Assert.True(udp.Lost >= 5 && udp.Holes > 1, $"{udp.Lost} lost, {udp.Holes} holes: {udp.Told}");
    }
}
