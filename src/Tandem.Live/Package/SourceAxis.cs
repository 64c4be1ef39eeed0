using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>
/// Where channel time lies on the source's dates (EXT-X-PROGRAM-DATE-TIME). Dates are rounded, or run at another speed than the media:
/// within an epoch the axis follows them slowly, so that source time goes on without jumps from chunk to chunk.
/// </summary>
internal sealed class SourceAxis
{
    // Half of what the protocol allows between two chunks; 0.025 % at segments of 2 s, far more than clocks differ.
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(0.5);

    // More than rounding or a sloppy encoder: the source's date has jumped.
    private static readonly TimeSpan s_jump = TimeSpan.FromMilliseconds(250);

    // Pictures are placed at most a window behind the newest row.
    private const int MostSteps = 512;

    private readonly List<(ChannelTime From, DateTimeOffset Zero)> _steps = [];
    private Epoch? _epoch;

    /// <summary>Takes the next row.</summary>
    public void Enter(SegmentRow row)
    {
        var wanted = row.Date - row.From.Time();
        var zero = wanted;
        if (_steps is [.., var (_, last)] && _epoch == row.Epoch && (wanted - last).Duration() <= s_jump)
            zero = last + TimeSpan.FromTicks(Math.Clamp((wanted - last).Ticks, -s_step.Ticks, s_step.Ticks));
        _epoch = row.Epoch;
        _steps.Add((row.From, zero));
        if (_steps.Count > MostSteps)
            _steps.RemoveAt(0);
    }

    /// <summary>The source date of a channel time that may lie anywhere in the rows that were entered.</summary>
    public DateTimeOffset DateOf(ChannelTime time)
    {
        var index = _steps.FindLastIndex(step => step.From <= time);
        return _steps[Math.Max(0, index)].Zero + time.Time();
    }
}
