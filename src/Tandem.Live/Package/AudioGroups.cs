using System.Collections.Immutable;
using System.Globalization;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>
/// The audio groups of the master. Every group that a variant uses keeps the source's renditions and gets all voices, each with the same
/// URI and name in every group, so that a change of variant does not change the voice. Variants with muxed sound use one group of Tandem's.
/// </summary>
internal sealed class AudioGroups
{
    private const string OwnGroup = "tandem";
    private readonly PublishedMaster _master;
    private readonly string _ownGroup;
    private readonly ImmutableArray<(Voice Voice, string Name)> _voices;

    /// <param name="master">What is published.</param>
    public AudioGroups(PublishedMaster master)
    {
        _master = master;
        var sources = master.Source.Renditions.Where(rendition => rendition.Attributes["TYPE"] == "AUDIO").ToList();
        _ownGroup = new RenditionNames(sources.Select(rendition => rendition.Attributes["GROUP-ID"] ?? "")).Take(OwnGroup);
        Voices = [.. master.Voices.Where(voice => voice.IsOriginal || master.DubExisting || !SourceLanguages.Has(master.Source, voice.Language))];
        var names = new RenditionNames(sources.Select(NameOf));
        _voices = [.. Voices.Select(voice =>
            (voice, names.Take(voice.IsOriginal ? LanguageNames.Original(voice.Language) : LanguageNames.Of(voice.Language))))];
        Codecs = [.. Voices.Select(voice => voice.CodecsTag).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The voices that are listed.</summary>
    public ImmutableArray<Voice> Voices { get; }

    /// <summary>Their codecs.</summary>
    public ImmutableArray<string> Codecs { get; }

    /// <summary>The voice that stands for audio-only variants.</summary>
    public Voice? Default => Voices.FirstOrDefault(voice => IsDefault(voice, exactly: true))
        ?? Voices.FirstOrDefault(voice => !voice.IsOriginal) ?? Voices.FirstOrDefault();

    /// <summary>The group that <paramref name="variant"/> uses.</summary>
    public string Of(Variant variant) => variant.Attributes["AUDIO"] ?? _ownGroup;

    /// <summary>Whether renditions of the source are listed in <paramref name="group"/>.</summary>
    public bool HasSourceRenditions(string group) => SourceRenditions(group).Any();

    /// <summary>Largest known rate of the source's own renditions in <paramref name="group"/>, which the source's BANDWIDTH includes.</summary>
    /// <param name="group">The group.</param>
    /// <param name="rate">Which rate.</param>
    public int SourceRate(string group, Func<PlaylistFacts, int?> rate) => SourceRenditions(group)
        .Select(rendition => rendition.Address is { } address && _master.Facts.GetValueOrDefault(address) is { } facts ? rate(facts) ?? 0 : 0)
        .DefaultIfEmpty(0).Max();

    /// <summary>EXT-X-MEDIA's attributes of everything in <paramref name="group"/>; one is the default.</summary>
    public IEnumerable<AttributeList> Renditions(string group, Func<string, string> addressOf)
    {
        var sources = SourceRenditions(group).ToList();
        var chosen = Voices.FirstOrDefault(voice => IsDefault(voice, exactly: true)) ?? Voices.FirstOrDefault(voice => IsDefault(voice, exactly: false));
        var chosenSource = chosen is null ? sources.FirstOrDefault(IsDefault) : null;
        if (chosen is null && chosenSource is null)
        {
            chosen = Default;
            chosenSource = chosen is null ? sources.FirstOrDefault() : null;
        }

        var names = new RenditionNames([]);
        foreach (var rendition in sources)
        {
            var attributes = rendition.Attributes
                .With("NAME", names.Take(NameOf(rendition)), quoted: true)
                .With("DEFAULT", rendition == chosenSource ? "YES" : "NO", quoted: false);
            if (rendition == chosenSource)
                attributes = attributes.With("AUTOSELECT", "YES", quoted: false);
            yield return rendition.Address is { } address
                ? attributes.With("URI", addressOf(_master.Paths[address]), quoted: true)
                : attributes.Without("URI");
        }

        foreach (var (voice, name) in _voices)
            yield return Describe(voice, group, names.Take(name), voice == chosen, addressOf(voice.Path));
    }

    private static AttributeList Describe(Voice voice, string group, string name, bool chosen, string address)
    {
        var attributes = AttributeList.Empty
            .With("TYPE", "AUDIO", quoted: false)
            .With("GROUP-ID", group, quoted: true)
            .With("NAME", name, quoted: true)
            .With("LANGUAGE", voice.Language, quoted: true)
            .With("DEFAULT", chosen ? "YES" : "NO", quoted: false)
            .With("AUTOSELECT", "YES", quoted: false)
            .With("CHANNELS", voice.Channels.ToString(CultureInfo.InvariantCulture), quoted: true);
        if (!voice.IsOriginal)
            attributes = attributes.With("CHARACTERISTICS", "public.machine-generated", quoted: true);
        return attributes.With("URI", address, quoted: true);
    }

    /// <summary>
    /// The source's renditions of a group that stay. One without URI is the sound inside the variants; <c>original</c> replaces it where
    /// it is that sound, since Shaka falls silent between a rendition without URI and a voice (facts.md). Carried variants hold none.
    /// </summary>
    private IEnumerable<Rendition> SourceRenditions(string group)
    {
        var original = Voices.FirstOrDefault(voice => voice.IsOriginal);
        return _master.Source.Renditions.Where(rendition =>
            rendition.Attributes["TYPE"] == "AUDIO"
            && rendition.Attributes["GROUP-ID"] == group
            && (rendition.Address is { } address ? _master.Paths.ContainsKey(address) : !_master.Carried && !IsReplaced(rendition, original)));
    }

    private static bool IsReplaced(Rendition rendition, Voice? original) =>
        original is not null && (rendition.Attributes["LANGUAGE"] is not { } language || LanguageNames.Matches(language, original.Language));

    private bool IsDefault(Voice voice, bool exactly)
    {
        if (_master.DefaultVoice == "original")
            return voice.IsOriginal;
        if (_master.DefaultVoice is not { } wanted)
            wanted = _master.Voices.FirstOrDefault(other => !other.IsOriginal)?.Language ?? "";
        return !voice.IsOriginal && (exactly ? voice.Language == wanted : LanguageNames.Matches(voice.Language, wanted));
    }

    private bool IsDefault(Rendition rendition)
    {
        var wanted = _master.DefaultVoice ?? _master.Voices.FirstOrDefault(other => !other.IsOriginal)?.Language;
        return wanted is not null && rendition.Attributes["LANGUAGE"] is { } language && LanguageNames.Matches(language, wanted);
    }

    private static string NameOf(Rendition rendition) =>
        rendition.Attributes["NAME"] ?? (rendition.Attributes["LANGUAGE"] is { } language ? LanguageNames.Of(language) : "Audio");
}
