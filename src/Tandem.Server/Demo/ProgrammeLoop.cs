using System.Collections.Immutable;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Tandem.Server.Demo;

/// <summary>Makes the demo's own programme: recordings from a Debian package under a drawn picture.</summary>
internal static class ProgrammeLoop
{
    /// <summary>Raised when what is made from the same recordings changes.</summary>
    private const string Edition = "programme-2";

    /// <summary>AAC frames before the loop's first: 8 s of its own end, so that encoder and listener come out of it as they go into it.</summary>
    private const int LeadFrames = 375;

    /// <summary>A name for what would be made here now.</summary>
    public static string Key(ImmutableArray<Prompt> prompts)
    {
        var text = new StringBuilder(Edition);
        foreach (var prompt in prompts)
        {
            text.Append('\n').Append(prompt.Name).Append(new FileInfo(Recording(prompt)).Length).Append(prompt.Text).Append(prompt.Pause);
        }

        return "demo-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    /// <summary>The prompts that are installed, or what to do when none are.</summary>
    public static (ImmutableArray<Prompt> Prompts, string? Problem) Find()
    {
        const string Remedy = "install the Debian packages asterisk-core-sounds-en and asterisk-core-sounds-en-g722 (./run does), or give a file with --input";
        if (ProgrammePicture.Fonts.FirstOrDefault(f => !File.Exists(f)) is { } font)
        {
            return ([], $"{font} is missing: install the Debian package fonts-dejavu-core (./run does)");
        }

        if (!File.Exists(Programme.Texts))
        {
            return ([], $"{Programme.Texts} is missing: {Remedy}");
        }

        using var file = new GZipStream(File.OpenRead(Programme.Texts), CompressionMode.Decompress);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var prompts = Programme.Read(reader.ReadToEnd().Split('\n')).Where(p => File.Exists(Recording(p))).ToImmutableArray();
        return prompts.Length == 0 ? ([], $"no recording of the demo's speech in {Programme.Sounds}: {Remedy}") : (prompts, null);
    }

    /// <summary>Makes the loop in an empty folder; about ten seconds on two cores.</summary>
    /// <returns>Null when it is there, else what went wrong.</returns>
    public static async Task<string?> MakeAsync(string folder, ImmutableArray<Prompt> prompts, CancellationToken cancel)
    {
        var (recordings, problem) = await DecodeAsync(folder, prompts, cancel).ConfigureAwait(false);
        if (problem is not null)
        {
            return problem;
        }

        var (starts, seconds) = Programme.Schedule(prompts, [.. recordings.Select(r => r.Length / (double)ProgrammeSound.Rate)]);
        var speech = ProgrammeSound.Speech(recordings, starts, seconds);
        WaveFile.Write(Path.Combine(folder, "speech.wav"), speech, channels: 1);
        problem = await EncodeSoundAsync(folder, ProgrammeSound.WithBed(speech), cancel).ConfigureAwait(false);
        if (problem is not null)
        {
            return problem;
        }

        var lines = prompts
            .SelectMany((p, i) => Sentences.Align(p.Text, recordings[i], ProgrammeSound.Rate)
                .Select(l => l with { Start = l.Start + starts[i], End = l.End + starts[i] }))
            .ToImmutableArray();
        ProgrammePicture.WriteTexts(folder, lines);
        Directory.CreateDirectory(Path.Combine(folder, "720p"));
        Directory.CreateDirectory(Path.Combine(folder, "360p"));
        var drawn = await FfmpegTool.RunAsync("ffmpeg", ProgrammePicture.Arguments(folder, lines, seconds), cancel).ConfigureAwait(false);
        return drawn.Problem ?? await RecordAsync(folder, seconds, cancel).ConfigureAwait(false);
    }

    private static string Recording(Prompt prompt) => Path.Combine(Programme.Sounds, prompt.Name + ".g722");

    private static async Task<(List<float[]> Recordings, string? Problem)> DecodeAsync(
        string folder, ImmutableArray<Prompt> prompts, CancellationToken cancel)
    {
        List<string> arguments = ["-v", "error", "-y", "-nostdin"];
        foreach (var prompt in prompts)
        {
            arguments.AddRange(["-f", "g722", "-i", Recording(prompt)]);
        }

        for (var i = 0; i < prompts.Length; i++)
        {
            arguments.AddRange(["-map", $"{i}:a", "-ac", "1", "-ar", "48000", "-f", "f32le", Path.Combine(folder, $"{i}.pcm")]);
        }

        var result = await FfmpegTool.RunAsync("ffmpeg", arguments, cancel).ConfigureAwait(false);
        var recordings = new List<float[]>();
        for (var i = 0; i < prompts.Length && result.Problem is null; i++)
        {
            var path = Path.Combine(folder, $"{i}.pcm");
            var bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
            recordings.Add(ProgrammeSound.Level(MemoryMarshal.Cast<byte, float>(bytes)));
            File.Delete(path);
        }

        return (recordings, result.Problem);
    }

    /// <summary>
    /// AAC of one round whose first frame continues its last: the round is encoded after its own end, and the frames of the round alone
    /// are kept.
    /// </summary>
    private static async Task<string?> EncodeSoundAsync(string folder, float[] stereo, CancellationToken cancel)
    {
        const int FrameValues = 1024 * 2;
        var (wave, aac) = (Path.Combine(folder, "sound.wav"), Path.Combine(folder, "sound.aac"));
        // One more frame than the lead: the encoder's own delay. And some of the beginning again, so that the last frame is whole.
        float[] around = [.. stereo.AsSpan(^(LeadFrames * FrameValues)..), .. stereo, .. stereo.AsSpan(..(8 * FrameValues))];
        WaveFile.Write(wave, around, channels: 2);
        var encoded = await FfmpegTool.RunAsync(
            "ffmpeg",
            ["-v", "error", "-y", "-nostdin", "-i", wave, "-c:a", "aac", "-b:a", "128k", "-aac_coder", "fast", "-f", "adts", aac],
            cancel).ConfigureAwait(false);
        if (encoded.Problem is not null)
        {
            return encoded.Problem;
        }

        var frames = Adts(await File.ReadAllBytesAsync(aac, cancel).ConfigureAwait(false));
        var wanted = stereo.Length / FrameValues;
        using var cut = File.Create(aac);
        foreach (var frame in frames.Skip(LeadFrames + 1).Take(wanted))
        {
            await cut.WriteAsync(frame, cancel).ConfigureAwait(false);
        }

        return frames.Count >= LeadFrames + 1 + wanted ? null : "the programme's sound came out too short";
    }

    private static List<ReadOnlyMemory<byte>> Adts(ReadOnlyMemory<byte> stream)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        while (stream.Length >= 7)
        {
            var header = stream.Span;
            var length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5;
            if (length < 7 || length > stream.Length)
            {
                break;
            }

            frames.Add(stream[..length]);
            stream = stream[length..];
        }

        return frames;
    }

    private static async Task<string?> RecordAsync(string folder, int seconds, CancellationToken cancel)
    {
        // Whatever the playlist's rounding: 50 pictures at 25 a second.
        var pieces = Enumerable.Repeat(2 * Loop.TicksPerSecond, seconds / 2).ToImmutableArray();
        var variants = ImmutableArray.CreateBuilder<LoopVariant>();
        foreach (var name in new[] { "720p", "360p" })
        {
            var (variant, problem) = await LoopReport.DescribeAsync(folder, name, pieces, cancel).ConfigureAwait(false);
            if (variant is null)
            {
                return problem;
            }

            variants.Add(variant);
        }

        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.Delete(file);
        }

        new Loop { Pieces = pieces, Variants = variants.ToImmutable(), Seamless = true }.Write(folder);
        return null;
    }
}
