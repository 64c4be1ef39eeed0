using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Tandem.Live.Timeline;

/// <summary>
/// Band-limited interpolation at any position of a stereo stream: the caller says where each output sample lies in the input, so that a
/// drifting clock can be followed without ever losing count. A step of exactly one at whole positions copies samples untouched.
/// </summary>
public sealed class SincResampler
{
    /// <summary>Input samples on each side of a position that its value depends on, for steps up to 1.</summary>
    private const int Wing = 24;

    private const int Phases = 512;

    private readonly float[] _kernel;
    private readonly int _wing;
    private readonly List<float> _left = [];
    private readonly List<float> _right = [];
    private readonly float[] _weights;
    private long _base;

    /// <summary>A resampler for steps up to <paramref name="step"/> input samples an output sample; larger steps are low-passed.</summary>
    public SincResampler(double step)
    {
        var cutoff = 0.97 / Math.Max(1, step);
        _wing = (int)Math.Ceiling(Wing * Math.Max(1, step));
        _kernel = Kernel(_wing, cutoff);
        _weights = new float[_wing * 2];
        Reset();
    }

    /// <summary>Input samples that were pushed since the last reset.</summary>
    public long Pushed => _base + _left.Count;

    /// <summary>Input samples that a position must lie behind <see cref="Pushed"/> to be computed.</summary>
    public int LookAhead => _wing;

    /// <summary>Forgets all input; the next sample pushed has position 0, and silence is before it.</summary>
    public void Reset()
    {
        _left.Clear();
        _right.Clear();
        for (var index = 0; index < _wing; index++)
        {
            _left.Add(0);
            _right.Add(0);
        }

        _base = -_wing;
    }

    /// <summary>Adds input.</summary>
    /// <param name="stereo">Interleaved.</param>
    public void Push(ReadOnlySpan<float> stereo)
    {
        for (var index = 0; index < stereo.Length; index += 2)
        {
            _left.Add(stereo[index]);
            _right.Add(stereo[index + 1]);
        }
    }

    /// <summary>Adds silence.</summary>
    public void PushSilence(int samples)
    {
        for (var index = 0; index < samples; index++)
        {
            _left.Add(0);
            _right.Add(0);
        }
    }

    /// <summary>Fades the newest input out, linearly to silence.</summary>
    /// <param name="samples">How many; at most what was pushed.</param>
    public void FadeOutTail(int samples)
    {
        var left = CollectionsMarshal.AsSpan(_left);
        var right = CollectionsMarshal.AsSpan(_right);
        var count = Math.Min(samples, left.Length);
        for (var index = 0; index < count; index++)
        {
            var gain = index / (float)count;
            left[^(index + 1)] *= gain;
            right[^(index + 1)] *= gain;
        }
    }

    /// <summary>
    /// Computes output samples at <paramref name="position"/>, <paramref name="position"/> + <paramref name="step"/>, … until
    /// <paramref name="stereo"/> is full or a position needs input that is not there yet.
    /// </summary>
    /// <returns>Samples a channel that were written; <paramref name="position"/> is that of the next one.</returns>
    public int Pull(ref double position, double step, Span<float> stereo)
    {
        var left = CollectionsMarshal.AsSpan(_left);
        var right = CollectionsMarshal.AsSpan(_right);
        var written = 0;
        while (written * 2 < stereo.Length)
        {
            var whole = (long)Math.Floor(position);
            var fraction = position - whole;
            if (whole + _wing >= Pushed)
                break;
            var at = (int)(whole - _base);
            if (fraction < 1e-9 && step is > 0.9999999 and < 1.0000001)
            {
                stereo[written * 2] = left[at];
                stereo[(written * 2) + 1] = right[at];
            }
            else
            {
                Weigh(fraction);
                var start = at - _wing + 1;
                stereo[written * 2] = TensorPrimitives.Dot(left.Slice(start, _weights.Length), _weights);
                stereo[(written * 2) + 1] = TensorPrimitives.Dot(right.Slice(start, _weights.Length), _weights);
            }

            written++;
            position += step;
        }

        return written;
    }

    /// <summary>Forgets input that positions from <paramref name="position"/> on do not need.</summary>
    public void Forget(double position)
    {
        var drop = (int)((long)Math.Floor(position) - _wing - _base);
        if (drop < 8192)
            return;
        _left.RemoveRange(0, drop);
        _right.RemoveRange(0, drop);
        _base += drop;
    }

    private void Weigh(double fraction)
    {
        // Between two neighbouring phases linear interpolation keeps errors below −110 dB at 512 phases.
        var scaled = fraction * Phases;
        var phase = (int)scaled;
        var blend = (float)(scaled - phase);
        var taps = _weights.Length;
        var low = _kernel.AsSpan(phase * taps, taps);
        var high = _kernel.AsSpan((phase + 1) * taps, taps);
        TensorPrimitives.Lerp(low, high, blend, _weights);
    }

    private static float[] Kernel(int wing, double cutoff)
    {
        var taps = wing * 2;
        var kernel = new float[(Phases + 1) * taps];
        var weights = new double[taps];
        for (var phase = 0; phase <= Phases; phase++)
        {
            var sum = 0.0;
            for (var tap = 0; tap < taps; tap++)
            {
                var x = tap - (wing - 1) - (phase / (double)Phases);
                weights[tap] = Sinc(x * cutoff) * KaiserWindow(x / wing);
                sum += weights[tap];
            }

            for (var tap = 0; tap < taps; tap++)
                kernel[(phase * taps) + tap] = (float)(weights[tap] / sum);
        }

        return kernel;
    }

    private static double Sinc(double x) => Math.Abs(x) < 1e-12 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    // Kaiser window with β = 9: stop band about −90 dB.
    private static double KaiserWindow(double x) => Math.Abs(x) >= 1 ? 0 : Bessel(9 * Math.Sqrt(1 - (x * x))) / Bessel(9);

    private static double Bessel(double x)
    {
        var sum = 1.0;
        var term = 1.0;
        for (var k = 1; k < 40; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }

        return sum;
    }
}
