using System.Runtime.InteropServices;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Workbench.Bench;

/// <summary>Looks at what was published while it was measured: work that is not done must not count as cheap.</summary>
internal static class PublishedCheck
{
    /// <summary>Every voice's newest segments decode to all their frames, and its own dub is what is heard where a dub belongs.</summary>
    /// <exception cref="BenchException">They do not.</exception>
    public static async Task RunAsync(ChannelRun run, IReadOnlyList<DubVoice> voices, BenchMaterial material, CancellationToken cancel)
    {
        var rows = run.Published.TakeLast(4).ToList();
        foreach (var voice in voices)
        {
            var bodies = rows.Select(row => Body(run, voice, row)).ToList();
            var path = Path.Combine(material.Folder, $"{voice.Language}.aac");
            await using (var file = File.Create(path))
            {
                foreach (var body in bodies)
                    await file.WriteAsync(body, cancel);
            }

            var sound = await DecodeAsync(path, material, cancel);

            // Each segment covers its time to within one frame.
            var wanted = (rows[^1].To - rows[0].From).Samples;
            if (Math.Abs(sound.Length - wanted) > 2 * AacEncoder.FrameSamples)
                throw new BenchException($"voice {voice.Language} published {sound.Length} samples for {wanted}");
            Listen(sound, rows[0].From, voice, voices);
        }
    }

    /// <summary>The peer's last output has picture, sound of a segment's length, and the dub in it.</summary>
    /// <exception cref="BenchException">It has not.</exception>
    public static async Task OfPeerAsync(string path, DubVoice voice, BenchMaterial material, CancellationToken cancel)
    {
        var sound = await DecodeAsync(path, material, cancel);
        if (Math.Abs(sound.Length - (BenchMaterial.Duration.TotalSeconds * ChannelTime.Rate)) > 4 * AacEncoder.FrameSamples)
            throw new BenchException($"the peer made {sound.Length} samples of a segment of {BenchMaterial.Duration.TotalSeconds:F0} s");
        var spoken = sound.AsSpan(ChannelTime.Rate / 2, ChannelTime.Rate);
        if (Power(spoken, voice.Pitch) < 4 * Power(spoken, 120))
            throw new BenchException("the peer's dub is not what is heard in what it made");
    }

    /// <summary>Bytes that one voice publishes a second.</summary>
    public static double VoiceBytesPerSecond(ChannelRun run, IReadOnlyList<DubVoice> voices) =>
        run.Published.TakeLast(4).Average(row => Body(run, voices[0], row).Length / (row.To - row.From).Seconds);

    private static async Task<float[]> DecodeAsync(string path, BenchMaterial material, CancellationToken cancel)
    {
        string[] arguments = ["-nostdin", "-v", "error", "-xerror", "-i", path, "-map", "0:a:0", "-f", "f32le", "-ac", "1", "-ar", "48000", "pipe:1"];
        var decoded = await ToolRun.RunAsync("ffmpeg", arguments, material.Folder, cancel);
        return decoded.Problem is null
            ? MemoryMarshal.Cast<byte, float>(decoded.Output).ToArray()
            : throw new BenchException($"{Path.GetFileName(path)} does not decode: {decoded.Problem}");
    }

    private static ReadOnlyMemory<byte> Body(ChannelRun run, DubVoice voice, SegmentRow row)
    {
        var end = $"/{row.Number}.aac";
        var path = run.Publication.Paths.FirstOrDefault(path =>
            path.StartsWith(voice.Language + "/", StringComparison.Ordinal) && path.EndsWith(end, StringComparison.Ordinal));
        return path is null
            ? throw new BenchException($"voice {voice.Language} has no segment {row.Number}")
            : run.Publication.Find(path)!.Body;
    }

    private static void Listen(float[] sound, ChannelTime from, DubVoice voice, IReadOnlyList<DubVoice> voices)
    {
        for (var index = 0L; ; index++)
        {
            var start = (SpeechTimetable.StartOf(index) - from).Samples;
            var length = voice.Sound.Length.Samples;
            if (start < 0)
                continue;
            if (start + length > sound.Length)
                return;
            var spoken = sound.AsSpan((int)start, (int)length).ToArray();
            var own = Power(spoken, voice.Pitch);
            var loudest = voices.Where(other => other != voice).Select(other => Power(spoken, other.Pitch)).Append(Power(spoken, 120)).Max();
            if (own < 4 * loudest)
                throw new BenchException($"where voice {voice.Language} should speak at {voice.Pitch} Hz, its dub is not what is heard");
        }
    }

    /// <summary>Power at one frequency (Goertzel's algorithm).</summary>
    private static double Power(ReadOnlySpan<float> sound, double frequency)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * frequency / ChannelTime.Rate);
        var (before, last) = (0.0, 0.0);
        foreach (var sample in sound)
            (before, last) = (last, sample + (turn * last) - before);
        return (before * before) + (last * last) - (turn * before * last);
    }
}
