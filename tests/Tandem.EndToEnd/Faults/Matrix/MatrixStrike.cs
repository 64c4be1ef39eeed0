using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>Brings a fault about on four channels, and ends it. What a process does to itself is done by faults on demand.</summary>
/// <param name="fault">Which.</param>
/// <param name="sources">The sources of the channels that are hit.</param>
/// <param name="disk">The volume of the state folder; null where it is no part of this.</param>
internal sealed partial class MatrixStrike(MatrixFault fault, IReadOnlyDictionary<string, OriginChannel> sources, ScratchDisk? disk)
{
    private const long Hour = 3600 * 90_000L;
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(2);
    private readonly List<IDisposable> _undo = [];

    /// <summary>How long after the server's start faults on demand begin; null for faults that come from outside.</summary>
    public static TimeSpan? After(MatrixFault fault) => fault switch
    {
        MatrixFault.WorkerOutOfMemory => TimeSpan.FromSeconds(40),
        _ when fault.NeedsSpeech() => TimeSpan.FromSeconds(45),
        _ => null,
    };

    /// <summary>How long the fault goes on.</summary>
    public static TimeSpan Lasting(MatrixFault fault) => fault switch
    {
        MatrixFault.WorkerOutOfMemory => TimeSpan.FromSeconds(7),
        MatrixFault.SourceGone => MatrixRun.Away,
        MatrixFault.SourceSlow => TimeSpan.FromSeconds(14),
        MatrixFault.SourceWrongContent or MatrixFault.SourceClocksJump or MatrixFault.DiskFull or MatrixFault.DiskReadOnly => MatrixRun.Upset,
        _ when fault.NeedsSpeech() => TimeSpan.FromSeconds(42),
        _ => TimeSpan.Zero,
    };

    /// <summary>The server's environment.</summary>
    public Dictionary<string, string> Environment()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        if (disk is not null)
            all["TANDEM__state_dir"] = disk.Folder;
        string[] struck = fault switch
        {
            MatrixFault.WorkerOutOfMemory => ["WORKER_MEMORY"],
            MatrixFault.EngineDead => ["RECOGNISE_CRASH"],
            MatrixFault.EngineSlow => ["SPEAK_SLOW"],
            MatrixFault.EngineGarbage => ["RECOGNISE_GARBAGE", "TRANSLATE_GARBAGE", "SPEAK_GARBAGE"],
            _ => [],
        };

        // All stages are struck, so that each is seen, and no utterance comes through.
        foreach (var (index, name) in struck.Index())
            all[$"TANDEM__FAULTS__{name}"] = index == struck.Length - 1 ? "1" : "0.4";
        if (After(fault) is not { } after)
            return all;
        all["TANDEM__FAULTS__CHANNELS"] = string.Join('+', sources.Keys);
        all["TANDEM__FAULTS__AFTER"] = Text(after);
        all["TANDEM__FAULTS__LASTING"] = Text(Lasting(fault));
        all["TANDEM__FAULTS__ENGINE_SLOW_BY"] = "7s";
        return all;
    }

    /// <summary>Tells the checker what the source, or the end of the server, brings about by itself.</summary>
    public void Excuse(TandemServer server)
    {
        // Segments that are none leave a hole in the voices, and viewers of the source's own picture meet them as they are.
        if (fault == MatrixFault.SourceWrongContent)
        {
            server.Excuse((channel, violation) => sources.ContainsKey(channel)
                && violation.Rule is HlsRule.MediaTime or HlsRule.VoiceJoin or HlsRule.VoiceGap);
        }

        if (fault == MatrixFault.ServerKilled)
            server.ExcuseRestart();
    }

    /// <summary>The fault begins.</summary>
    public async Task BeginAsync(TandemServer server)
    {
        switch (fault)
        {
            case MatrixFault.WorkerKilled:
                Workers(server).ForEach(worker => TandemServer.Signal(worker, "KILL"));
                break;
            case MatrixFault.WorkerHung:
                Workers(server).ForEach(worker => TandemServer.Signal(worker, "STOP"));
                break;
            case MatrixFault.SourceGone:
                _undo.AddRange(sources.Keys.Select(server.ExpectOutage));
                _undo.AddRange(sources.Values.Select(source => source.Outage()));
                break;
            case MatrixFault.SourceSlow:
                _undo.AddRange(sources.Values.Select(source => source.Inject(new SlowFault(Resource.All, _slow))));
                break;
            case MatrixFault.SourceWrongContent:
                _undo.AddRange(sources.Values.Select(source => source.Inject(new HtmlFault(Resource.Segment))));
                break;
            case MatrixFault.SourceClocksJump:
                Break(2 * Hour);
                break;
            case MatrixFault.DiskFull:
                disk!.Fill();
                break;
            case MatrixFault.DiskReadOnly:
                disk!.ReadOnly(true);
                break;
            case MatrixFault.ServerKilled:
                _undo.AddRange(sources.Keys.Append(MatrixRun.Beside).Select(server.ExpectOutage));
                await server.KillAsync();
                break;
        }
    }

    /// <summary>The fault ends.</summary>
    public async Task EndAsync(TandemServer server)
    {
        switch (fault)
        {
            case MatrixFault.SourceClocksJump:
                Break(Hour);
                break;
            case MatrixFault.DiskFull:
                disk!.Empty();
                break;
            case MatrixFault.DiskReadOnly:
                disk!.ReadOnly(false);
                break;
            case MatrixFault.ServerKilled:
                await server.StartAsync();
                break;
            case MatrixFault.SourceSlow or MatrixFault.SourceWrongContent:
                Undo();
                break;
            case MatrixFault.SourceGone:
                _undo.TakeLast(sources.Count).ToList().ForEach(source => source.Dispose());
                break;
        }
    }

    /// <summary>From now on playlists must grow again.</summary>
    public void Undo()
    {
        _undo.ForEach(undo => undo.Dispose());
        _undo.Clear();
    }

    private void Break(long ticks)
    {
        foreach (var source in sources.Values)
            source.Break(ticks, tagged: false);
    }

    /// <summary>The process id of each channel's worker, the newest that the log tells of.</summary>
    private List<int> Workers(TandemServer server)
    {
        var ready = server.Log.Select(line => Ready().Match(line)).Where(match => match.Success).ToList();
        return [.. sources.Keys.Select(id => int.Parse(ready.Last(match => match.Groups[1].Value == id).Groups[2].Value, CultureInfo.InvariantCulture))];
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s");

    [GeneratedRegex(@"Media worker ([\w-]+) \((\d+)\) is ready")]
    private static partial Regex Ready();
}
