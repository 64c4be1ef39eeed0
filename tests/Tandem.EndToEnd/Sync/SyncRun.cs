using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Sync;

/// <summary>Plays many sources at once through one Tandem, records both sides, and measures each.</summary>
public sealed class SyncRun
{
    private static readonly TimeSpan _beforeUpset = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, (HlsRecording Source, HlsRecording Published)> _recordings = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, IReadOnlyList<HlsViolation>> _violations = new Dictionary<string, IReadOnlyList<HlsViolation>>();
    private readonly Dictionary<string, IReadOnlyList<(double Edge, double Count)>> _selfChecks = new(StringComparer.Ordinal);
    private string _log = "";

    /// <summary>Runs the cases side by side for so many seconds of published sound.</summary>
    public static async Task<SyncRun> PlayAsync(IReadOnlyList<SyncCase> cases, double seconds)
    {
        await using var origin = await OriginServer.StartAsync();
        var channels = cases.ToDictionary(one => one.Name, one => origin.Add(one.Name, one.Options));
        var sources = channels.ToDictionary(pair => pair.Key, pair => HlsRecorder.Start(pair.Value.Master, _pace));
        await using var server = await TandemServer.StartAloneAsync(cases.Select(one => TandemServer.Channel(one.Name, channels[one.Name].Master, delay: "6s", video: one.Video)));
        var published = cases.ToDictionary(one => one.Name, one => HlsRecorder.Start(server.Master(one.Name), _pace, wanted: IsMeasured));
        var still = cases.Where(one => one.StandsStill).Select(one => one.Name).ToHashSet();
        server.Excuse((channel, violation) => still.Contains(channel) && violation.Rule == HlsRule.Growth);

        await Task.Delay(_beforeUpset, TimeProvider.System);
        foreach (var one in cases)
            one.Upset?.Invoke(channels[one.Name]);
        var run = new SyncRun();
        var limit = TimeSpan.FromSeconds(seconds + 40);
        var waits = cases.Select(one => WaitAsync(published[one.Name], one, seconds, limit)).ToList();
        await Task.WhenAll(waits);
        foreach (var one in cases)
        {
            run._recordings[one.Name] = (sources[one.Name].Snapshot(), published[one.Name].Snapshot());
            await sources[one.Name].DisposeAsync();
            await published[one.Name].DisposeAsync();
        }

        foreach (var one in cases)
            run._selfChecks[one.Name] = await server.EdgesAsync("tandem_sync_offset_seconds", $"channel=\"{one.Name}\"");
        run._violations = await server.EndWatchAsync();

        run._log = server.Tail(400);
        run.Load = server.Load();
        return run;
    }

    /// <summary>What the server took for all this, one line.</summary>
    public string Load { get; private set; } = "";

    /// <summary>What the checker of section 3a has to say of everything that a case published.</summary>
    public IReadOnlyList<HlsViolation> Violations(string name) => _violations[name];

    /// <summary>How often the server found a case's voice in the source's sound by itself, and how often within so many seconds.</summary>
    public (double All, double Within) SelfChecks(string name, double seconds) => (
        _selfChecks[name].Max(bucket => bucket.Count),
        _selfChecks[name].Where(bucket => bucket.Edge <= seconds).Max(bucket => bucket.Count));

    /// <summary>The sync error of a case, and a line that says what was recorded.</summary>
    public async Task<(SyncError Error, int Epochs, string Told)> MeasureAsync(string name)
    {
        var (source, published) = _recordings[name];
        var voice = published.Tracks.FirstOrDefault(track => track.Item.Language == "es");
        if (voice is null || voice.Seconds == 0)
            return (SyncError.Between<string>([], new Dictionary<string, double>()), 0, $"{Told(published)}\n{Log(name)}");
        var error = await SyncMeasure.CompareAsync(source, published, "es");
        return (error, voice.Epochs.Count, $"{error}; {Told(published)}\n{Log(name)}");
    }

    private static async Task WaitAsync(HlsRecorder recorder, SyncCase one, double seconds, TimeSpan limit)
    {
        try
        {
            await recorder.UntilAsync(
                now => now.Tracks.Count > 1 && now.Tracks.All(track => track.Seconds >= seconds && Last(track, one.Epochs) >= 14), limit);
        }
        catch (TimeoutException)
        {
            // The measurement tells what there is.
        }
    }

    /// <summary>The picture and the dub; what else there is would only cost polls.</summary>
    private static bool IsMeasured(MasterItem item) => item.Name == "v0" || item is { Type: "AUDIO", Language: "es" };

    private static double Last(RecordedTrack track, int epochs) =>
        track.Epochs.Count < epochs ? 0 : track.Had(track.Epochs[^1]).Sum(segment => segment.Listed.Duration);

    private static string Told(HlsRecording recording) =>
        string.Join("; ", recording.Tracks.Select(track => $"{track.Item.Name} {track.Seconds:F0} s in epochs {string.Join(',', track.Epochs)}"))
        + $" problems: {string.Join(" | ", recording.Problems.TakeLast(5))}";

    private string Log(string name) =>
        string.Join('\n', _log.Split('\n').Where(line => line.Contains(name, StringComparison.Ordinal)).TakeLast(12)
            .Select(line => line[..Math.Min(line.Length, 300)]));
}
