using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.MediaTests.Dubbing;

/// <summary>The real engine on the real speech of Debian's package asterisk-core-sounds-en-g722.</summary>
public sealed class OfflineEngineTests(ITestOutputHelper output)
{
    private const string Speech = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.g722";

    [Fact]
    public async Task Hears_english_speaks_spanish_and_says_nothing_twice()
    {
        var choice = EngineCatalogue.Resolve("offline", "en", ["es"]);
        Assert.Null(choice.Error);
        var mono = await Decode(Speech);
        await using var engine = choice.Create!(new EngineServices(TimeProvider.System, NullLogger.Instance));
        var events = new List<EngineEvent>();
        var before = DateTimeOffset.UtcNow;
        for (var position = 0; position < mono.Length; position += 8000)
        {
            var part = mono.AsMemory(position, Math.Min(8000, mono.Length - position));
            engine.Hear(new SourceSound(new ChannelTime(position * 3L), new float[part.Length * 6], part, position == 0));
        }

        // The last utterance ends with a pause.
        engine.Hear(new SourceSound(new ChannelTime(mono.Length * 3L), new float[32_000 * 6], new float[32_000], false));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!IsSettled(events))
            events.Add(await engine.Events.ReadAsync(deadline.Token));

        var heard = events.OfType<UtteranceHeard>().Select(report => report.Utterance).ToArray();
        var dubs = events.OfType<DubReady>().Select(report => report.Dub).ToArray();
        foreach (var dub in dubs)
            output.WriteLine($"{dub.Utterance.Start}–{dub.Utterance.End} {dub.Utterance.Text} → {dub.Text} ({dub.Sound.Length})");
        output.WriteLine($"{(DateTimeOffset.UtcNow - before).TotalSeconds:F1} s for {mono.Length / 16000.0:F1} s of speech");

        Assert.Empty(events.OfType<DubFailed>());
        Assert.Equal(heard.Select(utterance => utterance.Id), dubs.Select(dub => dub.Utterance.Id));
        Assert.Equal(heard.Length, heard.Select(utterance => utterance.Id).Distinct().Count());
        Assert.All(heard, utterance => Assert.InRange((utterance.End - utterance.Start).Seconds, 0.1, 10.5));

        var recall = Recall(await Transcript("demo-congrats"), string.Join(' ', heard.Select(utterance => utterance.Text)));
        output.WriteLine($"{recall:P0} of the words of the transcript, in their order");
        Assert.InRange(recall, 0.6, 1);
        var spanish = string.Join(' ', dubs.Select(dub => dub.Text));
        Assert.Contains("instalado", spanish, StringComparison.OrdinalIgnoreCase);
        Assert.All(dubs, dub => Assert.InRange(Loudest(dub.Sound), 0.05f, 1f));
    }

    [Theory]
    [InlineData("offline", "en", "he", "cannot translate en to \"he\"")]
    [InlineData("offline", "ja", "es", "cannot hear \"ja\"")]
    public void A_pair_that_cannot_be_had_is_one_line_that_lists_those_that_can(string engine, string from, string to, string says)
    {
        var error = EngineCatalogue.Resolve(engine, from, [to]).Error;
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Contains(from == "en" ? "es" : "en", error!, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error!);
    }

    /// <summary>The package's own text of a prompt.</summary>
    private static async Task<string> Transcript(string prompt)
    {
        await using var packed = new System.IO.Compression.GZipStream(
            File.OpenRead("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"), System.IO.Compression.CompressionMode.Decompress);
        var line = (await new StreamReader(packed).ReadToEndAsync()).Split('\n').First(text => text.StartsWith(prompt + ": ", StringComparison.Ordinal));
        return line[(prompt.Length + 2)..];
    }

    /// <summary>Share of the words of <paramref name="said"/> that <paramref name="heard"/> has in the same order.</summary>
    private static double Recall(string said, string heard)
    {
        static string[] Words(string text) =>
            [.. text.ToLowerInvariant().Split([' ', '.', ','], StringSplitOptions.RemoveEmptyEntries)];
        var (left, right) = (Words(said), Words(heard));
        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
                common[i, j] = left[i - 1] == right[j - 1] ? common[i - 1, j - 1] + 1 : Math.Max(common[i - 1, j], common[i, j - 1]);
        }

        return common[left.Length, right.Length] / (double)left.Length;
    }

    private static bool IsSettled(List<EngineEvent> events)
    {
        var begun = events.OfType<UtteranceStarted>().Select(report => report.UtteranceId).ToHashSet();
        begun.ExceptWith(events.OfType<DubReady>().Select(report => report.Dub.Utterance.Id));
        begun.ExceptWith(events.OfType<DubFailed>().Select(report => report.UtteranceId));
        begun.ExceptWith(events.OfType<UtteranceEmpty>().Select(report => report.UtteranceId));
        return begun.Count == 0 && events.OfType<UtteranceStarted>().Count() > 3 && events.OfType<HeardUpTo>().LastOrDefault()?.Time.Seconds > 30;
    }

    private static float Loudest(DubSound sound)
    {
        var samples = new float[sound.Length.Samples];
        sound.Read(SoundLength.Zero, samples);
        return samples.Max(Math.Abs);
    }

    private static async Task<float[]> Decode(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-f", "g722", "-i", file, "-ar", "16000", "-ac", "1", "-f", "f32le", "-"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var bytes = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(bytes);
        return MemoryMarshal.Cast<byte, float>(bytes.ToArray()).ToArray();
    }
}
