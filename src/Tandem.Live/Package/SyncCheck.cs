using System.Numerics.Tensors;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>
/// A look at what is published from outside: decodes a voice's segment, places it by the times that are written in it, and finds by
/// correlation how far its sound lies from the source's sound, which lies where the picture is. A voice in which a dub covers the
/// original says nothing.
/// </summary>
public static class SyncCheck
{
    private const int Divisor = 6;
    private const int Rate = ChannelTime.Rate / Divisor;

    // 50 ms: more than any fault that is not heard at once as one of another kind.
    private const int MostLag = Rate / 20;
    private const int FramesSkipped = 2;
    private const double LikeEnough = 0.6;

    // Sound that repeats itself fits in many places; the nearest of those that fit as well is meant.
    private const double AsGood = 0.98;
    private const double Quietest = 1e-4;

    /// <summary>How much of the source's sound is needed around a segment, on each side.</summary>
    public static SoundLength Margin { get; } = SoundLength.OfSeconds(0.1);

    /// <summary>How much later the voice's sound is than the source's; null where it cannot be told.</summary>
    /// <param name="segment">As published.</param>
    /// <param name="init">Its init segment; empty where there is none.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="from">Where the segment begins.</param>
    /// <param name="bed">The source's sound from <see cref="Margin"/> before <paramref name="from"/> on, interleaved stereo, 48 kHz.</param>
    public static TimeSpan? OffsetOf(ReadOnlyMemory<byte> segment, ReadOnlyMemory<byte> init, Epoch epoch, ChannelTime from, ReadOnlySpan<float> bed)
    {
        var frames = OwnSound.Decode(segment, init);
        if (frames.Count <= FramesSkipped)
            return null;
        var first = frames[FramesSkipped];
        var expected = epoch.ToMedia(from).Ticks;
        var ticks = init.IsEmpty ? MediaTime.Unwrap(first.Ticks, expected) : first.Ticks;
        var voice = Mono(frames.Skip(FramesSkipped));
        var start = (int)Math.Clamp((epoch.ToChannel(ticks) - (from - Margin)).Samples, int.MinValue, int.MaxValue);
        return Offset(voice, Mono(bed), start);
    }

    /// <summary>How much later <paramref name="voice"/> is than it should be; null where they are not alike.</summary>
    /// <param name="voice">48 kHz.</param>
    /// <param name="bed">48 kHz.</param>
    /// <param name="start">Where in <paramref name="bed"/> the voice should begin, samples.</param>
    public static TimeSpan? Offset(ReadOnlySpan<float> voice, ReadOnlySpan<float> bed, int start)
    {
        var lead = MostLag * Divisor;
        var count = Math.Min(voice.Length, bed.Length - start - lead) / Divisor;
        if (start < lead || count < Rate / 4)
            return null;
        var slow = Thinned(voice[..(count * Divisor)]);
        var around = Thinned(bed.Slice(start - lead, (count + (2 * MostLag)) * Divisor));
        var likeness = new double[(2 * MostLag) + 1];
        var power = Power(slow);
        for (var lag = 0; lag < likeness.Length; lag++)
            likeness[lag] = Likeness(slow, around.AsSpan(lag, count), power);
        var best = likeness.Max();
        if (!(best >= LikeEnough))
            return null;
        var found = Enumerable.Range(0, likeness.Length).Where(lag => likeness[lag] >= best * AsGood).MinBy(lag => Math.Abs(lag - MostLag));

        // What is found later in the bed than where it should be comes too early from the voice.
        var coarse = (found - MostLag) * Divisor;
        var (fine, length) = (coarse, count * Divisor);
        var whole = Power(voice[..length]);
        var most = double.MinValue;
        for (var lag = coarse - Divisor; lag <= coarse + Divisor; lag++)
        {
            if (start + lag < 0 || start + lag + length > bed.Length)
                continue;
            var likely = Likeness(voice[..length], bed.Slice(start + lag, length), whole);
            (most, fine) = likely > most ? (likely, lag) : (most, fine);
        }

        return TimeSpan.FromSeconds(-fine / (double)ChannelTime.Rate);
    }

    private static double Likeness(ReadOnlySpan<float> one, ReadOnlySpan<float> other, double power)
    {
        var product = TensorPrimitives.Dot(one, other);
        var both = Math.Sqrt(power * Power(other));
        return power < Quietest * one.Length / 1000 || both <= 0 ? 0 : product / both;
    }

    private static double Power(ReadOnlySpan<float> samples) => TensorPrimitives.SumOfSquares(samples);

    private static float[] Thinned(ReadOnlySpan<float> samples)
    {
        var thinned = new float[samples.Length / Divisor];
        for (var index = 0; index < thinned.Length; index++)
            thinned[index] = TensorPrimitives.Sum(samples.Slice(index * Divisor, Divisor)) / Divisor;
        return thinned;
    }

    private static float[] Mono(IEnumerable<DecodedSound> frames) => [.. frames.SelectMany(frame => Mono(frame.Samples))];

    private static float[] Mono(ReadOnlySpan<float> stereo)
    {
        var mono = new float[stereo.Length / 2];
        for (var index = 0; index < mono.Length; index++)
            mono[index] = (stereo[index * 2] + stereo[(index * 2) + 1]) / 2;
        return mono;
    }
}
