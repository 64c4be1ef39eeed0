using System.Text;
using Tandem.Checks.Recording;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>A dub as its caption tells.</summary>
/// <param name="Epoch">The stretch without a break that it is in.</param>
/// <param name="Start">s.</param>
/// <param name="End">s.</param>
/// <param name="Text">What is spoken.</param>
/// <param name="ListedAt">When a viewer first saw the segment that it begins in.</param>
public sealed record SpokenCue(long Epoch, double Start, double End, string Text, DateTimeOffset ListedAt);

/// <summary>Where dubs of real speech are, and when viewers got them.</summary>
public static class SpeechHeard
{
    /// <summary>dB: half way from the original's own level to that under a dub (−18).</summary>
    public const double DubbedBelow = -9;

    /// <summary>
    /// What was heard before a fault can still be published this long after it: the delay, an utterance's 10 s, and the onset lag that is
    /// allowed.
    /// </summary>
    public static TimeSpan Spent { get; } = MatrixRun.Delay + TimeSpan.FromSeconds(11);

    /// <summary>The dubs of a recording, in order.</summary>
    public static IReadOnlyList<SpokenCue> Cues(HlsRecording recording)
    {
        var cues = new List<SpokenCue>();
        foreach (var segment in recording.Captions("es").Segments.Where(segment => segment.Data is not null))
        {
            foreach (var cue in ReadCaptions.Cues([Encoding.UTF8.GetString(segment.Data!)]))
            {
                if (!cues.Exists(other => other.Epoch == segment.Epoch && Math.Abs(other.Start - cue.Start) < 0.01 && other.Text == cue.Text))
                    cues.Add(new SpokenCue(segment.Epoch, cue.Start, cue.End, cue.Text, segment.ListedAt));
            }
        }

        return cues;
    }
}
