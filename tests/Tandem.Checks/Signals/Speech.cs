using System.Runtime.InteropServices;

namespace Tandem.Checks.Signals;

/// <summary>One spoken sentence of a <see cref="Speech"/> and when it is heard.</summary>
/// <param name="Start">Onset of its first sound, s.</param>
/// <param name="End">End of its last sound, s.</param>
/// <param name="Text">What is said.</param>
public sealed record Sentence(double Start, double End, string Text);

/// <summary>
/// Human speech: prompts of a professional speaker (Debian's asterisk-core-sounds-en-g722, CC BY-SA 3.0), one after another with a pause,
/// again and again. Repeats exactly each <see cref="Round"/> seconds.
/// </summary>
/// <param name="First">Index of the first prompt: another first prompt makes another programme of the same voice.</param>
/// <param name="Pause">Silence between sentences, s.</param>
/// <param name="Pitch">Above 1 the speaker is faster and higher: another voice.</param>
public sealed record Speech(int First = 0, double Pause = 1.5, double Pitch = 1) : Signal
{
    private const string Folder = "/usr/share/asterisk/sounds/en";
    private const int FileRate = 16_000;

    private static readonly (string Name, string Text)[] _prompts =
    [
        ("demo-echodone", "The echo test has been completed."),
        ("privacy-unident", "The party you are trying to reach does not accept unidentified calls."),
        ("queue-youarenext", "Your call is now first in line and will be answered by the next available representative."),
        ("tt-weasels", "Weasels have eaten our phone system."),
        ("privacy-prompt", "Please enter your phone number, starting with the area code."),
        ("tt-somethingwrong", "Something is terribly wrong."),
        ("queue-thankyou", "Thank you for your patience."),
        ("demo-thanks", "Goodbye. Thank you for trying out the Asterisk Open Source PBX."),
        ("tt-monkeysintro", "They have been carried away by monkeys."),
        ("demo-nomatch", "I'm sorry there are no matches for those keywords."),
    ];

    private static readonly Lazy<float[][]> _sounds = new(() => [.. _prompts.Select(prompt => Read(prompt.Name))]);

    /// <summary>Whether the prompts are installed.</summary>
    public static bool IsThere => _prompts.All(prompt => File.Exists(Path.Combine(Folder, prompt.Name + ".g722")));

    private double PromptRate => FileRate * Pitch;

    /// <summary>Seconds after which everything repeats.</summary>
    public double Round => _sounds.Value.Sum(sound => (sound.Length / PromptRate) + Pause);

    /// <summary>The sentences of the first <paramref name="seconds"/>; one that would be cut at the end is not among them.</summary>
    public IReadOnlyList<Sentence> Sentences(double seconds)
    {
        var sentences = new List<Sentence>();
        // Programmes begin with a pause, so that nothing is said before an engine listens.
        var at = Pause;
        for (var index = First; ; index++)
        {
            var length = _sounds.Value[index % _prompts.Length].Length / PromptRate;
            if (at + length > seconds)
                return sentences;
            sentences.Add(new Sentence(at, at + length, _prompts[index % _prompts.Length].Text));
            at += length + Pause;
        }
    }

    /// <inheritdoc/>
    public override float[] Render(int sampleRate, double seconds)
    {
        var line = new float[(int)Math.Round(seconds * PromptRate)];
        var index = First;
        foreach (var sentence in Sentences(seconds))
        {
            var sound = _sounds.Value[index++ % _prompts.Length];
            sound.CopyTo(line, Math.Min((int)Math.Round(sentence.Start * PromptRate), line.Length - sound.Length));
        }

        return Convert(line, (int)PromptRate, sampleRate);
    }

    /// <summary>A prompt at 16 kHz, the silence around it cut off.</summary>
    private static float[] Read(string name)
    {
        var run = Ffmpeg.RunAsync(["-v", "error", "-f", "g722", "-i", Path.Combine(Folder, name + ".g722"), "-f", "f32le", "pipe:1"]);
        var samples = MemoryMarshal.Cast<byte, float>(run.GetAwaiter().GetResult().Output);
        const float audible = 0.01f;
        var first = 0;
        while (first < samples.Length - 1 && Math.Abs(samples[first]) < audible)
            first++;
        var last = samples.Length - 1;
        while (last > first && Math.Abs(samples[last]) < audible)
            last--;
        return samples[first..(last + 1)].ToArray();
    }

    private static float[] Convert(float[] samples, int from, int to)
    {
        var run = Ffmpeg.RunAsync(
            [
                "-v", "error", "-f", "f32le", "-ar", $"{from}", "-ac", "1", "-i", "pipe:0",
                "-af", $"aresample={to}:filter_size=64", "-f", "f32le", "pipe:1",
            ],
            MemoryMarshal.AsBytes(samples.AsSpan()).ToArray());
        return MemoryMarshal.Cast<byte, float>(run.GetAwaiter().GetResult().Output).ToArray();
    }
}
