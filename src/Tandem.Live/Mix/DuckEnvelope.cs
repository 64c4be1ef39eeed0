using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Mix;

/// <summary>
/// Lowers the original over intervals: linear in dB down to the background level before an interval begins, and back after it ends.
/// Outside it touches nothing. The gain depends on the time alone, so blocks of any size give the same sound.
/// </summary>
internal sealed class DuckEnvelope
{
    private readonly float _background;
    private readonly float[] _attack;
    private readonly float[] _release;
    private readonly float[] _gain = new float[VoiceMixer.LongestRender];

    /// <param name="options">Level and ramps.</param>
    /// <param name="muted">Whether the original is silent under a dub, whatever the level.</param>
    public DuckEnvelope(VoiceMixerOptions options, bool muted)
    {
        var level = muted ? -80 : options.BackgroundLevel;
        _background = muted ? 0 : (float)Decibels.ToGain(level);
        _attack = Ramp(SoundLength.Of(options.Attack), 0, level);
        _release = Ramp(SoundLength.Of(options.Release), level, 0);
    }

    /// <summary>Applies the gain to interleaved stereo that begins at <paramref name="from"/>.</summary>
    public void Apply(ChannelTime from, Span<float> stereo, IReadOnlyList<Stretch> intervals)
    {
        var count = stereo.Length / 2;
        var gain = _gain.AsSpan(0, count);
        var touched = false;
        for (var i = 0; i < intervals.Count; i++)
        {
            var start = (intervals[i].Start - from).Samples;
            var end = (intervals[i].End - from).Samples;
            if (start - _attack.Length >= count || end + _release.Length <= 0)
                continue;
            if (start <= 0 && end >= count)
            {
                Lower(stereo);
                return;
            }

            if (!touched)
                gain.Fill(1);
            touched = true;
            Fill(gain, start, end);
            Shape(gain, _attack, start - _attack.Length);
            Shape(gain, _release, end);
        }

        if (touched)
            Samples.MultiplyBoth(stereo, gain);
    }

    private static float[] Ramp(SoundLength length, double from, double to)
    {
        var ramp = new float[length.Samples];
        for (var i = 0; i < ramp.Length; i++)
            ramp[i] = (float)Decibels.ToGain(from + ((to - from) * i / ramp.Length));
        return ramp;
    }

    private void Lower(Span<float> stereo)
    {
        // Multiplying by 0 would keep the sign, and what is no number.
        if (_background == 0)
            stereo.Clear();
        else
            Samples.Multiply(stereo, _background);
    }

    private void Fill(Span<float> gain, long start, long end)
    {
        var (first, last) = ((int)Math.Clamp(start, 0, gain.Length), (int)Math.Clamp(end, 0, gain.Length));
        if (first < last)
            gain[first..last].Fill(_background);
    }

    /// <summary>Lays a ramp over the gain where it is lower.</summary>
    private static void Shape(Span<float> gain, ReadOnlySpan<float> ramp, long at)
    {
        var first = (int)Math.Clamp(at, 0, gain.Length);
        var last = (int)Math.Clamp(at + ramp.Length, 0, gain.Length);
        if (first >= last)
            return;
        var part = gain[first..last];
        Samples.Min(part, ramp.Slice((int)(first - at), part.Length));
    }
}
