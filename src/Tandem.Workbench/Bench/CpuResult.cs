using System.Text.Json.Serialization;

namespace Tandem.Workbench.Bench;

/// <summary>CPU of one number of languages against the peer.</summary>
/// <param name="Languages">How many.</param>
/// <param name="Pairs">How many pairs.</param>
/// <param name="TandemSegments">Segments that Tandem did in each.</param>
/// <param name="PeerSegments">Segments that the peer did in each.</param>
/// <param name="Ratio">Tandem's CPU by the peer's, a pair.</param>
/// <param name="Ratios">Each pair's, in order.</param>
/// <param name="TandemMsPerSegmentLanguage">Tandem's CPU for a segment in one language, ms.</param>
/// <param name="PeerMsPerSegmentLanguage">The peer's, ms.</param>
/// <param name="WorkerMsPerSegment">What of Tandem's the media worker used for a segment, ms.</param>
/// <param name="StageMsPerSegment">Median work of each stage for a segment, all languages together, ms.</param>
/// <param name="WallMsPerSegment">Wall time for a segment with nothing to wait for, ms.</param>
/// <param name="AllocatedBytesPerSegment">On the managed heap.</param>
/// <param name="VoiceBytesPerSecond">What one voice publishes.</param>
/// <param name="ServerMemoryBytes">That the server's own process holds more than without the channel (Pss).</param>
/// <param name="WorkerMemoryBytes">Of the media worker (Pss), after the last pair.</param>
public sealed record CpuResult(
    int Languages,
    int Pairs,
    int TandemSegments,
    int PeerSegments,
    Spread Ratio,
    IReadOnlyList<double> Ratios,
    Spread TandemMsPerSegmentLanguage,
    Spread PeerMsPerSegmentLanguage,
    Spread WorkerMsPerSegment,
    IReadOnlyDictionary<string, double> StageMsPerSegment,
    Spread WallMsPerSegment,
    Spread AllocatedBytesPerSegment,
    double VoiceBytesPerSecond,
    long ServerMemoryBytes,
    long WorkerMemoryBytes)
{
    /// <summary>CPU of all Tandem's processes for a segment in all languages, ms.</summary>
    [JsonIgnore]
    public double TandemMsPerSegment => TandemMsPerSegmentLanguage.Median * Languages;

    internal static CpuResult Of(int languages, int own, int peers, IReadOnlyList<CpuPair> pairs, long serverMemory, long workerMemory) => new(
        languages,
        pairs.Count,
        own,
        peers,
        Spread.Of(pairs.Select(pair => pair.Ratio)),
        [.. pairs.Select(pair => Math.Round(pair.Ratio, 4))],
        Spread.Of(pairs.Select(pair => pair.Tandem.AllMs / languages)),
        Spread.Of(pairs.Select(pair => pair.PeerMs / languages)),
        Spread.Of(pairs.Select(pair => pair.Tandem.WorkerMs)),
        pairs.SelectMany(pair => pair.Tandem.StageMs).GroupBy(stage => stage.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => Spread.Of(group.Select(stage => stage.Value)).Median),
        Spread.Of(pairs.Select(pair => pair.Tandem.WallMs)),
        Spread.Of(pairs.Select(pair => pair.Tandem.AllocatedBytes)),
        pairs[^1].Tandem.VoiceBytesPerSecond,
        serverMemory,
        workerMemory);
}

/// <summary>The encoder alone against an <c>ffmpeg</c> process that encodes the same segment.</summary>
/// <param name="Pairs">How many pairs.</param>
/// <param name="Ratio">Tandem's CPU by the peer's, a pair.</param>
/// <param name="TandemMsPerSegment">CPU of the encoder in the running process, ms.</param>
/// <param name="PeerMsPerSegment">CPU of the peer's process, ms.</param>
public sealed record EncodeResult(int Pairs, Spread Ratio, Spread TandemMsPerSegment, Spread PeerMsPerSegment);
