using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>A source's playlists by name, and which of them is heard.</summary>
/// <param name="Master">Where they come from.</param>
/// <param name="Playlists">All of them.</param>
/// <param name="Hearable">Those that can be heard instead of each other, best first.</param>
/// <param name="Heard">One of them.</param>
internal sealed record SourceCatalog(
    MasterPlaylist Master, ImmutableArray<SourcePlaylist> Playlists, ImmutableArray<PlaylistId> Hearable, PlaylistId Heard)
{
    /// <summary>The playlists to poll: entries of one kind that share an address share a playlist.</summary>
    public IEnumerable<SourcePlaylist> Distinct => Playlists.DistinctBy(playlist => playlist.Id);

    /// <summary>Of a master playlist; a fault where nothing can be heard, or there is too much.</summary>
    public static (SourceCatalog? Catalog, SourceFault? Fault) Of(MasterPlaylist master, string language, int most)
    {
        var playlists = Name(master);
        if (playlists.Select(playlist => playlist.Id).Distinct().Count() > most)
            return (null, Fault(master.Address, "too_large", $"more than {most} media playlists"));
        var ranked = HeardSelection.Rank(master, language);
        if (ranked.IsEmpty)
            return (null, Fault(master.Address, "no_sound", "no variant has sound, as far as CODECS tells"));
        ImmutableArray<PlaylistId> hearable =
        [
            .. ranked
                .Where(choice => choice.Language == ranked[0].Language)
                .Select(choice => playlists.First(playlist => choice.Rendition is { } rendition
                    ? ReferenceEquals(playlist.Rendition, rendition)
                    : ReferenceEquals(playlist.Variant, choice.Variant)).Id)
                .Distinct(),
        ];
        return (new SourceCatalog(master, playlists, hearable, hearable[0]), null);
    }

    /// <summary>Of an input that is a media playlist: a master playlist with it as the single variant.</summary>
    public static SourceCatalog Of(Uri input)
    {
        var variant = new Variant(AttributeList.Empty, input);
        var id = new PlaylistId(PlaylistKind.Single, "single");
        var master = new MasterPlaylist(input, [variant], [], [], IndependentSegments: false, Start: null, []);
        return new SourceCatalog(master, [new SourcePlaylist(id, input, variant, null, null)], [id], id);
    }

    /// <summary>Whether <paramref name="other"/> has the same entries; addresses may differ, as signed ones do each time.</summary>
    public bool HasShapeOf(SourceCatalog other) =>
        Playlists.Length == other.Playlists.Length
        && Playlists.Zip(other.Playlists).All(pair => pair.First.Id == pair.Second.Id && SameAttributes(Attributes(pair.First), Attributes(pair.Second)))
        && Master.Renditions.Length == other.Master.Renditions.Length
        && Master.Renditions.Zip(other.Master.Renditions).All(pair => SameAttributes(pair.First.Attributes, pair.Second.Attributes));

    /// <summary>Whether what <paramref name="other"/> hears is here too, and is the same thing: rates that a packager measures anew do not count.</summary>
    public bool CanStillHear(SourceCatalog other) => Hearable.Contains(other.Heard)
        && SameAttributes(Lasting(Playlists.First(playlist => playlist.Id == other.Heard)), Lasting(other.Playlists.First(playlist => playlist.Id == other.Heard)));

    private static AttributeList Lasting(SourcePlaylist playlist) => Attributes(playlist).Without("BANDWIDTH").Without("AVERAGE-BANDWIDTH");

    private static AttributeList Attributes(SourcePlaylist playlist) =>
        playlist.Variant?.Attributes ?? playlist.Rendition?.Attributes ?? playlist.IFrames?.Attributes ?? AttributeList.Empty;

    private static bool SameAttributes(AttributeList first, AttributeList second) =>
        first.Without("URI").Items.SequenceEqual(second.Without("URI").Items);

    private static SourceFault Fault(Uri address, string reason, string detail) =>
        new("playlist", reason, $"{ShownAddress.Of(address)}: {detail}", Retry: true);

    private static ImmutableArray<SourcePlaylist> Name(MasterPlaylist master)
    {
        var names = new Names();
        var playlists = ImmutableArray.CreateBuilder<SourcePlaylist>();
        foreach (var (index, variant) in master.Variants.Index())
            playlists.Add(new SourcePlaylist(names.Of(PlaylistKind.Variant, $"v{index}", variant.Address), variant.Address, variant, null, null));
        foreach (var rendition in master.Renditions)
        {
            if (rendition.Address is null || Kind(rendition) is not var (kind, prefix))
                continue;
            var name = $"{prefix}/{Part(rendition.Attributes["GROUP-ID"])}/{Part(rendition.Attributes["NAME"])}";
            playlists.Add(new SourcePlaylist(names.Of(kind, name, rendition.Address), rendition.Address, null, rendition, null));
        }

        foreach (var (index, frames) in master.IFrameVariants.Index())
            playlists.Add(new SourcePlaylist(names.Of(PlaylistKind.IFrames, $"i{index}", frames.Address), frames.Address, null, null, frames));
        return playlists.ToImmutable();
    }

    private static (PlaylistKind Kind, char Prefix)? Kind(Rendition rendition) => rendition.Attributes["TYPE"] switch
    {
        "AUDIO" => (PlaylistKind.Audio, 'a'),
        "SUBTITLES" => (PlaylistKind.Subtitles, 's'),
        "VIDEO" => (PlaylistKind.Video, 'p'),
        _ => null,
    };

    private static string Part(string? name) =>
        (name ?? string.Empty).Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    /// <summary>Gives names, the same for the same address, and makes those unique that a faulty master playlist uses twice.</summary>
    private sealed class Names
    {
        private readonly Dictionary<(PlaylistKind Kind, Uri Address), PlaylistId> _byAddress = [];
        private readonly HashSet<string> _used = new(StringComparer.Ordinal);

        public PlaylistId Of(PlaylistKind kind, string name, Uri address)
        {
            if (_byAddress.TryGetValue((kind, address), out var known))
                return known;
            var unique = name;
            for (var number = 2; !_used.Add(unique); number++)
                unique = $"{name}#{number}";
            var id = new PlaylistId(kind, unique);
            _byAddress[(kind, address)] = id;
            return id;
        }
    }
}
