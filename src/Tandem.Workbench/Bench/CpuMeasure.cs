using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Bench;

/// <summary>Measures CPU against the peer: the same segments by one and the other in turn, Tandem first in one pair and last in the next.</summary>
internal sealed class CpuMeasure(BenchMaterial material, BenchOptions options, BenchTold told)
{
    // Until then a channel's delay fills and its first segments are made up for.
    private const int Warm = 7;

    /// <summary>One number of languages.</summary>
    public async Task<CpuResult> RunAsync(int languages, CancellationToken cancel)
    {
        var (own, peers) = languages switch
        {
            1 => (40, 12),
            <= 8 => (24, 4),
            _ => (12, 2),
        };
        var voices = DubVoice.Make(languages);
        var peer = new Peer(material, voices);
        await peer.PrepareAsync(cancel);
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { Name = "bench" }, TimeProvider.System, NullLogger.Instance);

        // What is compiled at first use, here and in the worker's child, is no part of what a channel costs that runs for days.
        // One language warms as well as many, and leaves less memory behind that the next run would take without being seen to.
        await TandemAsync([voices[0]], worker, 40, check: false, cancel);
        var free = SettledMemory();
        var held = (await TandemAsync(voices, worker, 12, check: true, cancel)).MemoryBytes - free;
        await PeerAsync(peer, 1, cancel);
        await PublishedCheck.OfPeerAsync(peer.Output, voices[^1], material, cancel);

        var pairs = options.Quick ? 3 : 10;
        var all = new List<CpuPair>();
        for (var pair = 0; pair < pairs; pair++)
        {
            told($"cpu, {languages} {(languages == 1 ? "language" : "languages")}: pair {pair + 1} of {pairs}");
            var tandemFirst = pair % 2 == 0;
            var first = tandemFirst ? await TandemAsync(voices, worker, own, check: false, cancel) : null;
            var other = await PeerAsync(peer, peers, cancel);
            var tandem = first ?? await TandemAsync(voices, worker, own, check: false, cancel);
            all.Add(new CpuPair(tandemFirst, tandem, other));
        }

        return CpuResult.Of(languages, own, peers, all, held, CpuTimes.Memory(worker.ProcessId ?? 0));
    }

    /// <summary>The encoder alone: a second's share of frames, against an ffmpeg process that encodes the same segment.</summary>
    public async Task<EncodeResult> EncodeAsync(CancellationToken cancel)
    {
        const int Segments = 40;
        var peer = new Peer(material, DubVoice.Make(1));
        await peer.PrepareAsync(cancel);
        var frames = (int)(BenchMaterial.Duration.TotalSeconds * ChannelTime.Rate / AacEncoder.FrameSamples);
        var sound = SyntheticSpeech.Programme(new SoundLength(frames * AacEncoder.FrameSamples));
        using var encoder = new AacEncoder(128_000);
        using var plant = options.Plant is { } share ? new PlantedLoad(share) : null;
        var packets = new List<ReadOnlyMemory<byte>>();
        encoder.Encode(sound, packets);
        var (own, peers) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < (options.Quick ? 3 : 10); pair++)
        {
            told($"encode: pair {pair + 1}");
            if (pair % 2 == 1)
                peers.Add(await OfPeerAsync());
            own.Add(OfTandem());
            if (pair % 2 == 0)
                peers.Add(await OfPeerAsync());
        }

        return new EncodeResult(own.Count, Spread.Of(own.Zip(peers, (tandem, other) => tandem / other)), Spread.Of(own), Spread.Of(peers));

        double OfTandem()
        {
            var before = CpuTimes.Own;
            for (var segment = 0; segment < Segments; segment++)
            {
                packets.Clear();
                encoder.Encode(sound, packets);
                plant?.Burn(1);
            }

            return (CpuTimes.Own - before).TotalMilliseconds / Segments;
        }

        async Task<double> OfPeerAsync()
        {
            var time = TimeSpan.Zero;
            for (var segment = 0; segment < 10; segment++)
                time += await peer.EncodeAsync(cancel);
            return time.TotalMilliseconds / 10;
        }
    }

    private async Task<TandemCpu> TandemAsync(IReadOnlyList<DubVoice> voices, MediaWorker worker, int segments, bool check, CancellationToken cancel)
    {
        using var run = new ChannelRun(material, voices, worker, options.Plant is { } share ? new PlantedLoad(share) : null);
        for (var warm = 0; warm < Warm; warm++)
            await run.StepAsync(cancel);
        var (published, stages) = (run.PublishedCount, run.Stages.ToDictionary());
        var (bytes, began) = (GC.GetTotalAllocatedBytes(precise: true), TimeProvider.System.GetTimestamp());
        var before = (Own: CpuTimes.Own, Worker: CpuTimes.Of(worker.ProcessId ?? 0));
        for (var segment = 0; segment < segments; segment++)
            await run.StepAsync(cancel);
        var (own, child) = (CpuTimes.Own - before.Own, CpuTimes.Of(worker.ProcessId ?? 0) - before.Worker);
        var wall = TimeProvider.System.GetElapsedTime(began);
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        if (run.PublishedCount - published != segments)
            throw new BenchException($"{run.PublishedCount - published} segments were published of {segments}");
        if (check)
            await PublishedCheck.RunAsync(run, voices, material, cancel);
        return new TandemCpu(
            own.TotalMilliseconds / segments,
            child.TotalMilliseconds / segments,
            wall.TotalMilliseconds / segments,
            (double)bytes / segments,
            run.Stages.ToDictionary(stage => stage.Key, stage => (stage.Value - stages.GetValueOrDefault(stage.Key)) * 1000 / segments),
            PublishedCheck.VoiceBytesPerSecond(run, voices),
            check ? SettledMemory() : 0);
    }

    /// <summary>Of this process, with nothing left to collect.</summary>
    private static long SettledMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return CpuTimes.Memory(Environment.ProcessId);
    }

    private static async Task<double> PeerAsync(Peer peer, int segments, CancellationToken cancel)
    {
        var time = TimeSpan.Zero;
        for (var segment = 0; segment < segments; segment++)
            time += await peer.SegmentAsync(segment, cancel);
        return time.TotalMilliseconds / segments;
    }
}

/// <summary>What Tandem used for a segment in all its languages.</summary>
/// <param name="OwnMs">CPU of the server's own process, ms.</param>
/// <param name="WorkerMs">CPU of the media worker's child, ms.</param>
/// <param name="WallMs">Wall time, ms.</param>
/// <param name="AllocatedBytes">Allocated on the managed heap.</param>
/// <param name="StageMs">Work of each stage, ms, all languages together.</param>
/// <param name="VoiceBytesPerSecond">What one voice publishes a second of channel time.</param>
/// <param name="MemoryBytes">Of the server's own process at the end (Pss); 0 where that was not asked for.</param>
internal sealed record TandemCpu(
    double OwnMs,
    double WorkerMs,
    double WallMs,
    double AllocatedBytes,
    IReadOnlyDictionary<string, double> StageMs,
    double VoiceBytesPerSecond,
    long MemoryBytes)
{
    /// <summary>All processes.</summary>
    public double AllMs => OwnMs + WorkerMs;
}

/// <summary>One pair.</summary>
/// <param name="TandemFirst">Whether Tandem came first.</param>
/// <param name="Tandem">What Tandem used for a segment.</param>
/// <param name="PeerMs">What the peer's processes used for a segment in all languages, ms.</param>
internal sealed record CpuPair(bool TandemFirst, TandemCpu Tandem, double PeerMs)
{
    /// <summary>Tandem's by the peer's; the same a language, as both did the same number.</summary>
    public double Ratio => Tandem.AllMs / PeerMs;
}
