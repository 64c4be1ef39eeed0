using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Media.Decode;
using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>Whether the libraries were built with what Tandem uses of them.</summary>
public static class MediaAbilities
{
    private const int AnyBitRate = 128_000;

    // What the segmenter and the reader of films are given by name or find by content, and what they write.
    private static readonly string[] s_read = ["mpegts", "mov", "matroska", "flv"];
    private static readonly string[] s_written = ["mpegts", "mp4", "matroska"];
    private static readonly string[] s_protocols = ["rtmp", "srt"];

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
        missing.AddRange(MissingFormats());
        return missing;
    }

    private static unsafe List<string> MissingFormats()
    {
        var missing = new List<string>();
        missing.AddRange(s_read.Where(name => LibAvFormat.av_find_input_format(name) == null).Select(name => $"demuxer {name}"));
        missing.AddRange(s_written.Where(name => LibAvFormat.av_guess_format(name, null, null) == null).Select(name => $"muxer {name}"));
        var protocols = new HashSet<string>(StringComparer.Ordinal);
        void* at = null;
        while (LibAvFormat.avio_enum_protocols(&at, 0) is var name && name != null)
            protocols.Add(Marshal.PtrToStringUTF8((nint)name)!);
        missing.AddRange(s_protocols.Where(name => !protocols.Contains(name)).Select(name => $"protocol {name}"));
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
