namespace Tandem.Live.Dubbing;

/// <summary>A stage's answer that cannot be what it was asked for.</summary>
internal sealed class BadAnswerException(string message) : IOException(message);

/// <summary>
/// Looks at what a stage of an engine answers before it is used: a process that is out of step or broken says things that no speech gives,
/// and a single sample that is no number would silence a voice for good. Words that are merely wrong cannot be told from right ones.
/// </summary>
internal static class StageAnswer
{
    // Ten seconds of speech are some 250 letters in any language.
    private const int LongestText = 4000;

    // As the voices themselves are bounded.
    private const int LongestSound = 60 * 48_000;

    // Resampling overshoots full scale by a little; a hundred times is none of its doing.
    private const float Loudest = 100;

    private static readonly TimeSpan _longestUtterance = TimeSpan.FromMinutes(1);

    /// <summary>Hands a recogniser's answer on.</summary>
    /// <exception cref="BadAnswerException">It makes no sense.</exception>
    public static Recognised Checked(Recognised said)
    {
        if (said.Start < TimeSpan.Zero || said.End < said.Start || said.End > _longestUtterance)
            throw new BadAnswerException("the recogniser heard words outside of the sound");
        return IsText(said.Text) ? said : throw new BadAnswerException("the recogniser's words are no text");
    }

    /// <summary>Hands a translator's answer on.</summary>
    /// <exception cref="BadAnswerException">It makes no sense.</exception>
    public static string Checked(string translation) =>
        IsText(translation) ? translation : throw new BadAnswerException("the translator's answer is no text");

    /// <summary>Hands a voice's answer on.</summary>
    /// <exception cref="BadAnswerException">It makes no sense.</exception>
    public static float[] Checked(float[] sound)
    {
        if (sound.Length > LongestSound)
            throw new BadAnswerException("the voice does not stop");
        foreach (var sample in sound)
        {
            // False for what is no number, too.
            if (!(Math.Abs(sample) <= Loudest))
                throw new BadAnswerException("the voice's sound is none");
        }

        return sound;
    }

    // A replacement character stands for bytes that were no UTF-8.
    private static bool IsText(string text) =>
        text.Length <= LongestText && !text.Any(letter => letter == '\uFFFD' || (char.IsControl(letter) && letter is not ('\n' or '\r' or '\t')));
}
