namespace Tandem.Live.Mix;

/// <summary>Levels in dB and as linear factors of amplitude.</summary>
internal static class Decibels
{
    /// <summary>Linear factor of a level in dB.</summary>
    public static double ToGain(double decibels) => Math.Pow(10, decibels / 20);
}
