using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>What is heard of a voice at one moment.</summary>
public enum VoiceSound
{
    /// <summary>The dub: the original is lower than it is by itself.</summary>
    Dubbed,

    /// <summary>The original at its own level.</summary>
    Original,

    /// <summary>Nothing.</summary>
    Silent,
}

/// <summary>A tenth of a second of a published voice.</summary>
/// <param name="Epoch">The stretch without a break that it is in.</param>
/// <param name="Seconds">Presentation time.</param>
/// <param name="ListedAt">When a viewer first saw the segment that it should be in.</param>
/// <param name="Sound">What is heard.</param>
public sealed record HeardPiece(long Epoch, double Seconds, DateTimeOffset ListedAt, VoiceSound Sound);

/// <summary>
/// Reads off a recording what viewers of a voice hear, by the pilot tone that lies in the original all the time: lowered under a dub, at its
/// own level without one, and gone where there is no sound.
/// </summary>
public static class HeardVoice
{
    /// <summary>Length of a piece, s.</summary>
    public const double Step = 0.1;

    /// <summary>dBFS below which the pilot is not there; it is at −36, and at −54 under a dub.</summary>
    private const double Gone = -66;

    private const int Steps = (int)(Step / Pilot.Step);

    /// <summary>All of it, piece by piece.</summary>
    /// <param name="voice">The dub.</param>
    /// <param name="original">The original beside it.</param>
    /// <param name="dubbedBelow">Gain of the pilot against the original, dB, below which a dub speaks.</param>
    public static async Task<IReadOnlyList<HeardPiece>> ReadAsync(RecordedTrack voice, RecordedTrack original, double dubbedBelow)
    {
        var pieces = new List<HeardPiece>();
        foreach (var epoch in voice.Epochs)
        {
            if (voice.Had(epoch).Count > 0)
                pieces.AddRange(await ReadAsync(voice, original, epoch, dubbedBelow));
        }

        return pieces;
    }

    /// <summary>Seconds of <paramref name="sound"/> among <paramref name="pieces"/>.</summary>
    public static double Seconds(this IEnumerable<HeardPiece> pieces, VoiceSound sound) => pieces.Count(piece => piece.Sound == sound) * Step;

    private static async Task<IEnumerable<HeardPiece>> ReadAsync(RecordedTrack voice, RecordedTrack original, long epoch, double dubbedBelow)
    {
        var segments = voice.Had(epoch);
        var heard = await Decode.SoundAsync(voice.Sound(epoch));
        var (start, end) = (heard.Frames[0].Seconds, heard.Frames[^1].Seconds);
        var strength = Curve(heard.Between(start, end), heard.SampleRate);
        var beside = new double[strength.Length];
        Array.Fill(beside, Pilot.Level);
        if (original.Had(epoch).Count > 0)
        {
            var own = await Decode.SoundAsync(original.Sound(epoch));
            beside = Curve(own.Between(start, end), own.SampleRate);
        }

        var pieces = new List<HeardPiece>();
        var frame = 0;

        // The first and last tenths hold the coders' own beginnings.
        for (var index = 1; index < strength.Length - 1; index++)
        {
            var at = start + (index * Step);
            while (frame + 1 < heard.Frames.Count && heard.Frames[frame + 1].Seconds <= at)
                frame++;
            var sound = strength[index] < Gone ? VoiceSound.Silent
                : beside[index] > Gone && strength[index] - beside[index] > dubbedBelow ? VoiceSound.Original : VoiceSound.Dubbed;
            pieces.Add(new HeardPiece(epoch, at, segments[heard.Frames[frame].Segment].ListedAt, sound));
        }

        return pieces;
    }

    /// <summary>The pilot's strength in each tenth of a second.</summary>
    private static double[] Curve(float[] sound, int rate) =>
        [.. Pilot.Strength(sound, rate).Chunk(Steps).Where(chunk => chunk.Length == Steps).Select(chunk => chunk.Order().ElementAt(Steps / 2))];
}
