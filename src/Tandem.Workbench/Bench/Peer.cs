using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Live.Timeline;

namespace Tandem.Workbench.Bench;

/// <summary>
/// The peer: what the plan that Tandem replaces did, one <c>ffmpeg</c> process to take the sound out of a segment and one a language to
/// put the dub in. docs/bench.md says why each argument is there.
/// </summary>
internal sealed class Peer(BenchMaterial material, IReadOnlyList<DubVoice> voices)
{
    private static readonly string[] Common = ["-nostdin", "-hide_banner", "-v", "error", "-threads", "1"];

    // Loudness by EBU R 128; a frame's figures are not printed.
    private const string Measure = "ebur128=framelog=verbose";

    /// <summary>The two commands, as they are printed; names of files stand for one segment and one language.</summary>
    public static IReadOnlyList<string> Commands { get; } =
        [Line(Extract("segment.ts", "speech.s16")), Line(Mux("segment.ts", "dub.wav", 0.3, 1.7, "dubbed.ts")), Line(Encode("mixed.wav", "voice.aac"))];

    /// <summary>Writes what the commands read.</summary>
    public async Task PrepareAsync(CancellationToken cancel)
    {
        for (var index = 0; index < voices.Count; index++)
        {
            var sound = new float[voices[index].Sound.Length.Samples];
            voices[index].Sound.Read(SoundLength.Zero, sound);
            for (var half = 0; half < 2; half++)
            {
                var cut = sound.AsMemory(half * 2 * ChannelTime.Rate * 8 / 10, 2 * ChannelTime.Rate * 8 / 10);
                await File.WriteAllBytesAsync(Dub(index, half), WaveFile.Of(cut.Span, 1), cancel);
            }
        }

        var mixed = SyntheticSpeech.Programme(SoundLength.OfSeconds(BenchMaterial.Duration.TotalSeconds));
        await File.WriteAllBytesAsync(Path.Combine(material.Folder, "mixed.wav"), WaveFile.Of(mixed, 2), cancel);
    }

    /// <summary>Does one segment in all languages; returns the CPU that the processes used.</summary>
    /// <exception cref="BenchException">One failed.</exception>
    public async Task<TimeSpan> SegmentAsync(int index, CancellationToken cancel)
    {
        var before = CpuTimes.EndedChildren;
        await RunAsync(Extract(material.PathOf(index), "speech.s16"), cancel);

        // Speech begins 0.3 s into each fourth second and lasts 3.4 s: the second segment of two has its end.
        var (begin, end) = index % 2 == 0 ? (0.3, 2.0) : (0.0, 1.6);
        for (var voice = 0; voice < voices.Count; voice++)
            await RunAsync(Mux(material.PathOf(index), Dub(voice, index % 2), begin, end, "dubbed.ts"), cancel);
        return CpuTimes.EndedChildren - before;
    }

    /// <summary>Encodes one segment's sound, nothing else; returns the CPU that the process used.</summary>
    public async Task<TimeSpan> EncodeAsync(CancellationToken cancel)
    {
        var before = CpuTimes.EndedChildren;
        await RunAsync(Encode("mixed.wav", "voice.aac"), cancel);
        return CpuTimes.EndedChildren - before;
    }

    /// <summary>Path of the last segment that was dubbed.</summary>
    public string Output => Path.Combine(material.Folder, "dubbed.ts");

    private static string[] Extract(string segment, string output) =>
        [.. Common, "-i", segment, "-vn", "-af", Measure, "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "s16le", "-y", output];

    private static string[] Mux(string segment, string dub, double begin, double end, string output) =>
    [
        .. Common, "-i", segment, "-i", dub, "-filter_complex", Graph(begin, end), "-map", "0:v", "-map", "[voice]",
        "-c:v", "copy", "-c:a", "aac", "-aac_coder", "fast", "-b:a", "128k", "-ac", "2", "-ar", "48000", "-f", "mpegts", "-y", output,
    ];

    private static string[] Encode(string sound, string output) =>
        [.. Common, "-i", sound, "-c:a", "aac", "-aac_coder", "fast", "-b:a", "128k", "-f", "adts", "-y", output];

    private static string Graph(double begin, double end) => string.Create(
        CultureInfo.InvariantCulture,
        $"[0:a]volume=-18dB:enable='between(t,{begin},{end})'[bed];"
        + $"[1:a]{Measure},volume=2dB,adelay={begin * 1000:F0},aformat=channel_layouts=stereo[dub];"
        + $"[bed][dub]amix=inputs=2:normalize=0:duration=first,"
        + $"aresample=192000,alimiter=limit=0.794:level=0:attack=5:release=50,aresample=48000[voice]");

    private static string Line(string[] arguments) =>
        "ffmpeg " + string.Join(' ', arguments.Select(argument => argument.Contains('[', StringComparison.Ordinal) ? $"\"{argument}\"" : argument));

    private string Dub(int voice, int half) => Path.Combine(material.Folder, string.Create(CultureInfo.InvariantCulture, $"dub{voice}-{half}.wav"));

    private async Task RunAsync(string[] arguments, CancellationToken cancel)
    {
        if (await ToolRun.RunAsync("ffmpeg", arguments, material.Folder, cancel) is { Problem: { } problem })
            throw new BenchException(problem);
    }
}

/// <summary>RIFF files of 32-bit floats at 48 kHz.</summary>
internal static class WaveFile
{
    /// <summary>The whole file.</summary>
    public static byte[] Of(ReadOnlySpan<float> interleaved, int channels)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        var bytes = interleaved.Length * sizeof(float);
        writer.Write("RIFF"u8);
        writer.Write(36 + bytes);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)3);
        writer.Write((short)channels);
        writer.Write(ChannelTime.Rate);
        writer.Write(ChannelTime.Rate * channels * sizeof(float));
        writer.Write((short)(channels * sizeof(float)));
        writer.Write((short)32);
        writer.Write("data"u8);
        writer.Write(bytes);
        writer.Write(MemoryMarshal.AsBytes(interleaved));
        return file.ToArray();
    }
}
