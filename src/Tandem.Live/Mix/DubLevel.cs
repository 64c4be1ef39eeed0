using System.Runtime.InteropServices;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Mix;

/// <summary>
/// Decides each dub's gain once, when its first sample is mixed: from its own gated loudness to that of the last 30 s of original
/// speech, the dub's own utterance included where it is known by then.
/// </summary>
internal sealed class DubLevel(VoiceMixerOptions options)
{
    /// <summary>Gating blocks in 30 s of speech.</summary>
    private const int SpeechBlocks = 300;

    private readonly LoudnessMeter _meter = new();
    private readonly List<double> _speech = new(SpeechBlocks * 2);
    private readonly List<double> _blocks = new(SpeechBlocks);
    private readonly Dictionary<long, double> _gains = [];
    private readonly float[] _sound = new float[LoudnessMeter.Hop * 2];
    private ChannelTime _learnt = new(-1);
    private double? _previous;

    /// <summary>Gated loudness of the last 30 s of original speech, LUFS; null before there was any.</summary>
    public double? SpeechLoudness => LoudnessMeter.Gated(CollectionsMarshal.AsSpan(_speech));

    /// <summary>Measures the utterances that began before <paramref name="until"/>, as far as their sound is held.</summary>
    public void Learn(IReadOnlyList<Utterance> speech, SoundTrack bed, ChannelTime until)
    {
        // Utterances come in order; the newest are at the end.
        var first = speech.Count;
        while (first > 0 && speech[first - 1].Start > _learnt)
            first--;
        for (var i = first; i < speech.Count && speech[i].Start < until; i++)
        {
            var from = ChannelTime.Max(speech[i].Start, bed.Begin);
            var to = ChannelTime.Min(speech[i].End, bed.End);
            _learnt = speech[i].Start;
            _meter.Reset();
            for (var at = from; at < to; at += new SoundLength(LoudnessMeter.Hop))
            {
                var piece = _sound.AsSpan(0, (int)Math.Min(LoudnessMeter.Hop, (to - at).Samples) * 2);
                bed.Read(at, piece);
                _meter.Add(piece, 2, _speech);
            }

            _meter.Finish(_speech);
            if (_speech.Count > SpeechBlocks)
                _speech.RemoveRange(0, _speech.Count - SpeechBlocks);
        }
    }

    /// <summary>Linear gain of a dub; the same for all its parts.</summary>
    public float GainOf(PlacedDub dub)
    {
        if (!_gains.TryGetValue(dub.Dub.Utterance.Id, out var gain))
        {
            gain = Decide(LoudnessOf(dub.Sound));
            if (_gains.Count >= 256)
                _gains.Clear();
            _gains[dub.Dub.Utterance.Id] = gain;
            _previous = gain;
        }

        return (float)Decibels.ToGain(gain);
    }

    private double Decide(double? own)
    {
        if (own is not { } loudness)
            return _previous ?? 0;
        var gain = Math.Clamp((SpeechLoudness ?? options.DefaultLoudness) - loudness, -options.MaxGain, options.MaxGain);
        return _previous is { } previous ? Math.Clamp(gain, previous - options.MaxGainStep, previous + options.MaxGainStep) : gain;
    }

    /// <summary>Of a growing sound, what there is by now.</summary>
    private double? LoudnessOf(DubSound sound)
    {
        _meter.Reset();
        _blocks.Clear();
        var length = sound.Length;
        for (var at = SoundLength.Zero; at < length; at += new SoundLength(LoudnessMeter.Hop))
        {
            var read = sound.Read(at, _sound.AsSpan(0, LoudnessMeter.Hop * sound.Channels));
            _meter.Add(_sound.AsSpan(0, read * sound.Channels), sound.Channels, _blocks);
        }

        _meter.Finish(_blocks);
        return LoudnessMeter.Gated(CollectionsMarshal.AsSpan(_blocks));
    }
}
