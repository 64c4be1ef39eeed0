namespace Tandem.Tests.Dubbing;

/// <summary>Makes 16 kHz mono sound with the rhythm of speech: a buzz of harmonics in syllables of 200 ms, without any words.</summary>
internal sealed class SpeechLike(double noiseLevel = -70)
{
    public const int Rate = 16_000;

    private readonly List<float> _samples = [];
    private readonly Random _random = new(7);

    public float[] Samples => [.. _samples];

    public double Seconds => _samples.Count / (double)Rate;

    public SpeechLike Silence(double seconds) => Add(seconds, _ => 0);

    public SpeechLike Speech(double seconds, double level = -20)
    {
        var amplitude = Math.Pow(10, level / 20);
        return Add(seconds, t =>
        {
            // Syllables: four to five a second, with dips of 20 dB between them.
            var syllable = 0.55 + (0.45 * Math.Sin(2 * Math.PI * 4.5 * t));
            var voice = 0.0;
            for (var harmonic = 1; harmonic <= 12; harmonic++)
                voice += Math.Sin(2 * Math.PI * 130 * harmonic * t) / harmonic;
            return amplitude * syllable * voice;
        });
    }

    public SpeechLike Tone(double seconds, double frequency, double level) =>
        Add(seconds, t => Math.Pow(10, level / 20) * Math.Sqrt(2) * Math.Sin(2 * Math.PI * frequency * t));

    public SpeechLike Noise(double seconds, double level) =>
        Add(seconds, _ => Math.Pow(10, level / 20) * 1.73 * ((2 * _random.NextDouble()) - 1));

    private SpeechLike Add(double seconds, Func<double, double> sound)
    {
        var count = (int)Math.Round(seconds * Rate);
        var noise = Math.Pow(10, noiseLevel / 20) * 1.73;
        for (var i = 0; i < count; i++)
            _samples.Add((float)(sound(i / (double)Rate) + (noise * ((2 * _random.NextDouble()) - 1))));
        return this;
    }
}
