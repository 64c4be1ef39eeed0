using System.Globalization;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Players;

/// <summary>One viewer: a player, and the source of the channel that it plays.</summary>
/// <param name="Player">Which player.</param>
/// <param name="Packing">The source's container.</param>
/// <param name="Dates">Whether the source has EXT-X-PROGRAM-DATE-TIME.</param>
/// <param name="Outage">How the source fails for a while.</param>
public sealed record Viewer(Player Player, Packing Packing, bool Dates, OutageKind Outage)
{
    /// <summary>How the picture reaches the viewer.</summary>
    public string Video { get; init; } = "reference";

    /// <summary>Names the channel.</summary>
    public string Channel => $"{Player}-{Packing}-{(Dates ? "dates" : "nodates")}-{Outage}-{Video}".ToLowerInvariant();

    /// <summary>
    /// The source's window and so the published one, s. Shaka 5.2 forgets segments by its own clock and fails on a playlist of which nothing
    /// is left, with Tandem as without: for it the window is longer than the outage.
    /// </summary>
    public int WindowSeconds => Player == Player.Shaka ? 40 : 16;

    /// <summary>The source: three qualities, two audio groups, addresses signed for little longer than they must be.</summary>
    public async Task<OriginOptions> SourceAsync() => new()
    {
        Programme = await Programmes.VariantsAsync(Packing, seconds: 300),
        ProgramDates = Dates,
        Window = WindowSeconds / 2,
        SignedFor = TimeSpan.FromSeconds(Viewing.DelaySeconds + WindowSeconds + 62),
    };
}

/// <summary>What a source does for twenty seconds.</summary>
public enum OutageKind
{
    /// <summary>Nothing can be had by anybody, the players' pictures neither; the programme goes on behind it.</summary>
    Dark,

    /// <summary>Tandem reaches nothing, the players' edge still has what was made before; the programme goes on behind it.</summary>
    Unreachable,

    /// <summary>The playlists stay as they are, then go on where the programme has come to meanwhile.</summary>
    Frozen,

    /// <summary>The encoder stands still, then goes on where it stood.</summary>
    Paused,
}

/// <summary>What was heard after a voice was chosen.</summary>
/// <param name="Voice">The language that was chosen.</param>
/// <param name="Samples">48 kHz, one channel.</param>
/// <param name="At">When the recording ended, wall time.</param>
/// <param name="Left">How long before the choice this voice had been left, s; null where it had not been heard before.</param>
public sealed record Listening(string Voice, float[] Samples, DateTimeOffset At, double? Left);

/// <summary>What happened to one viewer.</summary>
/// <param name="Report">What the page saw, at the end.</param>
/// <param name="Listenings">What was heard, in order.</param>
/// <param name="Outages">When the source was gone, page seconds.</param>
/// <param name="Published">What the channel published.</param>
public sealed record Viewed(
    PlayerReport Report, IReadOnlyList<Listening> Listenings, IReadOnlyList<(double From, double To)> Outages, HlsRecording Published)
{
    /// <summary>What the channel published against section 3a.</summary>
    public IReadOnlyList<HlsViolation> Violations { get; init; } = [];

    /// <summary>What the page asked for.</summary>
    public IReadOnlyCollection<PlayerRequest> Requests { get; init; } = [];

    /// <summary>What Tandem logged about the channel.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>What could be had of each playlist, a line for each run of segments that are alike.</summary>
    public string Listed()
    {
        var lines = new List<string>();
        foreach (var track in Published.Tracks)
        {
            var runs = track.Segments.OrderBy(segment => (segment.Life, segment.Listed.Sequence)).Select(segment => (segment.Epoch, State: StateOf(segment), segment))
                .Aggregate(new List<List<(long Epoch, string State, RecordedSegment Segment)>>(), (runs, next) =>
                {
                    if (runs.Count > 0 && runs[^1][^1].Epoch == next.Epoch && runs[^1][^1].State == next.State)
                        runs[^1].Add(next);
                    else
                        runs.Add([next]);
                    return runs;
                });
            lines.AddRange(runs.Select(run => string.Create(
                CultureInfo.InvariantCulture,
                $"{track.Item.Type} {track.Item.Language} discontinuity {run[0].Epoch}: {run[0].Segment.Listed.Sequence}–{run[^1].Segment.Listed.Sequence} {run[0].State}, listed {run[0].Segment.ListedAt:HH:mm:ss.f}–{run[^1].Segment.ListedAt:HH:mm:ss.f}")));
        }

        return string.Join('\n', lines);

        static string StateOf(RecordedSegment segment) => segment.Listed.Gap ? "GAP" : segment.Data is null ? "not had" : "had";
    }

    /// <summary>What was asked for around a stall, a line each.</summary>
    public string AskedAround(Stall stall) =>
        string.Join('\n', Requests.Where(request => request.Time > stall.From - 10 && request.Time < stall.To + 2).Take(400));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"outages {string.Join("; ", Outages.Select(outage => $"{outage.From:F1}–{outage.To:F1}"))}\n{Report}");
}

/// <summary>
/// Plays a channel as viewers do: changes voices and qualities while it plays, through a discontinuity and an outage of the source, and
/// comes back to voices that were left for longer than the published window.
/// </summary>
/// <param name="page">The player.</param>
/// <param name="server">Tandem.</param>
/// <param name="channel">The source, which this viewer has for itself.</param>
/// <param name="config">The player's own configuration, JSON.</param>
public sealed class Viewing(PlayerPage page, TandemServer server, OriginChannel channel, string config)
{
    /// <summary>The delay of the channels, s: longer than any sentence of the programme, so that dubs are in place.</summary>
    public const int DelaySeconds = 8;

    /// <summary>How long the source is gone, s.</summary>
    public const int OutageSeconds = 20;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    private readonly List<Listening> _listenings = [];
    private readonly List<(double From, double To)> _outages = [];
    private readonly Dictionary<string, double> _left = new(StringComparer.Ordinal);
    private string _voice = "";

    /// <summary>The whole visit, about 80 s; <paramref name="rounds"/> more changes of voice and quality lengthen it.</summary>
    public async Task<Viewed> RunAsync(OutageKind outage, int rounds = 0)
    {
        await using var recorder = HlsRecorder.Start(server.Master(channel.Id), TimeSpan.FromSeconds(1));
        await page.PlayAsync(server.Master(channel.Id), config);
        await page.PlayedAsync(2, _patience);

        // What the start of Tandem back-filled is not dubbed: nobody listens to it.
        await ChooseAsync("es");
        await page.PlayedAsync(2, _patience);
        await HearAsync("en", level: 2, name: "English (original)");
        await HearAsync("de", level: 0);
        channel.Break(3000 * Programme.TickRate);
        await HearAsync("fr", level: 1);
        for (var round = 0; round < rounds; round++)
        {
            await HearAsync(new[] { "es", "de", "en" }[round % 3], level: round % 3);
            await HearAsync(new[] { "fr", "es" }[round % 2], level: (round + 1) % 3);
        }

        await LoseSourceAsync(outage);
        await HearAsync("es", level: 0);
        foreach (var voice in new[] { "fr", "es", "en" })
        {
            await ChooseAsync(voice);
            await page.PlayedAsync(1, _patience);
        }

        await HearAsync("fr", level: 1);
        await HearAsync("en", level: 2);
        return new Viewed(await page.ReportAsync(), _listenings, _outages, recorder.Snapshot()) { Requests = page.Requests };
    }

    private async Task ChooseAsync(string voice, string? name = null)
    {
        var now = (await page.ReportAsync()).Now;
        if (_voice.Length > 0)
            _left[_voice] = now;
        _voice = voice;
        await page.ChooseAsync(name ?? voice);
    }

    private async Task HearAsync(string voice, int level, string? name = null)
    {
        var left = _left.TryGetValue(voice, out var when) ? (await page.ReportAsync()).Now - when : (double?)null;
        await ChooseAsync(voice, name);
        await page.LevelAsync(level);
        await page.PlayedAsync(3, _patience);
        var samples = await page.RecordAsync(4);
        _listenings.Add(new Listening(voice, samples, TimeProvider.System.GetUtcNow(), left));
    }

    private async Task LoseSourceAsync(OutageKind kind)
    {
        using var expected = server.ExpectOutage(channel.Id);
        var from = (await page.ReportAsync()).Now;
        using (Begin(kind))
            await Task.Delay(TimeSpan.FromSeconds(OutageSeconds), TimeProvider.System);
        _outages.Add((from, (await page.ReportAsync()).Now));
        await page.PlayedAsync(4, TimeSpan.FromSeconds(60));
    }

    private IDisposable Begin(OutageKind kind)
    {
        switch (kind)
        {
            case OutageKind.Dark: return channel.Outage();
            case OutageKind.Unreachable: return channel.Inject(new StatusFault(Resource.All, 503) { When = IsNoBrowser });
            case OutageKind.Frozen: return channel.Freeze();
            default:
                channel.Pause();
                return new Resuming(channel);
        }
    }

    private static bool IsNoBrowser(OriginRequest request) => !request.Agent.StartsWith("Mozilla", StringComparison.Ordinal);

    private sealed class Resuming(OriginChannel channel) : IDisposable
    {
        public void Dispose() => channel.Resume();
    }
}
