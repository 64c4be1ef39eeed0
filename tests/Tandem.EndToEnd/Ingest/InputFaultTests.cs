using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Ingest;

/// <summary>
/// What reads a source that is not fetched is killed: first the worker that decodes it, then the one that receives and cuts it. Each costs
/// what it must, and the channel comes back by itself, however the source comes (issue 3, point 1).
/// </summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed partial class InputFaultTests
{
    /// <summary>A decoder that starts anew lacks the frame before.</summary>
    private const double Hiccup = 0.05;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_channel_gets_over_the_death_of_what_reads_its_source()
    {
        var programme = await Programmes.SineAsync(Packing.Ts, 132, segment: 1, loop: 64);
        var sendings = new List<Sending>();
        try
        {
            foreach (var by in new[] { SentBy.Push, SentBy.File, SentBy.Rtmp, SentBy.Srt, SentBy.Udp })
                sendings.Add(await Sending.PrepareAsync(by.ToString().ToLowerInvariant(), by, programme));
            await using var server = await TandemServer.StartAsync(sendings.Select(sending => sending.Channel(delay: "6s")));
            var recorders = sendings.ToDictionary(sending => sending, sending => HlsRecorder.Start(server.Master(sending.Id)));
            await Task.WhenAll(sendings.Select(sending => sending.BeginAsync(server)));
            await Task.WhenAll(recorders.Values.Select(recorder => recorder.SecondsAsync(8, _limit)));

            foreach (var sending in sendings)
                TandemServer.Signal(Workers(server, sending.Id).Single(), "KILL");
            await Task.WhenAll(recorders.Values.Select(recorder => recorder.SecondsAsync(26, _limit)));
            foreach (var (sending, recorder) in recorders)
            {
                Assert.True(Workers(server, sending.Id).Count() == 2, $"{sending.By}: its worker was not started again\n{server.Tail()}");
                await IsWholeAsync(recorder.Snapshot(), epoch: 0, Hiccup, $"{sending.By}, worker killed\n{server.Tail()}\n{sending.Log}");
            }

            var cutters = ProcessTree.Below(server.ProcessId).Where(id => Arguments(id).Contains("segment", StringComparer.Ordinal)).ToList();
            Assert.Equal(sendings.Count(sending => sending.By != SentBy.Push), cutters.Count);
            var outages = sendings.Where(sending => sending.By != SentBy.Push).Select(sending => server.ExpectOutage(sending.Id)).ToList();
            foreach (var cutter in cutters)
                TandemServer.Signal(cutter, "KILL");

            // A sender whose connection is gone ends, and is started again by whoever runs it; a sender of datagrams notices nothing.
            await Task.WhenAll(sendings.Where(sending => sending.By is SentBy.Rtmp or SentBy.Srt).Select(sending => sending.BeginAsync(server)));
            foreach (var (sending, recorder) in recorders.Where(pair => pair.Key.By != SentBy.Push))
            {
                var again = await UntilAsync(sending, recorder, server);
                await IsWholeAsync(again, again.Voice("es").Epochs.Count - 1, Hiccup, $"{sending.By}, cutter killed\n{server.Tail()}\n{sending.Log}");
                Assert.Equal("live", (await server.ChannelAsync(sending.Id)).GetProperty("state").GetString());
            }

            foreach (var outage in outages)
                outage.Dispose();
            var pushed = recorders.Single(pair => pair.Key.By == SentBy.Push).Value.Snapshot();
            await IsWholeAsync(pushed, epoch: 0, Hiccup, $"the channel beside them\n{server.Tail()}");
            foreach (var recorder in recorders.Values)
                await recorder.DisposeAsync();
        }
        finally
        {
            foreach (var sending in sendings)
                await sending.DisposeAsync();
        }
    }

    private static async Task<HlsRecording> UntilAsync(Sending sending, HlsRecorder recorder, TandemServer server)
    {
        try
        {
            return await recorder.UntilAsync(
                now => now.Tracks.All(track => track.Epochs.Count > 1 && track.Had(track.Epochs[^1]).Sum(segment => segment.Listed.Duration) >= 12), _limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{sending.By}: {late.Message}\n{server.Tail()}\n{sending.Log}", late);
        }
    }

    /// <summary>
    /// The voices' sound of an epoch is the sender's, but for one hiccup of so many seconds. Its first two segments are left out: a tone begins
    /// in them, and a sender whose transport stream is joined has a third of a second of silence there (docs/plan.md).
    /// </summary>
    private static async Task IsWholeAsync(HlsRecording recording, int epoch, double hiccup, string told)
    {
        foreach (var voice in new[] { recording.Voice("es"), recording.Original })
        {
            var id = voice.Epochs[epoch];
            var steady = voice with { Segments = [.. voice.Segments.Where(segment => segment.Epoch == id).Skip(2)] };
            var faults = Clicks.Find(await Decode.SoundAsync(steady.Sound(id)));
            Assert.True(
                faults.Count == 0 || faults[^1].Seconds - faults[0].Seconds <= hiccup,
                $"{voice.Item.Name}: {faults.Count} faults: {string.Join(", ", faults.Take(12))}\n{told}");
        }

        foreach (var track in recording.Tracks)
        {
            var numbers = track.Segments.Select(segment => segment.Listed.Sequence).Order().ToList();
            Assert.True(numbers.SequenceEqual(numbers.Select((_, index) => numbers[0] + index)), $"{track.Item.Name}: {string.Join(", ", numbers)}\n{told}");
        }
    }

    private static IEnumerable<int> Workers(TandemServer server, string channel) =>
        server.Log.Select(line => Ready().Match(line)).Where(match => match.Success && match.Groups[1].Value == channel)
            .Select(match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)).Distinct();

    private static string[] Arguments(int process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{process}/cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"Media worker (\S+) \((\d+)\) is ready")]
    private static partial Regex Ready();
}
