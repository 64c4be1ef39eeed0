namespace Tandem.Checks.Signals;

/// <summary>Two signals at once.</summary>
public sealed record Mixed(Signal One, Signal Other) : Signal
{
    /// <inheritdoc/>
    public override float[] Render(int sampleRate, double seconds)
    {
        var one = One.Render(sampleRate, seconds);
        var other = Other.Render(sampleRate, seconds);
        for (var index = 0; index < Math.Min(one.Length, other.Length); index++)
            one[index] += other[index];
        return one;
    }
}
