using System.Collections.Immutable;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>Which languages a source speaks already.</summary>
public static class SourceLanguages
{
    /// <summary>Whether the source has an audio rendition in <paramref name="language"/>; an audio description is none.</summary>
    public static bool Has(MasterPlaylist master, string language) => master.Renditions.Any(rendition =>
        rendition.Attributes["TYPE"] == "AUDIO"
        && rendition.Attributes["LANGUAGE"] is { Length: > 0 } offered
        && rendition.Attributes["CHARACTERISTICS"]?.Contains("describes-video", StringComparison.Ordinal) != true
        && LanguageNames.Matches(offered, language));

    /// <summary>The target languages that are worth dubbing: those that the source does not have, or all where that is asked for.</summary>
    public static ImmutableArray<string> ToDub(MasterPlaylist master, ImmutableArray<string> targets, bool dubExisting) =>
        dubExisting ? targets : [.. targets.Where(target => !Has(master, target))];
}
