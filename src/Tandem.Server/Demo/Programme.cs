using System.Collections.Immutable;

namespace Tandem.Server.Demo;

/// <summary>One recorded prompt of the programme, with the pause that follows it.</summary>
/// <param name="Name">File name without ending, as the Debian packages of Asterisk's sounds have it.</param>
/// <param name="Text">What is said.</param>
/// <param name="Pause">Shortest pause after it.</param>
internal sealed record Prompt(string Name, string Text, TimeSpan Pause);

/// <summary>A sentence and when it is spoken, seconds from the loop's start.</summary>
/// <param name="Text">What is said.</param>
/// <param name="Start">First sound.</param>
/// <param name="End">Last sound.</param>
internal sealed record Line(string Text, double Start, double End);

/// <summary>What the demo's speaker says, and in which order: whole sentences only, so that a recogniser has context to work with.</summary>
internal static class Programme
{
    /// <summary>Where the Debian package of sounds keeps the recordings (G.722, 16 kHz).</summary>
    public const string Sounds = "/usr/share/asterisk/sounds/en";

    /// <summary>The text of every recording, one <c>name: text</c> a line.</summary>
    public const string Texts = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz";

    /// <summary>The longest pause; longer ones make a viewer think that something has broken.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2.5);

    /// <summary>Names in the order in which they are spoken, each with the shortest pause after it in seconds.</summary>
    public static readonly ImmutableArray<(string Name, double Pause)> Order =
    [
        ("hello-world", 0.7),
        ("demo-congrats", 1.2),
        ("tt-somethingwrong", 0.6),
        ("tt-weasels", 1.4),
        ("demo-echotest", 1.5),
        ("tt-allbusy", 0.9),
        ("queue-youarenext", 1.3),
        ("demo-thanks", 1.6),
    ];

    /// <summary>Reads the texts of <see cref="Order"/>; a prompt without text is left out.</summary>
    /// <param name="lines">The lines of <see cref="Texts"/>.</param>
    public static ImmutableArray<Prompt> Read(IEnumerable<string> lines)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0 && !line.StartsWith(';'))
            {
                texts[line[..colon]] = string.Join(' ', line[(colon + 2)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return [.. Order.Where(p => texts.ContainsKey(p.Name)).Select(p => new Prompt(p.Name, texts[p.Name], TimeSpan.FromSeconds(p.Pause)))];
    }

    /// <summary>
    /// Where each prompt starts, in seconds, and the loop's length. The length is a multiple of 8 s: 200 frames of picture and 375 AAC
    /// frames, so that one loop can follow another without a break. What is left over lengthens the pauses alike.
    /// </summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="lengths">Seconds of sound of each.</param>
    public static (ImmutableArray<double> Starts, int Length) Schedule(ImmutableArray<Prompt> prompts, IReadOnlyList<double> lengths)
    {
        const int Unit = 8;
        var spoken = lengths.Sum();
        var length = (int)Math.Ceiling((spoken + prompts.Sum(p => p.Pause.TotalSeconds)) / Unit) * Unit;
        var extra = (length - spoken - prompts.Sum(p => p.Pause.TotalSeconds)) / prompts.Length;
        var starts = ImmutableArray.CreateBuilder<double>(prompts.Length);
        // Half of the last pause comes first, so that the loop does not begin in the middle of a breath.
        var lead = (prompts[^1].Pause.TotalSeconds + extra) / 2;
        var at = lead;
        for (var i = 0; i < prompts.Length; i++)
        {
            starts.Add(at);
            at += lengths[i] + prompts[i].Pause.TotalSeconds + extra;
        }

        return (starts.MoveToImmutable(), length);
    }
}
