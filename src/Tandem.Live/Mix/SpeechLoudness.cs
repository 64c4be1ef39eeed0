using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Live.Mix;

/// <summary>
/// Gated loudness of the last 30 s of a channel's original speech: utterances only, what lies between them is left out. The same for
/// all its languages, whose mixers may share one, also from several threads; measuring costs 1 ms of CPU a second of speech.
/// </summary>
public sealed class SpeechLoudness : IDisposable
{
    private const int Piece = 4_800;

    private readonly Lock _lock = new();
    private readonly LoudnessMeter _meter = new(TimeSpan.FromSeconds(30));
    private readonly float[] _sound = new float[Piece * 2];
    private ChannelTime _learnt = new(-1);

    /// <summary>LUFS; null before there was speech.</summary>
    public double? Gated
    {
        get
        {
            lock (_lock)
                return _meter.Gated;
        }
    }

    /// <summary>Measures the utterances that began before <paramref name="until"/>, each once, as far as their sound is held.</summary>
    public void Learn(IReadOnlyList<Utterance> speech, SoundTrack bed, ChannelTime until)
    {
        lock (_lock)
        {
            // Utterances come in order; the newest are at the end.
            var first = speech.Count;
            while (first > 0 && speech[first - 1].Start > _learnt)
                first--;
            for (var i = first; i < speech.Count && speech[i].Start < until; i++)
            {
                _learnt = speech[i].Start;
                Measure(bed, ChannelTime.Max(speech[i].Start, bed.Begin), ChannelTime.Min(speech[i].End, bed.End));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Measure(SoundTrack bed, ChannelTime from, ChannelTime to)
    {
        for (var at = from; at < to; at += new SoundLength(Piece))
        {
            var piece = _sound.AsSpan(0, (int)Math.Min(Piece, (to - at).Samples) * 2);
            bed.Read(at, piece);
            Samples.Clean(piece);
            _meter.Add(piece);
        }
    }
}
