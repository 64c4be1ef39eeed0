using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Tandem.Checks.Signals;

namespace Tandem.Checks.Detectors;

/// <summary>Loudness as FFmpeg's <c>ebur128</c> filter measures it.</summary>
/// <param name="Integrated">Gated integrated loudness, LUFS.</param>
/// <param name="TruePeak">dBTP.</param>
public sealed record Loudness(double Integrated, double TruePeak);

/// <summary>Measures loudness with the ffmpeg command (EBU R 128, ITU-R BS.1770).</summary>
public static partial class Ebur128
{
    /// <summary>The loudness of one channel of sound; as stereo with the same on both sides, as Tandem publishes mono.</summary>
    public static async Task<Loudness> MeasureAsync(ReadOnlyMemory<float> samples, int sampleRate)
    {
        var run = await Ffmpeg.RunAsync(
            [
                "-v", "info", "-f", "f32le", "-ar", sampleRate.ToString(CultureInfo.InvariantCulture), "-ac", "1", "-i", "pipe:0",
                "-af", "pan=stereo|c0=c0|c1=c0,ebur128=peak=true", "-f", "null", "-",
            ],
            MemoryMarshal.AsBytes(samples.Span).ToArray());
        var summary = run.Log[run.Log.LastIndexOf("Summary:", StringComparison.Ordinal)..];
        return new Loudness(Read(IntegratedPattern(), summary), Read(PeakPattern(), summary));
    }

    private static double Read(Regex pattern, string summary) =>
        pattern.Match(summary) is { Success: true } match && match.Groups[1].Value != "-inf"
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : double.NegativeInfinity;

    [GeneratedRegex(@"I:\s+(-?[\d.]+|-inf) LUFS")]
    private static partial Regex IntegratedPattern();

    [GeneratedRegex(@"Peak:\s+(-?[\d.]+|-inf) dBFS")]
    private static partial Regex PeakPattern();
}
