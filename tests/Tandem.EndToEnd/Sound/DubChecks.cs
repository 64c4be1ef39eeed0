using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Ingest;
using Xunit;

namespace Tandem.EndToEnd.Sound;

/// <summary>English speech with a pilot tone, dubbed into Spanish by <c>offline</c>, recorded once for all tests of a class.</summary>
/// <param name="by">How the speech gets to Tandem.</param>
public abstract class DubbedSpeech(SentBy by) : IAsyncLifetime
{
    private const int Rate = 48_000;
    private const double Seconds = 72;

    /// <summary>Why there is nothing to test here; null where there is.</summary>
    public string? Lacking { get; private set; }

    /// <summary>Cues on the time line of <see cref="Voice"/>.</summary>
    public IReadOnlyList<Cue> Cues { get; private set; } = [];

    /// <summary>The Spanish voice.</summary>
    public float[] Voice { get; private set; } = [];

    /// <summary>The original on the same time line.</summary>
    public float[] Original { get; private set; } = [];

    /// <summary>How far the original is turned down in the voice, dB, each 10 ms.</summary>
    public double[] Gain { get; private set; } = [];

    /// <summary>The voice without the original: the dubs alone.</summary>
    public float[] Dubs { get; private set; } = [];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!Speech.IsThere)
        {
            Lacking = "The package asterisk-core-sounds-en-g722 is not installed";
            return;
        }

        var sound = new SoundRecipe(new Mixed(new Speech(), new Sine(Pilot.Frequency, Pilot.Level)), BitRate: 160_000);
        var programme = await ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            Packing.Ts, [new PictureRecipe(FrameRate.Pal, 160, 90, 60_000, Flashes: false)], [sound], Seconds: 130));
        await using var sending = await Sending.PrepareAsync("speech", by, programme);
        await using var server = await TandemServer.StartAsync([sending.Channel(delay: "12s", engine: "offline")]);
        await using var recorder = HlsRecorder.Start(server.Master("speech"));
        await sending.BeginAsync(server);
        var recording = await recorder.SecondsAsync(Seconds, TimeSpan.FromSeconds(Seconds + 60));
        await TakeAsync(recording);
    }

    /// <summary>The seconds of a stretch as a range of samples.</summary>
    public static Range Samples(double from, double to) => (int)(from * Rate)..(int)(to * Rate);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task TakeAsync(HlsRecording recording)
    {
        var epoch = recording.Voice("es").Epochs[0];
        var voice = await Decode.SoundAsync(recording.Voice("es").Sound(epoch));
        var original = await Decode.SoundAsync(recording.Original.Sound(epoch));
        var start = Math.Max(voice.Frames[0].Seconds, original.Frames[0].Seconds) + 0.1;
        var end = Math.Min(voice.Frames[^1].Seconds, original.Frames[^1].Seconds);
        Voice = voice.Between(start, end);
        Original = original.Between(start, end);
        Cues = [.. recording.Captions("es").Cues(epoch)
            .Select(cue => cue with { Start = cue.Start - start, End = cue.End - start })
            .Where(cue => cue.Start > 0 && cue.End < end - start)];
        Gain = Pilot.Gain(Voice, Original, Rate);
        Dubs = new float[Voice.Length];
        for (var index = 0; index < Voice.Length; index++)
        {
            var decibels = Gain[Math.Min(Gain.Length - 1, (int)(index / (Pilot.Step * Rate)))];
            Dubs[index] = Voice[index] - (Original[index] * (float)Math.Pow(10, decibels / 20));
        }
    }
}

/// <summary>What a viewer of a dub hears and reads (issue 2, point 4).</summary>
public abstract class DubChecks(DubbedSpeech heard)
{
    private const double BackgroundLevel = -18;
    private const int Rate = 48_000;

    /// <summary>The same words come to 0.85 and more, others to a third at most (the test's output tells).</summary>
    private const double SameWords = 0.7;

    [Fact]
    public void There_are_dubs()
    {
        Skip();
        Assert.True(heard.Cues.Count >= 8, Told());
    }

    [Fact]
    public void The_original_is_down_while_a_dub_speaks()
    {
        Skip();
        foreach (var cue in heard.Cues)
        {
            var (level, worst) = Level(cue.Start + 0.05, cue.End - 0.05);
            Assert.True(Math.Abs(level - BackgroundLevel) <= Pilot.Tolerance, $"{cue}: {level:F1} dB. {Told()}");
            Assert.True(worst < BackgroundLevel + 4, $"{cue}: {worst:F1} dB at its loudest. {Told()}");
        }
    }

    [Fact]
    public void The_original_is_back_when_nobody_speaks()
    {
        Skip();
        var pauses = Pauses();
        Assert.NotEmpty(pauses);
        foreach (var (from, to) in pauses)
            Assert.True(Math.Abs(Level(from, to).Level) <= Pilot.Tolerance, $"{from:F2} to {to:F2}: {Level(from, to).Level:F1} dB. {Told()}");
    }

    [Fact]
    public void Nothing_but_original_and_dubs_is_heard_and_captions_say_when()
    {
        Skip();
        foreach (var cue in heard.Cues)
            Assert.True(Decibels(cue.Start, cue.End) > -45, $"{cue} says something that is not heard. {Told()}");
        foreach (var (from, to) in Between())
            Assert.True(Decibels(from, to) < -45, $"A dub without a caption between {from:F2} and {to:F2}: {Decibels(from, to):F1} dB. {Told()}");
    }

    [Fact]
    public async Task Captions_are_the_words_of_the_dubs()
    {
        Skip();
        var utterances = Utterances();
        Assert.True(utterances.Count >= 8, Told());
        var texts = utterances.Select(said => said.Text).Distinct(StringComparer.Ordinal).ToList();
        var spoken = await Task.WhenAll(texts.Select(SpeakAsync));
        foreach (var said in utterances)
        {
            var dub = heard.Dubs[DubbedSpeech.Samples(said.Start, said.End)];
            var ranks = texts.Zip(spoken, (text, sound) => (Text: text, Likeness: SpokenWords.Likeness(dub, sound))).OrderByDescending(rank => rank.Likeness).ToList();
            TestContext.Current.TestOutputHelper?.WriteLine($"{said.Text}: {string.Join(", ", ranks.Take(3).Select(rank => $"{rank.Likeness:F2} {rank.Text[..Math.Min(12, rank.Text.Length)]}"))}");
            Assert.True(ranks[0].Text == said.Text && ranks[0].Likeness > SameWords, $"{said} sounds like {ranks[0]}, then {ranks[1]}. {Told()}");
        }
    }

    [Fact]
    public void Dubs_do_not_overlap()
    {
        Skip();
        foreach (var (one, next) in heard.Cues.Zip(heard.Cues.Skip(1)))
            Assert.True(one.End <= next.Start + 0.001, $"{one} and {next}");
    }

    [Fact]
    public void Nothing_is_spoken_twice()
    {
        Skip();
        // The programme itself says each sentence again after a round of about 45 s.
        foreach (var cue in heard.Cues)
            Assert.DoesNotContain(heard.Cues, other => other != cue && other.Text == cue.Text && Math.Abs(other.Start - cue.Start) < 25);
        foreach (var (one, next) in heard.Cues.Zip(heard.Cues.Skip(1)).Where(pair => pair.First.Text != pair.Second.Text))
        {
            var known = new[] { KeyValuePair.Create("", heard.Dubs[DubbedSpeech.Samples(one.Start, one.End)]) };
            var fit = WhoIsHeard.Rank(heard.Dubs[DubbedSpeech.Samples(next.Start, next.End)], known)[0];
            Assert.True(fit.Likeness < WhoIsHeard.Same, $"{one} is heard again in {next}: {fit}");
        }
    }

    [Fact]
    public async Task Dubs_are_as_loud_as_the_speech_they_replace()
    {
        Skip();
        var original = await Ebur128.MeasureAsync(heard.Original, Rate);
        var spoken = heard.Cues.SelectMany(cue => heard.Dubs[DubbedSpeech.Samples(cue.Start, cue.End)]).ToArray();
        var dubs = await Ebur128.MeasureAsync(spoken, Rate);

        Assert.True(Math.Abs(dubs.Integrated - original.Integrated) <= 3, $"dubs {dubs}, original {original}. {Told()}");
    }

    [Fact]
    public async Task Nothing_clips_while_a_dub_speaks()
    {
        Skip();
        foreach (var cue in heard.Cues)
        {
            var loudness = await Ebur128.MeasureAsync(Faded(heard.Voice[DubbedSpeech.Samples(cue.Start, cue.End)]), Rate);
            Assert.True(loudness.TruePeak <= -1, $"{cue}: {loudness.TruePeak} dBTP. {Told()}");
        }
    }

    /// <summary>Without a cut at either end, which would ring.</summary>
    private static float[] Faded(float[] samples)
    {
        const int fade = Rate / 200;
        for (var index = 0; index < Math.Min(fade, samples.Length / 2); index++)
        {
            samples[index] *= index / (float)fade;
            samples[^(index + 1)] *= index / (float)fade;
        }

        return samples;
    }

    private void Skip()
    {
        if (heard.Lacking is { } why)
            Assert.Skip(why);
    }

    private (double Level, double Worst) Level(double from, double to)
    {
        var values = heard.Gain[(int)(from / Pilot.Step)..(int)(to / Pilot.Step)].Order().ToList();
        return values.Count == 0 ? (double.NaN, double.NaN) : (values[values.Count / 2], values[^(1 + (values.Count / 20))]);
    }

    private double Decibels(double from, double to)
    {
        double sum = 0;
        var samples = heard.Dubs.AsSpan(DubbedSpeech.Samples(from, to));
        foreach (var sample in samples)
            sum += (double)sample * sample;
        return 10 * Math.Log10((sum / samples.Length) + 1e-10);
    }

    /// <summary>From a little after a cue to a little before the next one.</summary>
    private IEnumerable<(double From, double To)> Between() => heard.Cues.Zip(heard.Cues.Skip(1))
        .Select(pair => (From: pair.First.End + 0.35, To: pair.Second.Start - 0.35))
        .Where(span => span.To - span.From > 0.2);

    /// <summary>Stretches in which neither a dub is placed nor the original speaks, long enough that the original must be back.</summary>
    private List<(double From, double To)> Pauses()
    {
        var pauses = new List<(double, double)>();
        foreach (var (from, to) in Between())
        {
            var quiet = Enumerable.Range((int)(from * 100), Math.Max(0, (int)((to - from) * 100))).Where(tick => !Speaks(tick / 100.0)).ToList();
            if (quiet.Count == 0 || quiet[^1] - quiet[0] + 1 != quiet.Count || quiet.Count < 110)
                continue;
            // An utterance's end is known to the recogniser within some tenths; the release takes 200 ms.
            pauses.Add(((quiet[0] / 100.0) + 0.7, (quiet[^1] / 100.0) - 0.25));
        }

        return pauses;
    }

    private bool Speaks(double at)
    {
        double sum = 0;
        var samples = heard.Original.AsSpan(DubbedSpeech.Samples(at, at + 0.03));
        for (var index = 3; index < samples.Length; index++)
        {
            // The mean of four neighbours takes 21 dB off the pilot and little off speech.
            double mean = (samples[index] + samples[index - 1] + samples[index - 2] + samples[index - 3]) / 4;
            sum += mean * mean;
        }

        return 10 * Math.Log10((sum / samples.Length) + 1e-10) > -40;
    }

    /// <summary>A dub may take several cues, without a pause between them; its text ends with a full stop.</summary>
    private List<Cue> Utterances()
    {
        var utterances = new List<Cue>();
        foreach (var cue in heard.Cues)
        {
            if (utterances is [.., var last] && cue.Start - last.End < 0.02 && !last.Text.EndsWith('.'))
                utterances[^1] = last with { End = cue.End, Text = last.Text + " " + cue.Text };
            else
                utterances.Add(cue);
        }

        // Of those at the two ends of the recording, a cue may be missing.
        return [.. utterances.Where(said => char.IsUpper(said.Text[0]) && said.Text.EndsWith('.'))];
    }

    /// <summary>A text as espeak-ng speaks it by itself, 48 kHz.</summary>
    private static async Task<float[]> SpeakAsync(string text)
    {
        using var process = Process.Start(new ProcessStartInfo("espeak-ng", ["-v", "es", "--stdin", "--stdout", "-b", "1"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text.Replace('\n', ' ') + "\n"));
        process.StandardInput.Close();
        using var wave = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(wave);
        await process.WaitForExitAsync();
        var run = await Ffmpeg.RunAsync(["-v", "error", "-f", "wav", "-ignore_length", "1", "-i", "pipe:0", "-f", "f32le", "-ar", "48000", "-ac", "1", "pipe:1"], wave.ToArray());
        return MemoryMarshal.Cast<byte, float>(run.Output).ToArray();
    }

    private string Told() => string.Join(" | ", heard.Cues.Select(cue => $"{cue.Start:F2}–{cue.End:F2} {cue.Text}"));
}
