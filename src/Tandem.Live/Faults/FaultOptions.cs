using System.Collections.Immutable;

namespace Tandem.Live.Faults;

/// <summary>How often a stage of an engine is struck; shares of utterances, 0 to 1.</summary>
public sealed record StageFaults
{
    /// <summary>Its process is killed and the utterance lost.</summary>
    public double Crash { get; init; }

    /// <summary>It never answers.</summary>
    public double Hang { get; init; }

    /// <summary>It answers late.</summary>
    public double Slow { get; init; }

    /// <summary>It answers what makes no sense.</summary>
    public double Garbage { get; init; }
}

/// <summary>
/// Faults on demand, for tests and rehearsals: what is struck, and how often. Shares are 0 to 1; nothing is struck by default. The same seed
/// strikes the same segments of the same source.
/// </summary>
public sealed record FaultOptions
{
    /// <summary>No faults.</summary>
    public static FaultOptions None { get; } = new();

    /// <summary>Begins the random numbers; any number.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Ids of the channels that are struck; empty for all.</summary>
    public ImmutableArray<string> Channels { get; init; } = [];

    /// <summary>How long after a channel's start faults begin.</summary>
    public TimeSpan After { get; init; }

    /// <summary>How long they go on; zero for ever.</summary>
    public TimeSpan Lasting { get; init; }

    /// <summary>Share of segments whose decoding fails, also when it is tried again.</summary>
    public double DecodeFail { get; init; }

    /// <summary>Share of segments whose decoding is slow.</summary>
    public double DecodeSlow { get; init; }

    /// <summary>How much longer a slow segment takes.</summary>
    public TimeSpan DecodeSlowBy { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Share of segments at which the media worker is killed.</summary>
    public double WorkerCrash { get; init; }

    /// <summary>Share of segments at which the media worker is stopped and answers no more.</summary>
    public double WorkerHang { get; init; }

    /// <summary>Share of segments at which the media worker takes all memory that it may have.</summary>
    public double WorkerMemory { get; init; }

    /// <summary>The recogniser of a cascade.</summary>
    public StageFaults Recognise { get; init; } = new();

    /// <summary>Its translators.</summary>
    public StageFaults Translate { get; init; } = new();

    /// <summary>Its voices.</summary>
    public StageFaults Speak { get; init; } = new();

    /// <summary>How much later a slow stage of the engine answers.</summary>
    public TimeSpan EngineSlowBy { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Share of requests to the source that fail, as if its server had answered 503.</summary>
    public double FetchFail { get; init; }

    /// <summary>Share of requests to the source that are slow.</summary>
    public double FetchSlow { get; init; }

    /// <summary>How much later a slow answer comes.</summary>
    public TimeSpan FetchSlowBy { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Share of writes to the state folder that find the disk full.</summary>
    public double StateFull { get; init; }

    /// <summary>Share of writes to the state folder that find it read-only.</summary>
    public double StateReadOnly { get; init; }

    /// <summary>Whether anything can be struck.</summary>
    public bool Any => new[]
    {
        DecodeFail, DecodeSlow, WorkerCrash, WorkerHang, WorkerMemory, FetchFail, FetchSlow, StateFull, StateReadOnly,
    }.Concat(new[] { Recognise, Translate, Speak }.SelectMany(stage => new[] { stage.Crash, stage.Hang, stage.Slow, stage.Garbage })).Any(share => share > 0);
}
