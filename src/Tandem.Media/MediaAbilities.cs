using System.Globalization;
using Tandem.Media.Decode;

namespace Tandem.Media;

/// <summary>Whether the libraries were built with what Tandem uses of them.</summary>
public static class MediaAbilities
{
    private const int AnyBitRate = 128_000;

    /// <summary>Codecs whose sound is heard, FFmpeg's names.</summary>
    public static IReadOnlyList<string> Heard => SoundDecoder.Codecs;

    /// <summary>Tries each once; what cannot be had, such as <c>decoder eac3</c>. Empty where all is there.</summary>
    /// <exception cref="DllNotFoundException">A library is missing: see <see cref="MediaLibraries"/>.</exception>
    public static IReadOnlyList<string> Missing()
    {
        var missing = new List<string>();
        foreach (var codec in SoundDecoder.Codecs)
        {
            if (!SoundDecoder.Exists(codec))
                missing.Add($"decoder {codec}");
        }

        Try(missing, "encoder aac", () => new AacEncoder(AnyBitRate).Dispose());
        Try(missing, "filter atempo", () => TimeStretcher.Stretch(new float[AacEncoder.SampleRate / 10], 1.25));
        Try(missing, "loudness meter", () =>
        {
            using var meter = new LoudnessMeter(TimeSpan.FromSeconds(1));
        });
        return missing;
    }

    private static void Try(List<string> missing, string what, Action attempt)
    {
        try
        {
            attempt();
        }
        catch (InvalidOperationException problem)
        {
            missing.Add(string.Create(CultureInfo.InvariantCulture, $"{what} ({problem.Message})"));
        }
    }
}
