using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Live.Dubbing;

/// <summary>An apertium pair, kept running in null-flush mode: a sentence takes milliseconds instead of its start-up's 240.</summary>
/// <param name="mode">The pair's mode file, such as <c>/usr/share/apertium/modes/eng-spa.mode</c>.</param>
public sealed partial class ApertiumTranslator(string mode) : ITranslator
{
    // Superblanks end the sentence for the tagger; they come through untouched and are taken off again.
    private const string Ending = ".[][\n]";
    private const int LongestAnswer = 1 << 16;

    private readonly EngineProcess _process = new(["bash", "-c", Pipeline(File.ReadAllText(mode))]);

    /// <inheritdoc/>
    public async Task<string> TranslateAsync(string text, CancellationToken cancellation)
    {
        var (process, _) = _process.Get();
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(Prepare(text) + Ending + "\0"), cancellation);
        await process.StandardInput.BaseStream.FlushAsync(cancellation);
        var answer = new List<byte>();
        var buffer = new byte[1024];
        while (answer.Count == 0 || answer[^1] != 0)
        {
            var count = await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellation);
            if (count == 0 || answer.Count > LongestAnswer)
                throw new IOException("the translator died");
            answer.AddRange(buffer.AsSpan(0, count));
        }

        return Tidy(Encoding.UTF8.GetString([.. answer]));
    }

    /// <inheritdoc/>
    public void Kill() => _process.Kill();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The mode's pipeline with every stage in null-flush mode and unknown words unmarked.</summary>
    internal static string Pipeline(string mode) => string.Join(
        " | ",
        mode.Trim().Replace("$1", "-n", StringComparison.Ordinal).Replace("$2", "", StringComparison.Ordinal)
            .Split('|').Select(stage => FirstWord().Replace(stage.Trim(), "$0 -z", 1)));

    /// <summary>Plain words as a sentence: what the stream format gives a meaning to is taken out.</summary>
    internal static string Prepare(string text)
    {
        var plain = Special().Replace(text, " ").Trim().TrimEnd('.');
        plain = Pronoun().Replace(plain, "I");
        return plain.Length == 0 ? plain : char.ToUpperInvariant(plain[0]) + plain[1..];
    }

    /// <summary>The translation without the stream's blanks and marks.</summary>
    internal static string Tidy(string answer)
    {
        var text = Superblank().Replace(answer.TrimEnd('\0'), " ");
        text = Marks().Replace(text, "");
        text = Blanks().Replace(text, " ").Trim();
        return text.TrimStart('.', ',', ' ');
    }

    [GeneratedRegex(@"^\S+")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"[\[\]{}^$/\\@<>\0\r\n]+")]
    private static partial Regex Special();

    [GeneratedRegex(@"\bi\b")]
    private static partial Regex Pronoun();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Superblank();

    [GeneratedRegex(@"[*#@]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
