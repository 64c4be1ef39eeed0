using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Doctor;

/// <summary>One round of generated sound: packaged as a source would, decoded, dubbed with a tone, packaged as a voice, decoded again.</summary>
internal static class SoundRound
{
    private const string Target = "es";
    private const int OriginalTone = 997;
    private const int DubTone = 1499;
    private const double ToneSeconds = 0.25;
    private const int BitRate = 128_000;
    private const double Amplitude = 0.3;

    private static readonly ChannelTime _originalAt = ChannelTime.Zero + SoundLength.OfSeconds(0.9);
    private static readonly ChannelTime _dubAt = ChannelTime.Zero + SoundLength.OfSeconds(2.5);

    // 188 frames, 4 s; media time wraps within the first second, as it does on a channel every 26.5 hours.
    private static readonly Epoch _epoch = new(0, EpochReason.Start, MediaTime.Wrap - 40_000, ChannelTime.Zero, 0, 0);
    private static readonly ChannelTime _end = _epoch.FrameStart(188);
    private static readonly ChannelTime _cut = _epoch.FrameStart(94);

    /// <summary>How much later than it should be each tone is heard, or why that cannot be told.</summary>
    public static async Task<(IReadOnlyList<(string What, SoundLength Late)> Places, string? Problem)> RunAsync(
        Container container, MediaWorker worker, CancellationToken cancellation)
    {
        var source = new float[_end.Samples * 2];
        AddTone(source, OriginalTone, _originalAt);
        var (heard, problem) = await ThroughWorkerAsync(source, container, worker, cancellation);
        if (problem is not null)
            return ([], $"the source: {problem}");
        var (voice, fault) = await ThroughWorkerAsync(Dubbed(heard), container, worker, cancellation);
        if (fault is not null)
            return ([], $"the voice: {fault}");

        var places = new List<(string, SoundLength)>();
        foreach (var (what, tone, at) in new[] { ("the original's tone", OriginalTone, _originalAt), ("the dub's tone", DubTone, _dubAt) })
        {
            if (ToneFinder.Onset(voice, tone) is not { } onset)
                return ([], $"{what} is not to be heard");
            places.Add((what, onset - at));
        }

        return (places, null);
    }

    /// <summary>Encodes and packages two segments, and has the worker decode them.</summary>
    private static async Task<(float[] Stereo, string? Problem)> ThroughWorkerAsync(
        float[] stereo, Container container, MediaWorker worker, CancellationToken cancellation)
    {
        using var encoder = new VoiceEncoder(_epoch, "doctor", BitRate);
        encoder.Feed(stereo);
        encoder.Finish();
        var packager = SoundPackager.Create(container, SoundFormat.AacLc(AacEncoder.SampleRate, 2), "en", alone: true)!;
        var decoded = new float[stereo.Length];
        foreach (var until in new[] { _cut, _end })
        {
            var (first, frames) = encoder.Take(until);
            if (frames.Count == 0)
                return (decoded, "the encoder gave no frames");
            var start = _epoch.ToMedia(_epoch.FrameStart(first));
            var outcome = await worker.DecodeAsync(
                new DecodeRequest(packager.Package(start, frames), packager.Init, "en", Continues: until != _cut), cancellation);
            if (outcome.Fault is { } fault)
                return (decoded, outcome.Detail ?? fault.ToString());
            foreach (var block in outcome.Segment!.Sound)
            {
                if (block.SampleRate != ChannelTime.Rate)
                    return (decoded, $"decoded at {block.SampleRate} Hz");
                var at = _epoch.ToChannel(MediaTime.Unwrap(block.Ticks, start.Ticks)).Samples * 2;
                for (var sample = 0; sample < block.Samples.Length; sample++)
                {
                    if (at + sample >= 0 && at + sample < decoded.Length)
                        decoded[at + sample] = block.Samples[sample];
                }
            }
        }

        return (decoded, null);
    }

    /// <summary>Mixes a dub over what was heard, as a channel does.</summary>
    private static float[] Dubbed(float[] heard)
    {
        var bed = new SoundTrack(ChannelTime.Zero);
        bed.Append(heard);
        var traits = new EngineTraits(Aligned: true, Streaming: false);
        var channel = new ChannelOptions { Id = "doctor", Input = new Uri("http://doctor.invalid/"), From = "en", To = [Target] };
        var dubs = new DubTrack(Target, traits, PlacementOptions.Of(channel, traits), TimeStretcher.Stretch);
        using var mixer = new VoiceMixer(VoiceMixerOptions.Of(channel), traits);
        var utterance = new Utterance(1, _dubAt, _dubAt + SoundLength.OfSeconds(ToneSeconds), "");
        dubs.Accept(new UtteranceHeard(utterance));
        dubs.Accept(new DubReady(new Dub(utterance, Target, "", DubSound.Of(Tone(DubTone)))));
        dubs.CommitUpTo(_end);
        var mixed = new float[heard.Length];
        mixer.Mix(ChannelTime.Zero, mixed, bed, dubs);
        return mixed;
    }

    private static void AddTone(float[] stereo, int frequency, ChannelTime at)
    {
        var tone = Tone(frequency);
        for (var sample = 0; sample < tone.Length; sample++)
            stereo[(at.Samples + sample) * 2] = stereo[((at.Samples + sample) * 2) + 1] = tone[sample];
    }

    private static float[] Tone(int frequency)
    {
        var tone = new float[SoundLength.OfSeconds(ToneSeconds).Samples];
        for (var sample = 0; sample < tone.Length; sample++)
            tone[sample] = (float)(Amplitude * Math.Sin(2 * Math.PI * frequency * sample / ChannelTime.Rate));
        return tone;
    }
}
