using System.Collections.Immutable;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>
/// The subtitles groups of the master: every group that a variant uses keeps the source's subtitles and gets the captions of all dubs;
/// variants without a group use one of Tandem's.
/// </summary>
internal sealed class CaptionGroups
{
    private const string OwnGroup = "captions";
    private readonly PublishedMaster _master;
    private readonly string _ownGroup;
    private readonly ImmutableArray<(CaptionTrack Track, string Name)> _captions;

    /// <param name="master">What is published.</param>
    /// <param name="voices">The voices that are listed: captions of others are left out.</param>
    public CaptionGroups(PublishedMaster master, ImmutableArray<Voice> voices)
    {
        _master = master;
        var sources = master.Source.Renditions.Where(rendition => rendition.Attributes["TYPE"] == "SUBTITLES").ToList();
        _ownGroup = new RenditionNames(sources.Select(rendition => rendition.Attributes["GROUP-ID"] ?? "")).Take(OwnGroup);
        var names = new RenditionNames(sources.Select(rendition => rendition.Attributes["NAME"] ?? ""));
        _captions = [.. master.Captions
            .Where(track => voices.Any(voice => voice.Language == track.Language))
            .Select(track => (track, names.Take(LanguageNames.Of(track.Language))))];
    }

    /// <summary>The group that <paramref name="variant"/> uses; null where there are no subtitles for it.</summary>
    public string? Of(Variant variant)
    {
        var group = variant.Attributes["SUBTITLES"];
        if (_captions.Length > 0)
            return group ?? _ownGroup;
        return group is not null && Sources(group).Any() ? group : null;
    }

    /// <summary>EXT-X-MEDIA's attributes of everything in <paramref name="group"/>.</summary>
    public IEnumerable<AttributeList> Renditions(string group, Func<string, string> addressOf)
    {
        foreach (var rendition in Sources(group))
            yield return rendition.Attributes.With("URI", addressOf(_master.Paths[rendition.Address!]), quoted: true);
        foreach (var (track, name) in _captions)
        {
            yield return AttributeList.Empty
                .With("TYPE", "SUBTITLES", quoted: false)
                .With("GROUP-ID", group, quoted: true)
                .With("NAME", name, quoted: true)
                .With("LANGUAGE", track.Language, quoted: true)
                .With("DEFAULT", "NO", quoted: false)
                .With("AUTOSELECT", "YES", quoted: false)
                .With("FORCED", "NO", quoted: false)
                .With("CHARACTERISTICS", "public.machine-generated", quoted: true)
                .With("URI", addressOf(track.Path), quoted: true);
        }
    }

    private IEnumerable<Rendition> Sources(string group) => _master.Source.Renditions.Where(rendition =>
        rendition.Attributes["TYPE"] == "SUBTITLES"
        && rendition.Attributes["GROUP-ID"] == group
        && rendition.Address is { } address
        && _master.Paths.ContainsKey(address));
}
