using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Bench;

/// <summary>How long starting takes: a media worker, and a live channel in 8 languages whose source's window covers the delay.</summary>
internal sealed class StartMeasure(BenchMaterial material, BenchOptions options, BenchTold told)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Measures both, several times.</summary>
    public async Task<StartResult> RunAsync(CancellationToken cancel)
    {
        var times = options.Quick ? 2 : 7;
        var (workers, channels, peers) = (new List<double>(), new List<double>(), new List<double>());
        for (var time = 0; time < times; time++)
        {
            told($"start: {time + 1} of {times}");
            workers.Add(await WorkerAsync(cancel));
            peers.Add(await PeerAsync(cancel));
            channels.Add(await ChannelAsync(cancel));
        }

        return new StartResult(
            times, Spread.Of(workers), Spread.Of(channels), Spread.Of(peers), Ratio(workers), Ratio(channels));

        Spread Ratio(List<double> own) => Spread.Of(own.Zip(peers, (tandem, peer) => tandem / peer));
    }

    /// <summary>What the plan that Tandem replaces pays for each segment: a process that starts and takes its sound out.</summary>
    private async Task<double> PeerAsync(CancellationToken cancel)
    {
        var peer = new Peer(material, []);
        var began = TimeProvider.System.GetTimestamp();
        await peer.SegmentAsync(0, cancel);
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    private async Task<double> WorkerAsync(CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { Name = "bench" }, TimeProvider.System, NullLogger.Instance);
        var outcome = await worker.DecodeAsync(new DecodeRequest(material.Segments[0], default, "en", Continues: false), cancel);
        return outcome.Fault is null
            ? TimeProvider.System.GetElapsedTime(began).TotalMilliseconds
            : throw new BenchException($"the media worker could not decode a segment: {outcome.Detail}");
    }

    private async Task<double> ChannelAsync(CancellationToken cancel)
    {
        await using var origin = await LiveOrigin.StartAsync(material, TimeProvider.System, cancel);
        var began = TimeProvider.System.GetTimestamp();
        await using var set = new LiveSet(origin, channels: 1, languages: 8, TimeSpan.FromSeconds(8));
        while (!set.AllPublish)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Longest)
                throw new BenchException($"a channel published nothing within {Longest.TotalSeconds:F0} s of its start");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
        }

        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }
}

/// <summary>How long starting takes, ms of wall time.</summary>
/// <param name="Pairs">How often each was measured.</param>
/// <param name="WorkerMs">A media worker, from its start to its first decoded segment.</param>
/// <param name="ChannelMs">A channel of 8 languages, from its start to its first published segment; a beat (100 ms) is the resolution.</param>
/// <param name="PeerMs">A process of the peer's, from its start until it has taken the sound out of one segment.</param>
/// <param name="WorkerRatio">The worker's by the peer's, a pair.</param>
/// <param name="ChannelRatio">The channel's by the peer's, a pair.</param>
public sealed record StartResult(int Pairs, Spread WorkerMs, Spread ChannelMs, Spread PeerMs, Spread WorkerRatio, Spread ChannelRatio);
