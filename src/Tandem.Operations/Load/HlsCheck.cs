using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>
/// What must hold from one reading of a media playlist to the next (RFC 8216, section 6.2.1), and from segment to segment. Pure.
/// </summary>
/// <param name="name">Which playlist, for people.</param>
/// <param name="dateTolerance">What a date may be off the end of the segment before, µs.</param>
internal sealed class HlsCheck(string name, long dateTolerance)
{
    private readonly HashSet<long> _off = [];
    private HlsMedia? _before;
    private long _dated = -1;
    private long _epoch;
    private long? _ends;
    private long? _otherEnd;

    /// <summary>Whether this segment's date was told to be wrong.</summary>
    public bool IsOff(long number) => _off.Contains(number);

    /// <summary>Takes the next reading.</summary>
    public void Take(HlsMedia now, Action<FaultKind, string> report)
    {
        if (_before is { } before && before.Segments.Count > 0)
            CheckProgress(before, now, report);
        CheckDates(now, report);
        _before = now;
    }

    private void CheckProgress(HlsMedia before, HlsMedia now, Action<FaultKind, string> report)
    {
        if (now.Target != before.Target)
            report(FaultKind.Protocol, $"{name}: the target duration was {before.Target / 1_000_000} s, is {now.Target / 1_000_000} s");
        if (now.Segments.Count == 0 || now.Segments[0].Number < before.Segments[0].Number
            || now.Segments[^1].Number < before.Segments[^1].Number)
        {
            report(FaultKind.Protocol, $"{name}: it went back from segment {before.Segments[^1].Number} to {(now.Segments.Count == 0 ? "none" : now.Segments[^1].Number.ToString(CultureInfo.InvariantCulture))}");
            return;
        }

        foreach (var segment in now.Segments)
        {
            var index = segment.Number - before.Segments[0].Number;
            if (index < 0 || index >= before.Segments.Count)
                continue;
            var known = before.Segments[(int)index];
            if (known.Bytes.Name != segment.Bytes.Name || known.Duration != segment.Duration || known.Epoch != segment.Epoch)
            {
                report(FaultKind.Protocol, $"{name}: segment {segment.Number} is not what it was");
                return;
            }
        }
    }

    /// <summary>
    /// A wrong date may be that of one segment, or dates have moved for good: the next one tells, and both are one fault.
    /// </summary>
    private void CheckDates(HlsMedia now, Action<FaultKind, string> report)
    {
        foreach (var segment in now.Segments)
        {
            if (segment.Number <= _dated)
                continue;
            var follows = segment.Number == _dated + 1 && segment.Epoch == _epoch;
            (_dated, _epoch) = (segment.Number, segment.Epoch);
            if (segment.Date is not { } date)
            {
                (_ends, _otherEnd) = (null, null);
                continue;
            }

            var ends = date + segment.Duration;
            if (!follows || _ends is not { } wanted || Math.Abs(date - wanted) <= dateTolerance
                || (_otherEnd is { } other && Math.Abs(date - other) <= dateTolerance))
            {
                (_ends, _otherEnd) = (ends, null);
                continue;
            }

            if (_off.Count < 1000)
                _off.Add(segment.Number);
            report(FaultKind.Time, string.Create(
                CultureInfo.InvariantCulture, $"{name}: segment {segment.Number} is dated {(date - wanted) / 1000.0:+0.0;-0.0} ms off the end of the one before"));
            (_ends, _otherEnd) = (ends, wanted + segment.Duration);
        }
    }
}
