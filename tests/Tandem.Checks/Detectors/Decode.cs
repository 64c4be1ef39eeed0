using System.Runtime.InteropServices;
using Tandem.Checks.Demux;
using Tandem.Checks.Signals;

namespace Tandem.Checks.Detectors;

/// <summary>
/// Decoded sound, one channel, as a player with Media Source Extensions places it: a frame's time is that of its first output sample.
/// </summary>
/// <param name="SampleRate">Hz.</param>
/// <param name="Samples">All frames, one after the other; nothing is filled in where times jump.</param>
/// <param name="FrameSamples">Samples a frame.</param>
/// <param name="Frames">The frames, for their times.</param>
public sealed record DecodedTrack(int SampleRate, float[] Samples, int FrameSamples, IReadOnlyList<TimedFrame> Frames)
{
    /// <summary>When a sample, or a point between two, is played.</summary>
    public double TimeOf(double sample)
    {
        var frame = Math.Clamp((int)(sample / FrameSamples), 0, Frames.Count - 1);
        return Frames[frame].Seconds + ((sample - (frame * (double)FrameSamples)) / SampleRate);
    }

    /// <summary>Whether times go on without a jump of more than <paramref name="tolerance"/> seconds between two samples.</summary>
    public bool IsWhole(double from, double to, double tolerance = 0.003)
    {
        var first = Math.Clamp((int)(from / FrameSamples), 0, Frames.Count - 1);
        var last = Math.Clamp((int)(to / FrameSamples), 0, Frames.Count - 1);
        for (var frame = first; frame < last; frame++)
        {
            if (Math.Abs(Frames[frame + 1].Seconds - Frames[frame].Seconds - (FrameSamples / (double)SampleRate)) > tolerance)
                return false;
        }

        return true;
    }

    /// <summary>The samples laid on a time line that begins at <paramref name="start"/>; silence where there are none.</summary>
    public float[] Between(double start, double end)
    {
        var line = new float[(int)Math.Round((end - start) * SampleRate)];
        for (var frame = 0; frame < Frames.Count; frame++)
        {
            var at = (int)Math.Round((Frames[frame].Seconds - start) * SampleRate);
            for (var index = Math.Max(0, -at); index < FrameSamples && at + index < line.Length; index++)
                line[at + index] = Samples[(frame * FrameSamples) + index];
        }

        return line;
    }
}

/// <summary>Decodes with the ffmpeg command, from bare frames, so that no demuxer of FFmpeg's has a say in times.</summary>
public static class Decode
{
    /// <summary>Decodes the first channel; test material has the same on both, and a downmix of FFmpeg's would make it 3 dB louder.</summary>
    /// <exception cref="DemuxException">Frames came out of the decoder in another number than they went in.</exception>
    public static async Task<DecodedTrack> SoundAsync(SoundStream sound)
    {
        var bytes = Join(sound.Frames);
        var run = await Ffmpeg.RunAsync(
            ["-v", "warning", "-f", sound.Codec == "aac" ? "aac" : "mp3", "-i", "pipe:0", "-af", "pan=mono|c0=c0", "-f", "f32le", "pipe:1"], bytes);
        var samples = MemoryMarshal.Cast<byte, float>(run.Output).ToArray();
        var expected = sound.Frames.Count * sound.FrameSamples;
        if (samples.Length != expected)
            throw new DemuxException($"{sound.Frames.Count} frames gave {samples.Length} samples instead of {expected}: {run.Log}");
        return new DecodedTrack(sound.SampleRate, samples, sound.FrameSamples, sound.Frames);
    }

    /// <summary>The mean luma of each picture with its presentation time, in presentation order.</summary>
    /// <exception cref="DemuxException">Pictures came out of the decoder in another number than they went in.</exception>
    public static async Task<IReadOnlyList<(double Seconds, double Luma, int Segment)>> LumaAsync(PictureStream pictures)
    {
        const int width = 16;
        const int height = 9;
        string[] arguments =
        [
            "-v", "warning", .. pictures.Container is null ? [] : new[] { "-ignore_editlist", "1" }, "-f", pictures.Format, "-i", "pipe:0", "-map", "0:v",
            "-vsync", "passthrough",
            "-vf", $"scale={width}:{height}:flags=area,format=gray", "-f", "rawvideo", "pipe:1",
        ];
        var run = await Ffmpeg.RunAsync(arguments, pictures.Container ?? Join(pictures.Frames));
        var count = run.Output.Length / (width * height);
        if (count != pictures.Frames.Count)
            throw new DemuxException($"{pictures.Frames.Count} access units gave {count} pictures: {run.Log}");

        var times = pictures.Frames.OrderBy(frame => frame.Seconds).ToList();
        var result = new (double, double, int)[count];
        for (var index = 0; index < count; index++)
        {
            double sum = 0;
            foreach (var pixel in run.Output.AsSpan(index * width * height, width * height))
                sum += pixel;
            result[index] = (times[index].Seconds, sum / (width * height), times[index].Segment);
        }

        return result;
    }

    private static byte[] Join(IReadOnlyList<TimedFrame> frames)
    {
        using var joined = new MemoryStream();
        foreach (var frame in frames)
            joined.Write(frame.Data.Span);
        return joined.ToArray();
    }
}
