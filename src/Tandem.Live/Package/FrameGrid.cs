using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>One frame as it goes into a segment.</summary>
/// <param name="Samples">Length at the format's sample rate.</param>
/// <param name="Data">Without container framing.</param>
public readonly record struct TimedFrame(int Samples, ReadOnlyMemory<byte> Data);

/// <summary>
/// Puts a source's frames on an unbroken grid. Packed audio has one time a segment: a lost frame would pull forward all that follow, and
/// a repeated one would push them back.
/// </summary>
internal static class FrameGrid
{
    /// <summary>More than this many silent frames are not put into one segment: the times are broken, not the sound.</summary>
    private const int LargestHole = 1500;

    /// <summary>No codec has longer frames; what claims to be longer is counted as an ordinary one.</summary>
    private const int LongestFrame = 8192;

    /// <summary>Frames in order, silent ones in holes, without those that start before the one before has ended.</summary>
    /// <param name="format">Their format.</param>
    /// <param name="start">Time of the first frame.</param>
    /// <param name="frames">As the worker found them; times may be wrapped or not.</param>
    /// <param name="until">Where the segment ends, if sound is lost there: 90 kHz; null to end with the last frame.</param>
    public static List<TimedFrame> Fill(SoundFormat format, MediaTime start, IReadOnlyList<CodedFrame> frames, long? until = null)
    {
        var filled = new List<TimedFrame>(frames.Count);
        var samples = 0L;
        var budget = LargestHole;
        foreach (var frame in frames)
        {
            var expected = start.Ticks + (samples * MediaTime.Rate / format.SampleRate);
            var late = MediaTime.Unwrap(frame.Ticks, expected) - expected;
            var length = frame.Samples is > 0 and <= LongestFrame ? frame.Samples : format.FrameSamples;
            var missing = (int)Math.Clamp(Math.Round(late * (double)format.SampleRate / MediaTime.Rate / length), -1, int.MaxValue / 2);
            if (missing < 0)
                continue;
            if (missing > 0 && missing <= budget && SilentFrame.Like(format, frame.Data) is { } silence)
            {
                budget -= missing;
                for (; missing > 0; missing--, samples += length)
                    filled.Add(new TimedFrame(length, silence));
            }

            filled.Add(new TimedFrame(length, frame.Data));
            samples += length;
        }

        if (until is { } end && SilentFrame.Like(format, frames[^1].Data) is { } rest)
        {
            // As everywhere, a frame belongs to the segment that it begins in.
            while (budget-- > 0 && start.Ticks + (samples * MediaTime.Rate / format.SampleRate) < end)
            {
                filled.Add(new TimedFrame(format.FrameSamples, rest));
                samples += format.FrameSamples;
            }
        }

        return filled;
    }
}
