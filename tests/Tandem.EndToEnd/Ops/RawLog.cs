using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.EndToEnd.Ops;

/// <summary>What a server's log says of each segment of a channel at level Debug.</summary>
public sealed partial record RawLog(
    IReadOnlyList<(DateTimeOffset At, long Segment, string Stage, double Seconds)> Work,
    IReadOnlyList<(DateTimeOffset At, string Stage)> Failures,
    IReadOnlyList<DateTimeOffset> Published)
{
    // Failures of these are failed segments (docs/metrics.md).
    private static readonly string[] _media = ["segment", "init", "key", "decode", "carry", "encode", "publish"];

    /// <summary>Reads what was logged up to a moment.</summary>
    public static RawLog Read(IEnumerable<string> lines, string channel, DateTimeOffset until)
    {
        var work = new List<(DateTimeOffset, long, string, double)>();
        var failures = new List<(DateTimeOffset, string)>();
        var published = new List<DateTimeOffset>();
        foreach (var match in lines.Select(line => Line().Match(line)).Where(match => match.Success && match.Groups["channel"].Value == channel))
        {
            var at = DateTimeOffset.Parse(match.Groups["at"].Value, CultureInfo.InvariantCulture);
            if (at > until)
                continue;
            if (match.Groups["seconds"].Success)
            {
                work.Add((at, long.Parse(match.Groups["segment"].Value, CultureInfo.InvariantCulture), match.Groups["stage"].Value,
                    double.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture)));
            }
            else if (match.Groups["reason"].Success)
            {
                failures.Add((at, match.Groups["failed"].Value));
            }
            else
            {
                published.Add(at);
            }
        }

        return new RawLog(work, failures, published);
    }

    /// <summary>The smallest value that a share of a stage's values does not exceed.</summary>
    public double Quantile(string stage, double share)
    {
        var values = Work.Where(one => one.Stage == stage).Select(one => one.Seconds).Order().ToList();
        return values[(int)Math.Ceiling(share * values.Count) - 1];
    }

    /// <summary>Failed segments of those published.</summary>
    public double ErrorRatio => Math.Min(1, Failures.Count(one => _media.Contains(one.Stage, StringComparer.Ordinal)) / (double)Published.Count);

    /// <summary>How near to a moment something was logged.</summary>
    public TimeSpan Nearest(DateTimeOffset moment) =>
        Work.Select(one => one.At).Concat(Failures.Select(one => one.At)).Concat(Published).Select(at => (moment - at).Duration()).DefaultIfEmpty(TimeSpan.MaxValue).Min();

    [GeneratedRegex(
        @"^(?<at>\S+Z) dbug: Tandem\.Channel\.(?<channel>[^\[]+)\[\d+\] segment (?<segment>\d*|\(null\)): ((?<stage>\w+) took (?<seconds>\S+) s|(?<failed>\w+) failed: (?<reason>\w+)|published)$",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Line();
}
