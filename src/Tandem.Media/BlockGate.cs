namespace Tandem.Media;

/// <summary>The two gates of ITU-R BS.1770-5, annex 1, over the last so many blocks. Pure but for the blocks it holds.</summary>
/// <param name="capacity">How many blocks it holds; the oldest falls out.</param>
internal sealed class BlockGate(int capacity)
{
    private const double AbsoluteGate = -70;
    private const double RelativeGate = -10;

    private readonly double[] _energies = new double[capacity];
    private int _next;
    private int _count;

    /// <summary>Loudness of the blocks that pass both gates, LUFS; null where none does.</summary>
    public double? Gated
    {
        get
        {
            // Energies stand in the scale of loudness itself, so that the weighting's constant of −0.691 cancels.
            var loud = Mean(Energy(AbsoluteGate));
            return loud is { } mean && Mean(Math.Max(mean * Energy(RelativeGate), Energy(AbsoluteGate))) is { } gated
                ? 10 * Math.Log10(gated)
                : null;
        }
    }

    /// <summary>Adds one block.</summary>
    /// <param name="loudness">LUFS; negative infinity for silence.</param>
    public void Add(double loudness)
    {
        _energies[_next] = Energy(loudness);
        _next = (_next + 1) % _energies.Length;
        _count = Math.Min(_count + 1, _energies.Length);
    }

    private static double Energy(double loudness) => Math.Pow(10, loudness / 10);

    private double? Mean(double above)
    {
        double sum = 0;
        var count = 0;
        foreach (var energy in _energies.AsSpan(0, _count))
        {
            if (energy <= above)
                continue;
            sum += energy;
            count++;
        }

        return count == 0 ? null : sum / count;
    }
}
