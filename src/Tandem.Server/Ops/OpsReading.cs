using System.Collections.Immutable;

namespace Tandem.Server.Ops;

/// <summary>Everything that the operations page needs of <c>/metrics</c>, as it stood at one moment.</summary>
/// <param name="At">When, by the wall clock; for showing.</param>
/// <param name="Uptime">When, since the server started; for reckoning.</param>
/// <param name="Process">Of the whole process.</param>
/// <param name="Channels">By id.</param>
internal sealed record OpsReading(DateTimeOffset At, TimeSpan Uptime, ProcessReading Process, ImmutableSortedDictionary<string, ChannelReading> Channels)
{
    /// <summary>The same without histograms: what is kept for hours.</summary>
    public OpsReading CountersOnly() => this with
    {
        Channels = Channels.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.CountersOnly(), StringComparer.Ordinal),
    };
}

/// <summary>Of the whole process.</summary>
/// <param name="Cpu">Of the limit, 0 to 1.</param>
/// <param name="Memory">Of the limit, 0 to 1.</param>
/// <param name="HealthFailures">Failed health checks in a row.</param>
/// <param name="Cost">US dollars since the start.</param>
/// <param name="Budget">US dollars a month; 0 for no limit.</param>
internal sealed record ProcessReading(double Cpu, double Memory, double HealthFailures, double Cost, double Budget)
{
    /// <summary>Bytes that are free where files are written; null where that is not measured.</summary>
    public double? ScratchFree { get; init; }
}

/// <summary>Failures are told apart by these.</summary>
internal readonly record struct Failing(string Stage, string Reason);

/// <summary>Of one channel.</summary>
internal sealed record ChannelReading
{
    /// <summary>Stages whose failures are failed segments; the others' are playlists and utterances.</summary>
    public static ImmutableArray<string> MediaStages { get; } = ["segment", "init", "key", "decode", "carry", "encode", "publish"];

    /// <summary>Time that each stage took for a segment.</summary>
    public ImmutableSortedDictionary<string, Buckets> Processing { get; init; } = ImmutableSortedDictionary<string, Buckets>.Empty;

    /// <summary>How late segments were published; null where histograms are not kept.</summary>
    public Buckets? Lateness { get; init; }

    /// <summary>Sizes of WebSocket messages.</summary>
    public Buckets? Messages { get; init; }

    /// <summary>How long chunks took to viewers.</summary>
    public Buckets? Delivery { get; init; }

    /// <summary>Segments published.</summary>
    public double Segments { get; init; }

    /// <summary>Failures; those that never happened are left out.</summary>
    public ImmutableDictionary<Failing, double> Failures { get; init; } = ImmutableDictionary<Failing, double>.Empty;

    /// <summary>Segments in flight.</summary>
    public double InFlight { get; init; }

    /// <summary>What waits in each queue, and its bound; 0 for none.</summary>
    public ImmutableSortedDictionary<string, (double Depth, double Bound)> Queues { get; init; } =
        ImmutableSortedDictionary<string, (double Depth, double Bound)>.Empty;

    /// <summary>Time since the source last showed a new segment, s.</summary>
    public double SourceAge { get; init; }

    /// <summary>Epochs by reason; those that never happened are left out.</summary>
    public ImmutableDictionary<string, double> Epochs { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <summary>Restarts of the media worker.</summary>
    public double WorkerRestarts { get; init; }

    /// <summary>Whether the engine or a part of it is out of use.</summary>
    public bool CircuitOpen { get; init; }

    /// <summary>Writes to <c>state_dir</c> that failed.</summary>
    public double RecordFailures { get; init; }

    /// <summary>What is known of the source's own segments: <c>proven</c>, <c>failed</c>, <c>unproven</c>; empty where nothing is.</summary>
    public string Reference { get; init; } = "";

    /// <summary>Sockets that ended without being meant to.</summary>
    public double UnplannedDisconnects { get; init; }

    /// <summary>By language.</summary>
    public ImmutableSortedDictionary<string, LanguageReading> Languages { get; init; } = ImmutableSortedDictionary<string, LanguageReading>.Empty;

    /// <summary>By voice, the original among them: viewers, and the time that they watched.</summary>
    public ImmutableSortedDictionary<string, (double Viewers, double Seconds)> Voices { get; init; } =
        ImmutableSortedDictionary<string, (double Viewers, double Seconds)>.Empty;

    /// <summary>Failed segments.</summary>
    public double MediaFailures => Failures.Where(pair => MediaStages.Contains(pair.Key.Stage, StringComparer.Ordinal)).Sum(pair => pair.Value);

    /// <summary>Time that viewers watched, s.</summary>
    public double ViewerSeconds => Voices.Values.Sum(voice => voice.Seconds);

    /// <summary>The same without histograms.</summary>
    public ChannelReading CountersOnly() => this with
    {
        Processing = ImmutableSortedDictionary<string, Buckets>.Empty,
        Lateness = null,
        Messages = null,
        Delivery = null,
        Languages = ImmutableSortedDictionary<string, LanguageReading>.Empty,
    };
}

/// <summary>Of one language of one channel.</summary>
/// <param name="OnsetLag">Start of dubs after their utterance.</param>
/// <param name="SyncOffset">How far sound lies from its picture.</param>
/// <param name="Fallback">Speech heard in the original for want of a dub, s.</param>
/// <param name="Dubbed">Time dubbed, s.</param>
internal sealed record LanguageReading(Buckets OnsetLag, Buckets SyncOffset, double Fallback, double Dubbed);
