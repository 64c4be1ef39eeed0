using System.Runtime.Intrinsics;

namespace Tandem.Live.Mix;

/// <summary>
/// Loudness as ITU-R BS.1770-4 and EBU R 128 define it, for 48 kHz: K-weighted power in blocks of 400 ms that overlap by 300 ms, with
/// both gates. Keeps the blocks' powers, so that several stretches of speech can be gated together.
/// </summary>
internal sealed class LoudnessMeter
{
    /// <summary>Blocks begin this many samples apart.</summary>
    public const int Hop = 4_800;

    private const int HopsInBlock = 4;

    /// <summary>Offset of the scale: a 0 dBFS sine of 997 Hz on one channel reads −3.01 LUFS.</summary>
    private const double Offset = -0.691;

    private readonly double[] _recent = new double[HopsInBlock];
    private Vector128<double> _shelf1;
    private Vector128<double> _shelf2;
    private Vector128<double> _cut1;
    private Vector128<double> _cut2;
    private double _sum;
    private double _total;
    private int _inHop;
    private long _hops;

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        _shelf1 = _shelf2 = _cut1 = _cut2 = Vector128<double>.Zero;
        (_sum, _total, _inHop, _hops) = (0, 0, 0, 0);
    }

    /// <summary>Measures samples; powers of the blocks that become whole are appended to <paramref name="blocks"/>.</summary>
    /// <param name="samples">Interleaved.</param>
    /// <param name="channels">1 or 2; mono counts as the same sound on both sides, which is how it is played.</param>
    /// <param name="blocks">Takes powers; 1 is a full-scale square wave on one channel.</param>
    public void Add(ReadOnlySpan<float> samples, int channels, List<double> blocks)
    {
        var count = samples.Length / channels;
        for (var at = 0; at < count;)
        {
            var step = Math.Min(count - at, Hop - _inHop);
            var power = Filter(samples.Slice(at * channels, step * channels), channels);
            _sum += power;
            _total += power;
            _inHop += step;
            at += step;
            if (_inHop < Hop)
                continue;
            _recent[_hops++ % HopsInBlock] = _sum;
            (_sum, _inHop) = (0, 0);
            if (_hops >= HopsInBlock)
                blocks.Add((_recent[0] + _recent[1] + _recent[2] + _recent[3]) / (HopsInBlock * Hop));
        }
    }

    /// <summary>For sounds shorter than a block: appends the power of the whole instead.</summary>
    public void Finish(List<double> blocks)
    {
        var measured = (_hops * Hop) + _inHop;
        if (_hops < HopsInBlock && measured > 0)
            blocks.Add(_total / measured);
    }

    /// <summary>Gated loudness of blocks, LUFS; null where all of them are below the absolute gate.</summary>
    public static double? Gated(ReadOnlySpan<double> blocks)
    {
        var absolute = Power(-70);
        if (Mean(blocks, absolute) is not { } mean)
            return null;
        return Mean(blocks, Math.Max(absolute, mean / 10)) is { } gated ? Offset + (10 * Math.Log10(gated)) : null;
    }

    private static double Power(double loudness) => Math.Pow(10, (loudness - Offset) / 10);

    private static double? Mean(ReadOnlySpan<double> blocks, double gate)
    {
        var (sum, count) = (0.0, 0);
        foreach (var block in blocks)
        {
            // Written so that what is no number does not pass.
            if (block > gate && block < double.MaxValue)
                (sum, count) = (sum + block, count + 1);
        }

        return count > 0 ? sum / count : null;
    }

    /// <summary>Sum of squares of both channels after the shelf and the high-pass of BS.1770-4, annex 1, tables 1 and 2.</summary>
    private double Filter(ReadOnlySpan<float> samples, int channels)
    {
        var (s1, s2, c1, c2) = (_shelf1, _shelf2, _cut1, _cut2);
        var sum = Vector128<double>.Zero;
        for (var i = 0; i + channels <= samples.Length; i += channels)
        {
            var x = Vector128.Create(samples[i], (double)samples[i + channels - 1]);
            var shelf = (x * 1.53512485958697) + s1;
            s1 = (x * -2.69169618940638) + (shelf * 1.69065929318241) + s2;
            s2 = (x * 1.19839281085285) - (shelf * 0.73248077421585);
            var weighted = shelf + c1;
            c1 = (shelf * -2) + (weighted * 1.99004745483398) + c2;
            c2 = shelf - (weighted * 0.99007225036621);
            sum += weighted * weighted;
        }

        (_shelf1, _shelf2, _cut1, _cut2) = (s1, s2, c1, c2);
        return Vector128.Sum(sum);
    }
}
