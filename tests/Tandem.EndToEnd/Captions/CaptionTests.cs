using System.Diagnostics;
using System.Text.RegularExpressions;
using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Captions;

/// <summary>Live channels whose recogniser is the source's own captions (issue 3): what is published is the translation of what they say.</summary>
public sealed partial class CaptionTests
{
    private const string Engine = "captions+apertium+espeak";

    // A voice starts with its sentence, within what cutting and placing take.
    private const double Tolerance = 0.35;

    [Fact]
    [Trait("Category", "Full")]
    public async Task WebVTT_and_CEA_608_are_dubbed_as_they_say()
    {
        Skip();
        var speech = new Speech();
        var programme = await Programmes.SpeechAsync(Packing.Ts, 130);
        var sentences = speech.Sentences(130);
        await using var origin = await OriginServer.StartAsync();
        var plain = origin.Add("plain", new OriginOptions { Programme = programme, Window = 10 });
        using var subtitled = new SubtitledOrigin(plain, sentences);
        var captioned = origin.Add("line21", new OriginOptions { Programme = CaptionedProgramme.With(programme, sentences), Window = 10 });
        var recordings = await RecordAsync(("text", subtitled.Master), ("line21", captioned.Master));
        foreach (var (recording, log) in recordings)
            await CheckAsync(recording, programme, sentences, log);
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Where_the_sound_is_apart_captions_are_read_of_the_smallest_picture()
    {
        Skip();
        var made = await Programmes.VariantsAsync(Packing.Ts, 130);
        var sentences = new Speech().Sentences(130);
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add("apart", new OriginOptions { Programme = CaptionedProgramme.With(made, sentences), Window = 10 });
        var (recording, log) = (await RecordAsync(("apart", channel.Master)))[0];
        await CheckAsync(recording, made, sentences, log);
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Without_captions_the_original_is_heard_and_the_state_says_why()
    {
        Skip();
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add("none", new OriginOptions { Programme = await Programmes.SpeechAsync(Packing.Ts, 130), Window = 10 });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("none", channel.Master, delay: "6s", engine: Engine)]);
        await server.UntilAsync(
            "the engine is out of use",
            async () => (await server.ChannelAsync("none")).GetProperty("engine") is var engine && !engine.GetProperty("healthy").GetBoolean()
                && engine.GetProperty("reason").GetString()!.Contains("no captions came in 30 s of CEA-608 (CC1) in the picture of v0", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60));
        await server.UntilAsync(
            "the language falls back to the original",
            async () => (await server.ChannelAsync("none")).GetProperty("languages")[0].GetProperty("state").GetString() == "fallback",
            TimeSpan.FromSeconds(30));
        Assert.True(await server.MetricAsync("tandem_engine_circuit_open", "channel=\"none\"") > 0);
    }

    /// <summary>More than half a minute of each channel, and the end of the server's log.</summary>
    private static async Task<IReadOnlyList<(HlsRecording Recording, string Log)>> RecordAsync(params (string Id, Uri Master)[] channels)
    {
        await using var server = await TandemServer.StartAsync(
            channels.Select(channel => TandemServer.Channel(channel.Id, channel.Master, delay: "14s", engine: Engine)));
        var recorders = channels.Select(channel => HlsRecorder.Start(server.Master(channel.Id))).ToList();
        var recordings = new List<(HlsRecording, string)>();
        foreach (var recorder in recorders)
        {
            await using (recorder)
                recordings.Add((await recorder.SecondsAsync(36, TimeSpan.FromSeconds(90)), server.Tail(20)));
        }

        return recordings;
    }

    /// <summary>Every sentence that was whole in the recording has its translation as captions, and a voice speaks while they show.</summary>
    private static async Task CheckAsync(HlsRecording recording, Programme programme, IReadOnlyList<Sentence> sentences, string log)
    {
        var epoch = recording.Voice("es").Epochs[0];
        var voice = await Decode.SoundAsync(recording.Voice("es").Sound(epoch));
        var original = await Decode.SoundAsync(recording.Original.Sound(epoch));
        var from = Math.Max(voice.Frames[0].Seconds, original.Frames[0].Seconds);
        var to = Math.Min(voice.Frames[^1].Seconds, original.Frames[^1].Seconds);
        var cues = recording.Captions("es").Cues(epoch);
        var told = string.Join(" | ", cues.Select(cue => $"{cue.Start:F2}–{cue.End:F2} {cue.Text}")) + "\n" + log;
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        var shift = programme.FirstTicks / (double)Programme.TickRate;
        var (checkedSentences, onTime) = (0, 0);
        foreach (var (start, end, text) in sentences.Select(sentence => (sentence.Start + shift, sentence.End + shift, sentence.Text)))
        {
            // What a channel publishes first was due before its engine had read anything.
            if (start < from + 8 || end > to - 6)
                continue;
            var wanted = await TranslationAsync(text);
            var said = Find(cues, Plain(wanted), start - Tolerance);
            Assert.True(said is not null, $"no captions say \"{wanted}\" from {start:F2} on: {told}");
            var (first, until) = said.Value;

            // It begins with its sentence, or where the dub before it ends.
            var before = cues.LastOrDefault(cue => cue.Start < first && cue.End <= first + 0.01);
            var earliest = before is null ? start : Math.Max(start, before.End);
            Assert.True(first <= earliest + Tolerance, $"\"{wanted}\" begins at {first:F2}, not at {earliest:F2}: {told}");
            onTime += first <= start + Tolerance ? 1 : 0;
            var level = BedLevel.Decibels(voice.Between(first, until), original.Between(first, until), [Range.All]);
            Assert.True(level < -10 || double.IsNaN(level), $"the original is at {level:F1} dB under \"{wanted}\": {told}");
            Assert.True(Loudness(voice.Between(first, until)) > -40, $"nobody speaks at \"{wanted}\": {told}");
            checkedSentences++;
        }

        Assert.True(checkedSentences >= 2, $"{checkedSentences} sentences lay in {from - shift:F1} to {to - shift:F1}: {told}");
        Assert.True(onTime >= 1, $"no sentence was dubbed from its beginning on: {told}");
    }

    /// <summary>The time of the consecutive captions that say a text and nothing else; null where none do.</summary>
    private static (double From, double To)? Find(IReadOnlyList<Cue> cues, string plain, double from)
    {
        for (var first = 0; first < cues.Count; first++)
        {
            var said = "";
            for (var last = first; cues[first].Start >= from && last < cues.Count && said.Length < plain.Length; last++)
            {
                said += Plain(cues[last].Text);
                if (said == plain)
                    return (cues[first].Start, cues[last].End);
            }
        }

        return null;
    }

    private static double Loudness(float[] samples) =>
        10 * Math.Log10((samples.Sum(sample => (double)sample * sample) / Math.Max(1, samples.Length)) + 1e-10);

    /// <summary>As apertium's own command translates it.</summary>
    private static async Task<string> TranslationAsync(string text)
    {
        var start = new ProcessStartInfo("apertium", ["-u", "eng-spa"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(text.TrimEnd('.'));
        process.StandardInput.Close();
        var translation = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return translation;
    }

    private static string Plain(string text) => Others().Replace(text.ToLowerInvariant(), "");

    private static void Skip()
    {
        if (!Speech.IsThere)
            Assert.Skip("The package asterisk-core-sounds-en-g722 is not installed");
    }

    [GeneratedRegex(@"[^\p{L}\p{N}]+")]
    private static partial Regex Others();
}
