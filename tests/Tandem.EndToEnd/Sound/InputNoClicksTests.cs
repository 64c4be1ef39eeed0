using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Ingest;
using Xunit;

namespace Tandem.EndToEnd.Sound;

/// <summary>
/// A 997 Hz sine shows no gap, repeat or step at any segment boundary, however it comes to Tandem (issue 3, point 1). Played once for all
/// tests: eight channels, about two minutes. What UDP loses is lost, so that it is sent whole here.
/// </summary>
public sealed class SentSine : IAsyncLifetime
{
    private const double Seconds = 92;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(Seconds + 60);
    private readonly Dictionary<string, (HlsRecording Recording, string Told)> _recordings = new(StringComparer.Ordinal);

    /// <summary>What was recorded of a channel.</summary>
    public (HlsRecording Recording, string Told) Of(SentBy by, Packing packing) => _recordings[Name(by, packing)];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        (SentBy By, Packing Packing)[] ways =
        [
            (SentBy.Carried, Packing.Ts), (SentBy.Carried, Packing.Fmp4), (SentBy.Push, Packing.Ts), (SentBy.Push, Packing.Fmp4),
            (SentBy.File, Packing.Ts), (SentBy.Rtmp, Packing.Ts), (SentBy.Srt, Packing.Ts), (SentBy.Udp, Packing.Ts),
        ];
        var sendings = new List<Sending>();
        try
        {
            foreach (var (by, packing) in ways)
                sendings.Add(await Sending.PrepareAsync(Name(by, packing), by, await Programmes.SineAsync(packing, 132, segment: 1, loop: 64)));
            await using var server = await TandemServer.StartAsync(sendings.Select(sending => sending.Channel()));
            var recorders = sendings.ToDictionary(sending => sending, sending => HlsRecorder.Start(server.Master(sending.Id)));
            await Task.WhenAll(sendings.Select(sending => sending.BeginAsync(server)));
            foreach (var (sending, recorder) in recorders)
            {
                await using var _ = recorder;
                var recording = await recorder.SecondsAsync(Seconds, _limit);
                _recordings[sending.Id] = (recording, $"{(await server.ChannelAsync(sending.Id)).GetRawText()}\n{sending.Log}");
            }
        }
        finally
        {
            foreach (var sending in sendings)
                await sending.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Name(SentBy by, Packing packing) => $"sine-{by}-{packing}".ToLowerInvariant();
}

/// <summary>See <see cref="SentSine"/>.</summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class InputNoClicksTests(SentSine sine) : IClassFixture<SentSine>
{
    [Theory]
    [InlineData(SentBy.Carried, Packing.Ts)]
    [InlineData(SentBy.Carried, Packing.Fmp4)]
    [InlineData(SentBy.Push, Packing.Ts)]
    [InlineData(SentBy.Push, Packing.Fmp4)]
    [InlineData(SentBy.File, Packing.Ts)]
    [InlineData(SentBy.Rtmp, Packing.Ts)]
    [InlineData(SentBy.Srt, Packing.Ts)]
    [InlineData(SentBy.Udp, Packing.Ts)]
    public async Task Boundaries_are_not_heard(SentBy by, Packing packing)
    {
        var (recording, told) = sine.Of(by, packing);
        foreach (var voice in new[] { recording.Voice("es"), recording.Original })
        {
            // The programme itself begins in the first segment, and what begins is no steady tone.
            var steady = voice with { Segments = [.. voice.Segments.Skip(1)] };
            Assert.Single(voice.Epochs);
            Assert.True(steady.Segments.Count >= 40, $"{voice.Item.Name}: {steady.Segments.Count} segments\n{told}");
            var faults = Clicks.Find(await Decode.SoundAsync(steady.Sound(voice.Epochs[0])));
            Assert.True(faults.Count == 0, $"{voice.Item.Name}: {faults.Count} faults: {string.Join(", ", faults.Take(12))}\n{told}");
        }
    }
}
