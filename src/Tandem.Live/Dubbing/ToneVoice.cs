using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Speaks a tone as long as the words would take; shows recogniser and translator without a synthesiser.</summary>
/// <param name="frequency">Hz.</param>
public sealed class ToneVoice(int frequency) : IVoice
{
    // Fifteen letters a second is an ordinary pace of speech.
    private const double LettersASecond = 15;

    /// <inheritdoc/>
    public Task<float[]> SpeakAsync(string text, CancellationToken cancellation) =>
        Task.FromResult(Tone.Of(frequency, SoundLength.OfSeconds(Math.Max(0.2, text.Length / LettersASecond))));

    /// <inheritdoc/>
    public void Kill()
    {
        // Nothing runs between two calls.
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
