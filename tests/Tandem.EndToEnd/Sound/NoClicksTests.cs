using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Sound;

/// <summary>
/// A 997 Hz sine through <c>echo</c> shows no gap, repeat or step at any segment boundary (issue 2, point 2). That the detector finds a
/// stream with an encoder a segment faulty is shown in Tandem.MediaTests.
/// </summary>
[Collection(Alone.Name)]
public sealed class NoClicksTests
{
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(0.4);

    [Fact]
    public Task Thirty_boundaries_are_not_heard() => ListenAsync(boundaries: 30);

    [Fact]
    [Trait("Category", "Full")]
    public Task Three_hundred_boundaries_are_not_heard() => ListenAsync(boundaries: 300);

    private static async Task ListenAsync(int boundaries)
    {
        await using var origin = await OriginServer.StartAsync();
        OriginChannel Add(string id, Programme programme) =>
            origin.Add(id, new OriginOptions { Programme = programme, AtEnd = AtEnd.LoopSeamlessly, Window = 12 });

        // Loops of 64 s: 3,000 frames of AAC at 48 kHz, 997 × 64 waves.
        var channels = new[]
        {
            Add("sine-ts", await Programmes.SineAsync(Packing.Ts, 132, segment: 1, loop: 64)),
            Add("sine-fmp4", await Programmes.SineAsync(Packing.Fmp4, 132, segment: 1, loop: 64)),
        };
        await using var server = await TandemServer.StartAsync(channels.Select(channel => TandemServer.Channel(channel.Id, channel.Master)));
        foreach (var (channel, recorder) in channels.Select(channel => (channel, HlsRecorder.Start(server.Master(channel.Id), _pace))).ToList())
        {
            await using var _ = recorder;
            var recording = await recorder.SecondsAsync(boundaries + 1, TimeSpan.FromSeconds(boundaries + 40));
            var state = (await server.ChannelAsync(channel.Id)).GetRawText();
            Assert.Single(recording.Voice("es").Epochs);
            foreach (var voice in new[] { recording.Voice("es"), recording.Original })
            {
                var faults = Clicks.Find(await Decode.SoundAsync(voice.Sound(voice.Epochs[0])));
                Assert.True(faults.Count == 0, $"{channel.Id}, {voice.Item.Name}: {faults.Count} faults: {string.Join(", ", faults.Take(12))}\n{state}");
            }
        }
    }
}
