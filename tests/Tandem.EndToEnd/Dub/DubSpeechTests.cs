using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.EndToEnd.Dub;

/// <summary>Human English speech as a film, dubbed into Spanish by <c>offline</c>, once for all tests of <see cref="DubSpeechTests"/>.</summary>
public sealed class DubbedFilm : IAsyncLifetime
{
    private const double Seconds = 40;
    private string _folder = "";

    /// <summary>Why there is nothing to test here; null where there is.</summary>
    public string? Lacking { get; private set; }

    /// <summary>What the program said.</summary>
    public DubResult? Result { get; private set; }

    /// <summary>The dubbed film.</summary>
    public string Output => Path.Combine(_folder, "dubbed.mp4");

    /// <summary>The film.</summary>
    public string Source => Path.Combine(_folder, "film.mp4");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!Speech.IsThere)
        {
            Lacking = "The package asterisk-core-sounds-en-g722 is not installed";
            return;
        }

        _folder = DubRun.Folder();
        var sound = new Mixed(new Speech(), new Sine(Pilot.Frequency, Pilot.Level)).Render(48_000, Seconds);
        await Ffmpeg.RunAsync(
            [
                "-v", "error", "-f", "lavfi", "-i", $"testsrc2=s=160x90:r=25:d={Seconds}", "-f", "f32le", "-ar", "48000", "-ac", "1", "-i", "pipe:0",
                "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-b:a", "160k", Source,
            ],
            MemoryMarshal.AsBytes(sound.AsSpan()).ToArray());
        Result = await DubRun.RunAsync(Source, "--from", "en", "--to", "es", "-o", Output, "--json");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_folder.Length > 0)
            Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What somebody who plays a dubbed film hears and reads.</summary>
public sealed class DubSpeechTests(DubbedFilm film) : IClassFixture<DubbedFilm>
{
    [Fact]
    public async Task It_has_picture_Spanish_English_and_captions()
    {
        Skip();
        Assert.True(film.Result!.Code == 0, film.Result.Errors);
        var streams = await DubRun.StreamsAsync(film.Output);
        Assert.Equal(["h264", "aac", "aac", "mov_text"], streams.Select(stream => stream.GetProperty("codec_name").GetString()));
        Assert.Equal([null, "spa", "eng", "spa"], streams.Select(stream => DubRun.Tag(stream, "language") is "und" ? null : DubRun.Tag(stream, "language")));
        Assert.Equal([1, 1, 0], streams.Take(3).Select(stream => stream.GetProperty("disposition").GetProperty("default").GetInt32()));
        Assert.Empty(await DubRun.ComplaintsAsync(film.Output));
    }

    [Fact]
    public void The_summary_counts_what_was_dubbed()
    {
        Skip();
        var summary = film.Result!.Summary;
        var spanish = summary.GetProperty("languages")[0];
        var spoken = new[] { "on_time", "sped_up", "delayed_by_previous" }.Sum(word => spanish.GetProperty("dubs").GetProperty(word).GetInt64());
        Assert.InRange(spoken, 5, 12);
        Assert.True(summary.GetProperty("utterances").GetInt64() >= spoken);
        Assert.Equal(0, spanish.GetProperty("dubs").GetProperty("late").GetInt64());
        Assert.InRange(spanish.GetProperty("onsetLagP95").GetDouble(), 0, 3);
        Assert.InRange(summary.GetProperty("seconds").GetDouble(), 39.9, 40.2);
    }

    [Fact]
    public async Task The_original_is_down_while_the_captions_say_that_Spanish_is_spoken()
    {
        Skip();
        var voice = (await DubRun.SoundAsync(film.Output, "a:0")).Between(0, 40);
        var original = (await DubRun.SoundAsync(film.Output, "a:1")).Between(0, 40);
        var gain = Pilot.Gain(voice, original, 48_000);
        var cues = await CuesAsync();
        Assert.True(cues.Count >= 5, $"{cues.Count} captions");
        foreach (var (start, end, text) in cues)
        {
            Assert.True(text.Length > 3, "a caption without words");
            var during = gain[(int)((start + 0.05) / Pilot.Step)..(int)((end - 0.05) / Pilot.Step)].Order().ToList();
            Assert.True(Math.Abs(during[during.Count / 2] - -18) <= Pilot.Tolerance, $"{start:F2}–{end:F2} {text}: {during[during.Count / 2]:F1} dB");
        }

        // What is heard under a caption beside the lowered original is the dub.
        var heard = cues.Average(cue => Level(voice, original, gain, cue.Start, cue.End));
        Assert.True(heard > -40, $"{heard:F1} dB beside the original");
    }

    private static double Level(float[] voice, float[] original, double[] gain, double from, double to)
    {
        double sum = 0;
        var (first, last) = ((int)(from * 48_000), (int)(to * 48_000));
        for (var index = first; index < last; index++)
        {
            var factor = Math.Pow(10, gain[Math.Min(gain.Length - 1, (int)(index / (Pilot.Step * 48_000)))] / 20);
            var rest = voice[index] - (original[index] * factor);
            sum += rest * rest;
        }

        return 10 * Math.Log10((sum / (last - first)) + 1e-10);
    }

    private async Task<IReadOnlyList<(double Start, double End, string Text)>> CuesAsync()
    {
        var run = await Ffmpeg.RunAsync(["-v", "error", "-i", film.Output, "-map", "0:s:0", "-f", "webvtt", "pipe:1"]);
        var cues = new List<(double, double, string)>();
        foreach (var block in System.Text.Encoding.UTF8.GetString(run.Output).Split("\n\n").Where(block => block.Contains("-->", StringComparison.Ordinal)))
        {
            var lines = block.Trim().Split('\n');
            var times = lines[0].Split(" --> ").Select(Seconds).ToArray();
            cues.Add((times[0], times[1], string.Join(' ', lines.Skip(1))));
        }

        return cues;
    }

    private static double Seconds(string stamp) => stamp.Split(':').Aggregate(0.0, (sum, part) => (sum * 60) + double.Parse(part, CultureInfo.InvariantCulture));

    private void Skip()
    {
        if (film.Lacking is { } why)
            Assert.Skip(why);
    }
}
