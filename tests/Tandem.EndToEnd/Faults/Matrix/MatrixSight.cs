using Tandem.Checks.Demux;
using Tandem.Checks.Recording;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>Figures of what a viewer of a channel met.</summary>
internal static class MatrixSight
{
    private const double SegmentSeconds = 2;

    /// <summary>Who polls twice a second sees a segment half a second late at most.</summary>
    private const double Poll = 0.6;

    /// <summary>Picture that was listed and could not be had, or was none, s.</summary>
    public static double NoPicture(this MatrixRun run, MatrixSeen seen) => Missing(run, seen).Sum(segment => segment.Listed.Duration);

    /// <summary>The longest time between two segments that were new to a viewer since shortly before the fault, beyond a segment's length, s.</summary>
    public static double Standstill(this MatrixRun run, MatrixSeen seen)
    {
        var from = run.Struck - TimeSpan.FromSeconds(3);
        var times = seen.Voice.Segments.Select(segment => segment.ListedAt).Where(at => at > from).Order().ToList();
        var longest = times.Zip(times.Skip(1)).Select(pair => (pair.Second - pair.First).TotalSeconds).DefaultIfEmpty(0).Max();
        return Math.Max(0, longest - SegmentSeconds - Poll);
    }

    /// <summary>From the end of the fault until what is listed is dubbed and whole for good; null where nobody could tell a difference.</summary>
    public static TimeSpan? WholeAgain(this MatrixRun run, MatrixSeen seen)
    {
        if (run.Fault.NeedsSpeech())
        {
            var dubs = SpeechHeard.Cues(seen.Recording).Where(cue => cue.ListedAt > run.Struck + SpeechHeard.Spent).ToList();
            return dubs.Count == 0 ? null : dubs.Min(cue => cue.ListedAt) - run.Lifted;
        }

        var wrong = seen.Heard.Where(piece => piece.Sound != VoiceSound.Dubbed).Select(piece => piece.ListedAt)
            .Concat(Missing(run, seen).Select(segment => segment.ListedAt)).ToList();

        // A new stretch is whole from its first segment on.
        if (seen.Voice.Epochs is [_, .., var last])
            wrong.Add(seen.Voice.Had(last)[0].ListedAt - TimeSpan.FromTicks(1));
        var right = wrong.Count == 0 ? [] : seen.Heard.Select(piece => piece.ListedAt).Where(at => at > wrong.Max()).ToList();
        return right.Count == 0 ? null : right.Min() - run.Lifted;
    }

    private static IEnumerable<RecordedSegment> Missing(MatrixRun run, MatrixSeen seen) =>
        seen.Recording.Variant.Segments.Where(segment => segment.ListedAt > run.Struck && !IsPicture(segment));

    private static bool IsPicture(RecordedSegment segment)
    {
        try
        {
            return segment.Data is { } data && Streams.Both(segment.Init, data).Pictures.Frames.Count > 0;
        }
        catch (Exception fault) when (fault is DemuxException or ArgumentException or IndexOutOfRangeException)
        {
            return false;
        }
    }
}
