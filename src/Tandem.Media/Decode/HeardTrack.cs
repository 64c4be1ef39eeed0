using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Decode;

/// <summary>Chooses which sound of a segment is heard. Pure.</summary>
internal static class HeardTrack
{
    /// <summary>
    /// The sound in the language asked for, else one without a language, else any; of these one that can be decoded, then the main sound
    /// before descriptions, then stereo before mono before more channels, then the one that was heard before, then the first. Null where
    /// there is no sound.
    /// </summary>
    /// <param name="streams">What the segment holds.</param>
    /// <param name="language">BCP 47.</param>
    /// <param name="before">Id of the track heard in the segment before; null at the start of an epoch.</param>
    public static ElementaryStream? Choose(IReadOnlyList<ElementaryStream> streams, string language, int? before) =>
        streams
            .Where(stream => stream.Kind == TrackKind.Sound)
            .OrderBy(stream => LanguageTag.SameLanguage(stream.Language, language) ? 0 : stream.Language is null ? 1 : 2)
            .ThenBy(stream => stream.Encrypted || !SoundDecoder.Knows(stream.Codec) ? 1 : 0)
            .ThenBy(stream => stream.Special ? 1 : 0)
            .ThenBy(stream => stream.Channels switch
            {
                2 => 0,
                1 => 1,
                0 => 3,
                _ => 2,
            })
            .ThenBy(stream => stream.Id == before ? 0 : 1)
            .FirstOrDefault();
}
