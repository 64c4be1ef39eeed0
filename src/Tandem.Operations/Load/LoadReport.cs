using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Operations.Load;

/// <summary>Viewers by what became of them.</summary>
/// <param name="Wanted">How many wanted to watch.</param>
/// <param name="Joined">How many saw something.</param>
/// <param name="Refused">How many never joined and were refused at last.</param>
/// <param name="Unjoined">How many never joined for another reason.</param>
public sealed record ViewersReport(int Wanted, int Joined, int Refused, int Unjoined);

/// <summary>Times in s. A quantile is infinite where that share never came, null where nothing was measured.</summary>
/// <param name="Count">How many.</param>
/// <param name="Infinite">How many of them never came.</param>
/// <param name="P50">Median.</param>
/// <param name="P95">95 of 100 are no later.</param>
/// <param name="P99">99 of 100 are no later.</param>
/// <param name="Max">The latest.</param>
public sealed record TimesReport(long Count, long Infinite, double? P50, double? P95, double? P99, double? Max)
{
    internal static TimesReport Of(Histogram histogram) => new(
        histogram.Count,
        histogram.Infinite,
        Rounded(histogram.Quantile(0.5)),
        Rounded(histogram.Quantile(0.95)),
        Rounded(histogram.Quantile(0.99)),
        Rounded(histogram.Greatest));

    private static double? Rounded(double? value) => value is { } number ? Math.Round(number, 6) : null;
}

/// <summary>Connections that ended before the run did, by reason.</summary>
/// <param name="Planned">Those that the server announced, with a way back.</param>
/// <param name="Unplanned">All others.</param>
/// <param name="ByReason">Both.</param>
public sealed record DisconnectsReport(long Planned, long Unplanned, IReadOnlyDictionary<string, long> ByReason);

/// <summary>What a kind of viewers went through.</summary>
public sealed record GroupReport
{
    /// <summary><c>all</c>, <c>ws</c>, <c>hls</c>; apart from these <c>frozen</c> and <c>slow</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What became of them.</summary>
    public required ViewersReport Viewers { get; init; }

    /// <summary>From wanting to watch to playing.</summary>
    public required TimesReport Join { get; init; }

    /// <summary>WebSocket: publication to arrival. HLS: from asking for the playlist that lists it to having it.</summary>
    public required TimesReport Delivery { get; init; }

    /// <summary>How far behind its source time what is seen is, sampled each second.</summary>
    public required TimesReport Delay { get; init; }

    /// <summary>From the end of a connection to the next media.</summary>
    public required TimesReport Reconnect { get; init; }

    /// <summary>Chunks and segments that should have come, by the source's clock.</summary>
    public required long Expected { get; init; }

    /// <summary>Those that came.</summary>
    public required long Delivered { get; init; }

    /// <summary>Those that did not.</summary>
    public required long Undelivered { get; init; }

    /// <summary>Those among them that the server said it left out.</summary>
    public required long Skipped { get; init; }

    /// <summary>Stops of at least 100 ms.</summary>
    public required int Stalls { get; init; }

    /// <summary>How long all of them took.</summary>
    public required double StallSeconds { get; init; }

    /// <summary>Share of the time since joining.</summary>
    public required double StallShare { get; init; }

    /// <summary>Viewers that had one.</summary>
    public required int StalledViewers { get; init; }

    /// <summary>Connections that ended.</summary>
    public required DisconnectsReport Disconnects { get; init; }

    /// <summary>Attempts to connect that were refused, by status or reason.</summary>
    public required IReadOnlyDictionary<string, long> Refusals { get; init; }

    /// <summary>Faults by kind, every kind.</summary>
    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    /// <summary>Everything that came.</summary>
    public required long Bytes { get; init; }
}

/// <summary>One second of a run.</summary>
/// <param name="Second">Since it began.</param>
/// <param name="Connected">Viewers that have a connection or a playlist.</param>
/// <param name="Playing">Viewers that play.</param>
/// <param name="Stalled">Viewers that stand still.</param>
/// <param name="Delivered">Chunks and segments that came in it.</param>
/// <param name="DeliveryP50">Of those, s; null for none.</param>
/// <param name="DeliveryP95">Of those, s; null for none.</param>
/// <param name="Delay">Median over viewers, s; null where nobody plays.</param>
/// <param name="Bytes">That came in it.</param>
/// <param name="Faults">So far.</param>
/// <param name="Disconnects">So far.</param>
public sealed record SecondReport(
    int Second, int Connected, int Playing, int Stalled, long Delivered, double? DeliveryP50, double? DeliveryP95, double? Delay, long Bytes,
    long Faults, long Disconnects);

/// <summary>How the load itself fared: a run whose own timer was late measured itself.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="CpuShare">Of one core.</param>
/// <param name="TimerP95">How late a timer of 50 ms was, s.</param>
/// <param name="TimerMax">The latest, s.</param>
/// <param name="PeakMemoryBytes">Resident.</param>
/// <param name="ClockOffset">This clock minus the server's, s; null without WebSocket viewers.</param>
/// <param name="RoundTrip">The shortest ping, s.</param>
public sealed record OwnReport(double CpuSeconds, double CpuShare, double? TimerP95, double? TimerMax, long PeakMemoryBytes,
    double? ClockOffset, double? RoundTrip);

/// <summary>What became of a threshold.</summary>
/// <param name="Expression">As it was written.</param>
/// <param name="Value">The figure; null where it was not measured.</param>
/// <param name="Broken">Whether the run fails for it; it does where nothing was measured.</param>
public sealed record ThresholdReport(string Expression, double? Value, bool Broken);

/// <summary>How a run was asked for.</summary>
public sealed record OptionsReport(
    string Via, string Media, IReadOnlyList<string> Languages, int Viewers, double DurationSeconds, double RampSeconds, double BufferSeconds,
    int Seed, int Frozen, int Slow, double SlowBytesPerSecond);

/// <summary>Everything that a run measured; docs/load.md describes each key.</summary>
public sealed record LoadReport
{
    /// <summary>Version of this form; grows when a key changes its meaning or goes away.</summary>
    public int Schema { get; } = 1;

    /// <summary>When it began.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Whose channel: without query.</summary>
    public required string Url { get; init; }

    /// <summary>What was asked for.</summary>
    public required OptionsReport Options { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether it was ended before its time.</summary>
    public required bool Stopped { get; init; }

    /// <summary>Whether somebody joined and no threshold is broken.</summary>
    public required bool Passed { get; init; }

    /// <summary><c>all</c> first, then those that there were.</summary>
    public required IReadOnlyList<GroupReport> Groups { get; init; }

    /// <summary>In the order given.</summary>
    public required IReadOnlyList<ThresholdReport> Thresholds { get; init; }

    /// <summary>What somebody should know before believing the figures.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>The first faults in words.</summary>
    public required IReadOnlyList<FaultLine> FaultLines { get; init; }

    /// <summary>Second by second.</summary>
    public required IReadOnlyList<SecondReport> Series { get; init; }

    /// <summary>Delivery of all viewers: share that came within so many s.</summary>
    public required IReadOnlyList<DeliveryPoint> DeliveryCurve { get; init; }

    /// <summary>The load's own state.</summary>
    public required OwnReport Own { get; init; }

    /// <summary>The group of a name; null where there is none.</summary>
    public GroupReport? Group(string name) => Groups.FirstOrDefault(group => group.Name == name);

    /// <summary>One line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, LoadJson.Default.LoadReport);
}

/// <summary>A point of the curve of delivery.</summary>
/// <param name="Seconds">Within so long.</param>
/// <param name="Share">This share of what was expected came.</param>
public sealed record DeliveryPoint(double Seconds, double Share);

/// <summary>Writes reports; what is infinite is the string <c>"Infinity"</c>, as JSON has no number for it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadJson : JsonSerializerContext;
