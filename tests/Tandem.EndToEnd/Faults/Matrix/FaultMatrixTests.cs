using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Figures;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>The runs of the matrix, one a fault, each played when its first case asks for it.</summary>
public sealed class FaultMatrix
{
    private readonly Dictionary<MatrixFault, Task<MatrixRun>> _runs = [];
    private readonly Lock _lock = new();

    /// <summary>The run of a fault.</summary>
    public Task<MatrixRun> RunAsync(MatrixFault fault)
    {
        lock (_lock)
            return _runs.TryGetValue(fault, out var run) ? run : _runs[fault] = MatrixRun.PlayAsync(fault);
    }
}

/// <summary>
/// {worker killed, hung, out of memory; engine dead, slow, garbage; source gone, slow, wrong content, jumping clocks; disk full, read-only;
/// server SIGKILLed} × {reference, carry} × {TS, fMP4} ends as design.md, sections 3 and 3a, promises (issue 3, point 4). Four cases share one
/// server, and each fault hits its own channels only. TANDEM_MATRIX_ONLY names the faults to look into.
/// </summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class FaultMatrixTests(FaultMatrix matrix) : IClassFixture<FaultMatrix>
{
    private const double SyncMedian = 0.005;
    private const double SyncEach = 0.010;

    /// <summary>Less than a piece of what is heard, s.</summary>
    private const double Least = HeardVoice.Step / 2;

    /// <summary>What the garbage collector may leave lie about in half a minute; a leaked worker or programme is more.</summary>
    private const long MemorySlack = 160L << 20;

    /// <summary>All cases.</summary>
    public static TheoryData<MatrixFault, string, Packing> Cases()
    {
        var only = Environment.GetEnvironmentVariable("TANDEM_MATRIX_ONLY") ?? "";
        var cases = new TheoryData<MatrixFault, string, Packing>();
        foreach (var fault in Enum.GetValues<MatrixFault>().Where(fault => Regex.IsMatch(fault.ToString(), only)))
        {
            foreach (var channel in MatrixChannel.All)
                cases.Add(fault, channel.Video, channel.Packing);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Fault_ends_as_promised(MatrixFault fault, string video, Packing packing)
    {
        var channel = new MatrixChannel(video, packing);
        var promise = FaultPromise.Of(fault);
        var run = await matrix.RunAsync(fault);
        await TellAsync(run, channel);

        Before(run, channel);
        During(run, channel, promise);
        if (fault.NeedsSpeech())
            SpeechAround(run, channel);
        else
            await AfterAsync(run, channel);
        Afterwards(run, channel, promise);
        ABesideNoticesNothing(run);
        Assert.True(run.Violations(channel.Id).Count == 0, $"{string.Join('\n', run.Violations(channel.Id).Take(8))}\n{run.Told(channel.Id)}");
    }

    /// <summary>What viewers saw, as a row of the table.</summary>
    private static Task TellAsync(MatrixRun run, MatrixChannel channel)
    {
        var seen = run.Seen(channel.Id);
        var key = $"{run.Fault.Name()} | {channel.Video} | {(channel.Packing == Packing.Ts ? "TS" : "fMP4")}";
        var recovered = run.WholeAgain(seen);
        double[] figures =
        [
            run.Grown("tandem_fallback_seconds_total", channel.Id),
            seen.Heard.Seconds(VoiceSound.Silent),
            run.NoPicture(seen),
            run.Standstill(seen),
            recovered?.TotalSeconds ?? 0,
        ];
        return FigureFile.AddAsync("fault-matrix", key, $"| {key} | {string.Join(" | ", figures.Select(Shown))} |");

        static string Shown(double seconds) => seconds < 0.05 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s");
    }

    /// <summary>Before the fault the voice is dubbed and whole.</summary>
    private static void Before(MatrixRun run, MatrixChannel channel)
    {
        var told = run.Told(channel.Id);
        var before = run.Seen(channel.Id).Heard.Where(piece => piece.ListedAt < run.Struck).ToList();
        Assert.True(before.Count * HeardVoice.Step > 8, $"only {before.Count * HeardVoice.Step:F1} s before the fault\n{told}");
        Assert.True(before.Seconds(VoiceSound.Silent) < Least, $"silent before the fault: {Places(before, VoiceSound.Silent)}\n{told}");
        if (run.Fault.NeedsSpeech())
            Assert.True(before.Seconds(VoiceSound.Dubbed) > 1, $"no dub before the fault\n{told}");
        else
            Assert.True(before.Seconds(VoiceSound.Original) < Least, $"not dubbed before: {Places(before, VoiceSound.Original)}\n{told}");
    }

    /// <summary>The channel stays on the air, or holds, as promised; no number is left out, and nothing is lost that need not be.</summary>
    private static void During(MatrixRun run, MatrixChannel channel, FaultPromise promise)
    {
        var told = run.Told(channel.Id);
        var seen = run.Seen(channel.Id);
        var silence = seen.Heard.Seconds(VoiceSound.Silent);
        Assert.True(silence <= promise.Silence + Least, $"{silence:F1} s of silence: {Places(seen.Heard, VoiceSound.Silent)}\n{told}");
        var missing = run.NoPicture(seen);
        Assert.True(missing <= (channel.Video == "carry" ? promise.Carried : promise.Referred), $"{missing:F1} s without picture\n{told}");
        var standstill = run.Standstill(seen);
        Assert.True(standstill <= promise.Standstill, $"playlists stood still for {standstill:F1} s\n{told}");
        foreach (var track in seen.Recording.Tracks)
        {
            var numbers = track.Segments.Select(segment => segment.Listed.Sequence).Order().ToList();
            var name = track.Item.Name;
            Assert.True(numbers.Zip(numbers.Skip(1)).All(pair => pair.Second == pair.First + 1), $"{name}: {string.Join(' ', numbers)}\n{told}");
            Assert.True(track.Epochs.Count == promise.Epochs, $"{name}: stretches {string.Join(' ', track.Epochs)}\n{told}");
        }

        foreach (var track in new[] { seen.Voice, seen.Recording.Original, seen.Recording.Captions("es") })
        {
            Assert.All(track.Segments, segment => Assert.True(
                segment.Data is not null || segment.Listed.Gap, $"{track.Item.Name} {segment.Listed.Sequence}: {segment.Failure}\n{told}"));
        }

        States(run, channel, promise);
    }

    /// <summary>What operators are told: the state and its reason, and what is counted.</summary>
    private static void States(MatrixRun run, MatrixChannel channel, FaultPromise promise)
    {
        var told = run.Told(channel.Id);
        var states = run.States(channel.Id).Where(entry => entry.At > run.Struck && entry.At < run.Whole).ToList();
        Assert.NotEmpty(states);
        Assert.True(states.TrueForAll(entry => entry.State == "live" || promise.States.Contains(entry.State)), told);
        if (promise.Reason is { } reason)
            Assert.True(states.Exists(entry => entry.State == promise.States[0] && entry.Reason.Contains(reason, StringComparison.Ordinal)), $"{reason}: {told}");
        foreach (var count in promise.Counts)
        {
            var grown = run.Grown(count.Metric, channel.Id, count.Labels);
            Assert.True(grown >= count.Least && grown <= count.Most, $"{count.Metric} {string.Join(' ', count.Labels)} has grown by {grown}\n{told}");
        }

        switch (run.Fault)
        {
            case MatrixFault.WorkerKilled or MatrixFault.WorkerHung or MatrixFault.WorkerOutOfMemory:
                Assert.True(run.ShownAfter(channel.Id).GetProperty("worker").GetProperty("restarts").GetInt32() > 0, told);
                break;
            case MatrixFault.EngineDead or MatrixFault.EngineSlow or MatrixFault.EngineGarbage:
                Assert.True(states.Exists(entry => entry is { Voice: "fallback", VoiceReason.Length: > 0 }), told);

                // Nonsense comes of one stage, then of another: none need be wrong three times in a row, which is what an engine is given up for.
                Assert.True(run.Fault != MatrixFault.EngineDead || states.Exists(entry => !entry.EngineHealthy), told);
                Assert.True(run.Grown("tandem_fallback_seconds_total", channel.Id) > 1, told);
                break;
            case MatrixFault.DiskFull or MatrixFault.DiskReadOnly:
                var shown = Text(run.Shown(channel.Id), "recordReason");
                Assert.Contains(run.Fault == MatrixFault.DiskFull ? "No space left" : "Read-only", shown, StringComparison.Ordinal);
                Assert.True(run.Records[channel.Id] > run.Lifted, $"the record was written last at {run.Records[channel.Id]:HH:mm:ss.f}\n{told}");
                break;
        }
    }

    /// <summary>After the fault the voice is dubbed and whole again, and in step with the picture to the millisecond.</summary>
    private static async Task AfterAsync(MatrixRun run, MatrixChannel channel)
    {
        var told = run.Told(channel.Id);
        var seen = run.Seen(channel.Id);
        var after = seen.Heard.Where(piece => piece.ListedAt > run.Whole).ToList();
        Assert.True(after.Count * HeardVoice.Step > 8, $"only {after.Count * HeardVoice.Step:F1} s after the fault\n{told}");
        Assert.True(
            after.TrueForAll(piece => piece.Sound == VoiceSound.Dubbed), $"{Places(after, VoiceSound.Silent)}, {Places(after, VoiceSound.Original)}\n{told}");

        var programme = await MatrixRun.ProgrammeAsync(run.Fault, channel.Packing);
        var track = programme.Tracks[0];
        var own = FlashBeep.Match(await FlashBeep.FlashesAsync(programme.Pictures(track)), await FlashBeep.BeepsAsync(programme.Sound(track)))
            .Select(offset => offset.Offset).Order().ToList();
        var (pictures, voice) = (Since(seen.Recording.Variant, run.Whole), Since(seen.Voice, run.Whole));
        var theirs = (await SyncMeasure.OffsetsAsync(pictures, voice, channel.Video == "carry")).Select(pair => pair.Value - own[own.Count / 2]).Order().ToList();
        Assert.True(theirs.Count >= 7, $"only {theirs.Count} beeps\n{told}");
        Assert.True(Math.Abs(theirs[theirs.Count / 2]) <= SyncMedian, $"out of step: {string.Join(' ', theirs)}");
        Assert.True(theirs.TrueForAll(error => Math.Abs(error) <= SyncEach), $"out of step: {string.Join(' ', theirs)}");
    }

    /// <summary>No dub while the engine does not work, and the original at its own level; dubs again afterwards, each where its caption says.</summary>
    private static void SpeechAround(MatrixRun run, MatrixChannel channel)
    {
        var seen = run.Seen(channel.Id);
        var told = run.Told(channel.Id);
        var cues = SpeechHeard.Cues(seen.Recording);
        var (from, to) = (run.Struck + SpeechHeard.Spent, run.Lifted - TimeSpan.FromSeconds(1));
        var without = seen.Heard.Where(piece => piece.ListedAt > from && piece.ListedAt < to).ToList();
        Assert.True(without.Count * HeardVoice.Step > 12, $"only {without.Count * HeardVoice.Step:F1} s of the fault were heard\n{told}");
        Assert.True(without.TrueForAll(piece => piece.Sound == VoiceSound.Original), $"{Places(without, VoiceSound.Dubbed)}\n{told}");
        Assert.DoesNotContain(cues, cue => cue.ListedAt > from && cue.ListedAt < to);

        // Before and afterwards.
        var (before, after) = (cues.Where(cue => cue.ListedAt < run.Struck).ToList(), cues.Where(cue => cue.ListedAt > to).ToList());
        Assert.True(before.Count >= 1 && after.Count >= 2, $"{string.Join('\n', cues)}\n{told}");
        foreach (var cue in before.Concat(after))
        {
            var under = seen.Heard
                .Where(piece => piece.Epoch == cue.Epoch && piece.Seconds > cue.Start + 0.15 && piece.Seconds < cue.End - 0.25).ToList();
            Assert.True(under.TrueForAll(piece => piece.Sound == VoiceSound.Dubbed), $"{cue}: {Places(under, VoiceSound.Original)}\n{told}");
        }

        Assert.All(cues.Zip(cues.Skip(1)), pair => Assert.True(pair.Second.Start >= pair.First.End - 0.001, $"{pair.First} and {pair.Second}"));
    }

    /// <summary>Everything is as it was.</summary>
    private static void Afterwards(MatrixRun run, MatrixChannel channel, FaultPromise promise)
    {
        var last = run.States(channel.Id)[^1];
        Assert.True(last is { State: "live", Reason: "", EngineHealthy: true }, run.Told(channel.Id));
        Assert.True(run.Fault.NeedsSpeech() || last.Voice == "dubbed", run.Told(channel.Id));
        Assert.True(run.LoadAfter.Processes <= run.LoadBefore.Processes, $"{run.LoadBefore.Processes} processes before, {run.LoadAfter.Processes} after");
        Assert.True(
            run.LoadAfter.Bytes <= run.LoadBefore.Bytes + MemorySlack, $"{run.LoadBefore.Bytes >> 20} MiB before, {run.LoadAfter.Bytes >> 20} MiB after");
        if (promise.Epochs == 1)
            Assert.Equal(0, run.Grown("tandem_epochs_total", channel.Id));
    }

    private static void ABesideNoticesNothing(MatrixRun run)
    {
        Assert.True(run.Violations(MatrixRun.Beside).Count == 0, string.Join('\n', run.Violations(MatrixRun.Beside).Take(8)));
        if (run.Fault == MatrixFault.ServerKilled)
            return;
        var seen = run.Seen(MatrixRun.Beside);
        var told = run.Told(MatrixRun.Beside);
        Assert.All(seen.Recording.Tracks, track => Assert.Single(track.Epochs));
        Assert.True(seen.Heard.Seconds(VoiceSound.Silent) < Least, $"{Places(seen.Heard, VoiceSound.Silent)}\n{told}");
        Assert.Equal(0, run.NoPicture(seen));
        Assert.True(run.States(MatrixRun.Beside).All(entry => entry is { State: "starting" or "live", EngineHealthy: true }), told);
        Assert.Equal(0, run.Grown("tandem_worker_restarts_total", MatrixRun.Beside));
        Assert.Equal(0, run.Grown("tandem_segment_failures_total", MatrixRun.Beside, "stage=\"decode\""));
        if (run.Fault.NeedsSpeech())
        {
            // Dubs all along, those of the fault's time among them.
            var cues = SpeechHeard.Cues(seen.Recording);
            var meanwhile = cues.Count(cue => cue.ListedAt > run.Struck + SpeechHeard.Spent && cue.ListedAt < run.Lifted);
            Assert.True(meanwhile >= 2, $"{string.Join('\n', cues)}\n{told}");
        }
        else
        {
            Assert.True(seen.Heard.All(piece => piece.Sound == VoiceSound.Dubbed), $"{Places(seen.Heard, VoiceSound.Original)}\n{told}");
        }
    }

    private static RecordedTrack Since(RecordedTrack track, DateTimeOffset from) =>
        track with { Segments = [.. track.Segments.Where(segment => segment.ListedAt > from)] };

    private static string Places(IEnumerable<HeardPiece> pieces, VoiceSound sound)
    {
        var places = pieces.Where(piece => piece.Sound == sound)
            .Select(piece => string.Create(CultureInfo.InvariantCulture, $"{piece.Seconds:F1}/{piece.ListedAt:HH:mm:ss}"));
        return $"{sound} at {string.Join(' ', places.Take(60))}";
    }

    private static string Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
