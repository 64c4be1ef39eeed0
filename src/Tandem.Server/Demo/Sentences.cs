using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Tandem.Server.Demo;

/// <summary>Finds when each sentence of a recording is spoken, from its text and its pauses.</summary>
internal static partial class Sentences
{
    /// <summary>Below this a stretch counts as a pause, relative to full scale.</summary>
    private const float Quiet = 0.01f;

    /// <summary>Loudness is looked at in steps of 10 ms.</summary>
    private const int StepsPerSecond = 100;

    /// <summary>The sentences of a text.</summary>
    public static ImmutableArray<string> Split(string text) =>
        [.. End().Split(text).Select(s => s.Trim()).Where(s => s.Length > 0)];

    /// <summary>
    /// Lays the sentences of a text over a recording: each boundary goes to the pause that lies nearest to where the number of letters
    /// puts it, a long pause counting for more than a short one.
    /// </summary>
    /// <param name="text">What is said.</param>
    /// <param name="sound">Mono samples.</param>
    /// <param name="rate">Samples a second.</param>
    public static ImmutableArray<Line> Align(string text, ReadOnlySpan<float> sound, int rate)
    {
        var sentences = Split(text);
        var length = sound.Length / (double)rate;
        var pauses = Pauses(sound, rate);
        var letters = sentences.Sum(s => (double)s.Length);
        var lines = ImmutableArray.CreateBuilder<Line>(sentences.Length);
        double start = 0, soFar = 0;
        for (var i = 0; i < sentences.Length; i++)
        {
            soFar += sentences[i].Length;
            var expected = length * soFar / letters;
            var (end, next) = i == sentences.Length - 1 ? (length, length) : Nearest(pauses, expected, start);
            lines.Add(new(sentences[i], start, end));
            start = next;
        }

        return lines.MoveToImmutable();
    }

    private static (double Start, double End) Nearest(List<(double Start, double End)> pauses, double expected, double after)
    {
        (double Start, double End) best = (expected, expected);
        var cost = double.MaxValue;
        foreach (var pause in pauses)
        {
            // Half a second of distance weighs as much as a tenth of a second of pause.
            var here = Math.Abs((pause.Start + pause.End) / 2 - expected) - 5 * (pause.End - pause.Start);
            if (pause.Start > after + 0.3 && here < cost)
            {
                (best, cost) = (pause, here);
            }
        }

        return best;
    }

    private static List<(double Start, double End)> Pauses(ReadOnlySpan<float> sound, int rate)
    {
        var pauses = new List<(double, double)>();
        var step = rate / StepsPerSecond;
        var quietSince = -1;
        var steps = sound.Length / step;
        for (var i = 0; i <= steps; i++)
        {
            var loud = i == steps || Peak(sound.Slice(i * step, step)) > Quiet;
            if (!loud)
            {
                quietSince = quietSince < 0 ? i : quietSince;
            }
            else if (quietSince >= 0)
            {
                if (i - quietSince >= 12)
                {
                    pauses.Add((quietSince / (double)StepsPerSecond, i / (double)StepsPerSecond));
                }

                quietSince = -1;
            }
        }

        return pauses;
    }

    private static float Peak(ReadOnlySpan<float> sound)
    {
        var peak = 0f;
        foreach (var sample in sound)
        {
            peak = Math.Max(peak, Math.Abs(sample));
        }

        return peak;
    }

    [GeneratedRegex(@"(?<=[.!?])\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex End();
}
