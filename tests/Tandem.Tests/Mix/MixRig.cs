using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;

namespace Tandem.Tests.Mix;

/// <summary>A bed, a track and a mixer, run as a channel would: commit, then mix up to there in steps.</summary>
internal sealed class MixRig
{
    public static readonly EngineTraits Plain = new(Aligned: true, Streaming: false, LevelControl: false);

    public static readonly EngineTraits Levelled = new(Aligned: true, Streaming: false);

    public static readonly EngineTraits Echo = new(Aligned: true, Streaming: true, LevelControl: false, OriginalMuted: true);

    private readonly VoiceMixer _mixer;
    private readonly List<float> _out = [];
    private long _ids;

    public MixRig(EngineTraits traits, PlacementOptions? options = null, VoiceMixerOptions? mix = null, SpeechLoudness? speech = null)
    {
        var channel = new ChannelOptions { Id = "t", Input = new Uri("http://t.invalid/"), From = "en", To = ["es"] };
        Track = new DubTrack("es", traits, options ?? PlacementOptions.Of(channel, traits), Nearest);
        _mixer = new VoiceMixer(mix ?? new VoiceMixerOptions(), traits, speech);
    }

    public SoundTrack Bed { get; } = new(ChannelTime.Zero);

    public DubTrack Track { get; }

    /// <summary>Everything mixed so far, interleaved stereo.</summary>
    public float[] Out => [.. _out];

    public List<CommitResult> Commits { get; } = [];

    public static ChannelTime At(double seconds) => ChannelTime.Zero + SoundLength.OfSeconds(seconds);

    public static Utterance Said(long id, double start, double end, string text = "") => new(id, At(start), At(end), text);

    public static float[] Sine(double seconds, double amplitude, double frequency = 997, int channels = 1)
    {
        var samples = new float[(int)Math.Round(seconds * 48_000) * channels];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (float)(amplitude * Math.Sin(2 * Math.PI * frequency * (i / channels) / 48_000));
        return samples;
    }

    /// <summary>Plays every n-th sample: wrong in pitch, right in length.</summary>
    public static float[] Nearest(ReadOnlySpan<float> mono, double speed)
    {
        var faster = new float[(int)(mono.Length / speed)];
        for (var i = 0; i < faster.Length; i++)
            faster[i] = mono[(int)(i * speed)];
        return faster;
    }

    /// <summary>An utterance whose dub is there.</summary>
    public long Speak(double start, double end, float[] sound, string text = "")
    {
        var utterance = Said(_ids++, start, end);
        Track.Accept(new UtteranceHeard(utterance));
        Track.Accept(new DubReady(new Dub(utterance, "es", text, DubSound.Of(sound))));
        return utterance.Id;
    }

    public void CommitTo(double seconds) => Commits.Add(Track.CommitUpTo(At(seconds)));

    /// <summary>Commits and mixes in steps.</summary>
    public void RunTo(double seconds, double commitStep = 0.5, int mixStep = 24_000)
    {
        var end = At(seconds).Samples;
        while (_out.Count / 2 < end)
        {
            var now = _out.Count / 2;
            var horizon = Math.Min(end, now + (long)(commitStep * 48_000));
            Commits.Add(Track.CommitUpTo(new ChannelTime(horizon)));
            for (var at = (long)now; at < horizon; at += mixStep)
            {
                var step = new float[Math.Min(mixStep, horizon - at) * 2];
                _mixer.Mix(new ChannelTime(at), step, Bed, Track);
                _out.AddRange(step);
            }
        }
    }

    /// <summary>Level of the left channel, dB of full scale (a full-scale sine is −3.01).</summary>
    public double Level(double from, double to)
    {
        var (first, last) = ((int)At(from).Samples, (int)At(to).Samples);
        var sum = 0.0;
        for (var i = first; i < last; i++)
            sum += _out[2 * i] * (double)_out[2 * i];
        return 10 * Math.Log10(sum / (last - first));
    }
}
