using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Live.Mix;

/// <summary>
/// Decides each dub's gain once, when its first sample is mixed: from its own gated loudness to that of the last 30 s of original
/// speech, the dub's own utterance included where it is known by then.
/// </summary>
internal sealed class DubLevel(VoiceMixerOptions options, SpeechLoudness speech)
{
    /// <summary>Samples measured at once.</summary>
    private const int Piece = 4_800;

    /// <summary>EBU R 128 measures in blocks of 400 ms; a shorter sound is measured as if it were repeated.</summary>
    private const int ShortestMeasured = 19_200;

    /// <summary>Of a dub no more than this is measured: it is one voice throughout.</summary>
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    private readonly Dictionary<long, double> _gains = [];
    private readonly float[] _sound = new float[Piece * 2];
    private double? _previous;

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
        var gain = Math.Clamp((speech.Gated ?? options.DefaultLoudness) - loudness, -options.MaxGain, options.MaxGain);
        return _previous is { } previous ? Math.Clamp(gain, previous - options.MaxGainStep, previous + options.MaxGainStep) : gain;
    }

    /// <summary>Of a growing sound, what there is by now. Null for silence.</summary>
    private double? LoudnessOf(DubSound sound)
    {
        using var meter = new LoudnessMeter(Measured, sound.Channels);
        var length = Math.Min(sound.Length.Samples, (long)Measured.TotalSeconds * ChannelTime.Rate);
        for (long at = 0, measured = 0; at < length || (length > 0 && measured < ShortestMeasured); at += Piece)
        {
            at = at < length ? at : 0;
            var piece = _sound.AsSpan(0, Piece * sound.Channels);
            piece = piece[..(sound.Read(new SoundLength(at), piece) * sound.Channels)];
            if (piece.IsEmpty)
                return null;
            Samples.Clean(piece);
            meter.Add(piece);
            measured += piece.Length / sound.Channels;
        }

        return meter.Gated;
    }
}
