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
            var path = Path.Combine(material.Folder, "check.aac");
            await using (var file = File.Create(path))
            {
                foreach (var body in bodies)
                    await file.WriteAsync(body, cancel);
            }

            var decoded = await ToolRun.RunAsync(
                "ffmpeg", ["-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "48000", "pipe:1"], material.Folder, cancel);
            if (decoded.Problem is { } problem)
                throw new BenchException($"what voice {voice.Language} published does not decode: {problem}");
            var sound = MemoryMarshal.Cast<byte, float>(decoded.Output).ToArray();

            // Each segment covers its time to within one frame.
            var wanted = (rows[^1].To - rows[0].From).Samples;
            if (Math.Abs(sound.Length - wanted) > 2 * AacEncoder.FrameSamples)
                throw new BenchException($"voice {voice.Language} published {sound.Length} samples for {wanted}");
            Listen(sound, rows[0].From, voice, voices);
        }
    }

    /// <summary>Bytes that one voice publishes a second.</summary>
    public static double VoiceBytesPerSecond(ChannelRun run, IReadOnlyList<DubVoice> voices) =>
        run.Published.TakeLast(4).Average(row => Body(run, voices[0], row).Length / (row.To - row.From).Seconds);

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
