using System.Text.Json;
using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>
/// One fault on four channels of one server, with a fifth beside them that it does not hit: before, during and after. Recorded once for the
/// four cases of <see cref="FaultMatrixTests"/>.
/// </summary>
public sealed class MatrixRun
{
    /// <summary>The channel that nothing befalls.</summary>
    public const string Beside = "beside";

    /// <summary>Of every channel.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(8);

    /// <summary>How long a source is away: its window of 16 s does not cover that.</summary>
    public static readonly TimeSpan Away = TimeSpan.FromSeconds(26);

    /// <summary>How long other upsets go on.</summary>
    public static readonly TimeSpan Upset = TimeSpan.FromSeconds(10);

    /// <summary>What is published this long after the end of a fault, beyond the delay, must be whole.</summary>
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(7);

    /// <summary>Sound and picture to measure afterwards.</summary>
    private static readonly TimeSpan _after = TimeSpan.FromSeconds(14);

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(100);
    private readonly Dictionary<string, MatrixSeen> _seen = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, IReadOnlyList<HlsViolation>> _violations = new Dictionary<string, IReadOnlyList<HlsViolation>>();
    private readonly Dictionary<string, JsonElement> _shown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _shownAfter = new(StringComparer.Ordinal);
    private StateDiary? _diary;
    private MetricsText _before = new("");
    private MetricsText _afterwards = new("");
    private string _log = "";

    private MatrixRun(MatrixFault fault) => Fault = fault;

    /// <summary>What went wrong.</summary>
    public MatrixFault Fault { get; }

    /// <summary>When it began; what was published before is not touched by it.</summary>
    public DateTimeOffset Struck { get; private set; }

    /// <summary>When it had ended.</summary>
    public DateTimeOffset Lifted { get; private set; }

    /// <summary>What is listed from then on must be whole.</summary>
    public DateTimeOffset Whole => Lifted + Delay + _settle;

    /// <summary>Processes and memory before the fault.</summary>
    public MatrixLoad LoadBefore { get; private set; } = new(0, 0);

    /// <summary>And at the end.</summary>
    public MatrixLoad LoadAfter { get; private set; } = new(0, 0);

    /// <summary>When each channel's record was written last, by channel; only where the disk is what fails.</summary>
    public Dictionary<string, DateTimeOffset> Records { get; } = new(StringComparer.Ordinal);

    /// <summary>What was seen of a channel.</summary>
    public MatrixSeen Seen(string channel) => _seen[channel];

    /// <summary>What the channel said of itself, all along.</summary>
    public IReadOnlyList<DiaryEntry> States(string channel) => _diary!.Of(channel);

    /// <summary>What <c>/v1/channels</c> says while the fault lasts.</summary>
    public JsonElement Shown(string channel) => _shown[channel];

    /// <summary>And at the end.</summary>
    public JsonElement ShownAfter(string channel) => _shownAfter[channel];

    /// <summary>Rules of section 3a that were broken.</summary>
    public IReadOnlyList<HlsViolation> Violations(string channel) => _violations[channel];

    /// <summary>How much a count has grown since before the fault.</summary>
    public double Grown(string metric, string channel, params IEnumerable<string> labels)
    {
        string[] all = [$"channel=\"{channel}\"", .. labels];
        return _afterwards.Sum(metric, all) - _before.Sum(metric, all);
    }

    /// <summary>What a failed case is told with.</summary>
    public string Told(string channel) =>
        $"{_diary!.Told(channel)}\nstruck {Struck:HH:mm:ss.f}, lifted {Lifted:HH:mm:ss.f}, whole from {Whole:HH:mm:ss.f}\n"
        + $"{string.Join('\n', _log.Split('\n').Where(line => line.Contains(channel, StringComparison.Ordinal)).TakeLast(25))}";

    /// <summary>Plays it.</summary>
    public static async Task<MatrixRun> PlayAsync(MatrixFault fault)
    {
        ScratchDisk? disk = null;
        if (fault is MatrixFault.DiskFull or MatrixFault.DiskReadOnly && (disk = ScratchDisk.Mount(out var why)) is null)
            Assert.Skip(why);
        if (fault.NeedsSpeech() && (!Speech.IsThere || !File.Exists("/usr/bin/espeak-ng")))
            Assert.Skip("The packages asterisk-core-sounds-en-g722 and espeak-ng are not installed");
        using (disk)
        {
            var run = new MatrixRun(fault);
            await run.PlayAsync(disk);
            return run;
        }
    }

    /// <summary>What a case's source plays.</summary>
    public static Task<Programme> ProgrammeAsync(MatrixFault fault, Packing packing)
    {
        Signal sound = fault.NeedsSpeech() ? new Speech() : new Beeps();
        var pilot = new SoundRecipe(new Mixed(sound, new Sine(Pilot.Frequency, Pilot.Level)), BitRate: 160_000);
        var picture = new PictureRecipe(FrameRate.Pal, 160, 90, 60_000, Flashes: !fault.NeedsSpeech());
        return ProgrammeMaker.MakeAsync(fault.NeedsSpeech()
            ? new ProgrammeRecipe(packing, [picture], [pilot], Seconds: 240)
            : new ProgrammeRecipe(packing, [picture], [pilot], Seconds: 132, LoopSeconds: 64));
    }

    private async Task PlayAsync(ScratchDisk? disk)
    {
        await using var origin = await OriginServer.StartAsync();
        var sources = new Dictionary<string, OriginChannel>(StringComparer.Ordinal);
        foreach (var channel in MatrixChannel.All)
            sources[channel.Id] = origin.Add(channel.Id, await OptionsAsync(channel.Packing));
        var beside = origin.Add(Beside, await OptionsAsync(Packing.Ts));
        var strike = new MatrixStrike(Fault, sources, disk);

        var starting = TimeProvider.System.GetUtcNow();
        await using var server = await TandemServer.StartAsync(
            [
                .. MatrixChannel.All.Select(channel => Channel(channel.Id, sources[channel.Id].Master, channel.Video)),
                Channel(Beside, beside.Master, "reference"),
            ],
            strike.Environment());
        var started = TimeProvider.System.GetUtcNow();
        strike.Excuse(server);
        string[] all = [.. sources.Keys, Beside];
        _diary = StateDiary.Start(server, all);
        var recorders = all.ToDictionary(id => id, id => HlsRecorder.Start(server.Master(id)));
        try
        {
            await Task.WhenAll(recorders.Values.Select(recorder => recorder.SecondsAsync(14, _limit)));
            await BeforeAsync(server, recorders, starting);
            await strike.BeginAsync(server);
            await DuringAsync(server, started);
            await strike.EndAsync(server);
            Lifted = MatrixStrike.After(Fault) is { } after ? started + after + MatrixStrike.Lasting(Fault) : TimeProvider.System.GetUtcNow();
            await AfterAsync(server, recorders, strike);
            foreach (var id in Fault is MatrixFault.DiskFull or MatrixFault.DiskReadOnly ? all : [])
                Records[id] = new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(disk!.Folder, "channels", id + ".json")), TimeSpan.Zero);
            await SeeAsync(recorders);
        }
        finally
        {
            _log = server.Tail(2000);
            await _diary.DisposeAsync();
            foreach (var recorder in recorders.Values)
                await recorder.DisposeAsync();
            _violations = await server.EndWatchAsync();
        }
    }

    /// <summary>Gain of the original, dB, below which a dub is heard; <c>echo</c> puts it 3 dB down.</summary>
    private double DubbedBelow => Fault.NeedsSpeech() ? SpeechHeard.DubbedBelow : -1.5;

    private string Channel(string id, Uri input, string video) => TandemServer.Channel(
        id, input, $"{Delay.TotalSeconds}s", Fault.NeedsSpeech() ? "offline" : "echo", video: video, more: Fault.NeedsSpeech() ? "max_onset_lag=1s" : "");

    private async Task<OriginOptions> OptionsAsync(Packing packing) => new()
    {
        Programme = await ProgrammeAsync(Fault, packing),
        AtEnd = Fault.NeedsSpeech() ? AtEnd.Stop : AtEnd.LoopSeamlessly,
    };

    private async Task BeforeAsync(TandemServer server, Dictionary<string, HlsRecorder> recorders, DateTimeOffset starting)
    {
        if (MatrixStrike.After(Fault) is { } after)
        {
            Struck = starting + after;
            var left = Struck - TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(2);
            Assert.True(left > TimeSpan.FromSeconds(4), $"The machine is too slow: the fault is due, and the channels have hardly begun\n{server.Tail()}");
            await Task.Delay(left, TimeProvider.System);
        }
        else
        {
            await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System);
        }

        // What was published between a viewer's last look and the kill would be lost to that viewer; this one has seen all.
        if (Fault == MatrixFault.ServerKilled)
        {
            await server.UntilAsync(
                "the recorders have what is newest",
                async () => (await Task.WhenAll(recorders.Select(async pair => await NewestAsync(server, pair.Key) is { } newest
                    && pair.Value.Snapshot().Tracks.All(track => track.Segments[^1].Listed.Sequence == newest)))).All(has => has),
                _limit);
        }

        _before = new MetricsText(await MetricsAsync(server));
        LoadBefore = Load(server);
        Struck = MatrixStrike.After(Fault) is null ? TimeProvider.System.GetUtcNow() : Struck;
    }

    /// <summary>Waits while the fault lasts, and asks the API at its end what is wrong.</summary>
    private async Task DuringAsync(TandemServer server, DateTimeOffset started)
    {
        var end = (MatrixStrike.After(Fault) is { } after ? started + after : Struck) + MatrixStrike.Lasting(Fault);
        var left = end - TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(1);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System);
        foreach (var id in Fault == MatrixFault.ServerKilled ? [] : MatrixChannel.All.Select(channel => channel.Id))
            _shown[id] = await server.ChannelAsync(id);
        if (left > TimeSpan.Zero)
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
    }

    private async Task AfterAsync(TandemServer server, Dictionary<string, HlsRecorder> recorders, MatrixStrike strike)
    {
        if (Fault is MatrixFault.SourceGone or MatrixFault.ServerKilled)
        {
            // A new segment everywhere: from here on playlists must grow as they always must.
            await Task.WhenAll(recorders.Values.Select(recorder => recorder.UntilAsync(
                now => now.Tracks.All(track => track.Segments[^1].ListedAt > Lifted), _limit)));
        }

        strike.Undo();
        await Task.WhenAll(recorders.Values.Select(recorder => recorder.UntilAsync(
            now => now.Tracks.All(track => track.Segments[^1].ListedAt > Whole + _after)
                && (!Fault.NeedsSpeech() || SpeechHeard.Cues(now).Count(cue => cue.ListedAt > Lifted && cue.ListedAt > Struck + SpeechHeard.Spent) >= 2),
            _limit)));
        _afterwards = new MetricsText(await MetricsAsync(server));
        LoadAfter = Load(server);
        foreach (var id in recorders.Keys)
            _shownAfter[id] = await server.ChannelAsync(id);
    }

    private async Task SeeAsync(Dictionary<string, HlsRecorder> recorders)
    {
        foreach (var (id, recorder) in recorders)
        {
            var recording = recorder.Snapshot();
            _seen[id] = new MatrixSeen(recording, await HeardVoice.ReadAsync(recording.Voice("es"), recording.Original, DubbedBelow));
        }
    }

    private static async Task<long?> NewestAsync(TandemServer server, string id)
    {
        var last = (await server.ChannelAsync(id)).GetProperty("lastPublished");
        return last.ValueKind == JsonValueKind.Object ? last.GetProperty("number").GetInt64() : null;
    }

    private static async Task<string> MetricsAsync(TandemServer server)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return await http.GetStringAsync(new Uri(server.Root, "metrics"));
    }

    private static MatrixLoad Load(TandemServer server)
    {
        // espeak-ng lives for one utterance each.
        var children = server.Descendants().Where(id => Command(id) is { Length: > 0 } command && !command.Contains("espeak", StringComparison.Ordinal)).ToList();
        return new MatrixLoad(children.Count, children.Append(server.ProcessId).Sum(ProcessTree.Share));
    }

    private static string Command(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
