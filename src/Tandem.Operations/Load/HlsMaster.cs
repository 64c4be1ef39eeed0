namespace Tandem.Operations.Load;

/// <summary>A variant of a master playlist.</summary>
/// <param name="Address">Its playlist.</param>
/// <param name="Bandwidth">bit/s.</param>
/// <param name="Audio">Its audio group; null for none.</param>
/// <param name="HasPicture">Whether its codecs, where they are given, hold a picture.</param>
internal sealed record HlsVariant(Uri Address, long Bandwidth, string? Audio, bool HasPicture);

/// <summary>An audio rendition of a master playlist.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Language">BCP 47; null where none is given.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Whether it is heard unless another is chosen.</param>
/// <param name="Address">Its playlist; null where it is inside the variants.</param>
internal sealed record HlsRendition(string Group, string? Language, string Name, bool IsDefault, Uri? Address);

/// <summary>What a viewer heeds of a master playlist.</summary>
internal sealed record HlsMaster(IReadOnlyList<HlsVariant> Variants, IReadOnlyList<HlsRendition> Audio)
{
    /// <summary>Reads one; a media playlist becomes a master of one variant.</summary>
    /// <returns>The master, or what is wrong with it in one line.</returns>
    public static (HlsMaster? Master, string? Problem) Read(string text, Uri address)
    {
        if (HlsText.Lines(text) is not { } lines)
            return (null, "no playlist: it does not begin with #EXTM3U");
        if (lines.Any(line => line.StartsWith("#EXTINF", StringComparison.Ordinal)
            || line.StartsWith("#EXT-X-TARGETDURATION", StringComparison.Ordinal)))
            return (new HlsMaster([new HlsVariant(address, 0, null, HasPicture: true)], []), null);
        var variants = new List<HlsVariant>();
        var audio = new List<HlsRendition>();
        IReadOnlyDictionary<string, string>? stream = null;
        foreach (var line in lines)
        {
            if (HlsText.Value(line, "EXT-X-STREAM-INF") is { } attributes)
            {
                stream = HlsText.Attributes(attributes);
            }
            else if (HlsText.Value(line, "EXT-X-MEDIA") is { } media)
            {
                if (ReadRendition(HlsText.Attributes(media), address) is { } rendition)
                    audio.Add(rendition);
            }
            else if (!line.StartsWith('#') && stream is not null)
            {
                if (Uri.TryCreate(address, line, out var variant))
                    variants.Add(new HlsVariant(variant, HlsText.Whole(stream.GetValueOrDefault("BANDWIDTH")) ?? 0,
                        stream.GetValueOrDefault("AUDIO"), HasPicture(stream)));
                stream = null;
            }
        }

        return variants.Count == 0 ? (null, "a master playlist without a variant") : (new HlsMaster(variants, audio), null);
    }

    /// <summary>
    /// What a viewer plays: the best picture with the voice that it wants, or the voice alone. Nothing, and one line, where there is no
    /// such voice.
    /// </summary>
    /// <param name="language">A language, <c>original</c>, or null for the default.</param>
    /// <param name="audioOnly">Whether no picture is wanted.</param>
    public (Uri? Picture, Uri? Voice, string? Problem) Choose(string? language, bool audioOnly)
    {
        var best = Variants.OrderByDescending(variant => variant.HasPicture).ThenByDescending(variant => variant.Bandwidth).First();
        var group = Audio.Where(rendition => rendition.Group == best.Audio).ToList();
        var voice = language switch
        {
            null => group.FirstOrDefault(rendition => rendition.IsDefault) ?? group.FirstOrDefault(),
            "original" => group.FirstOrDefault(IsOriginal),
            _ => group.FirstOrDefault(rendition => !IsOriginal(rendition)
                && language.Equals(rendition.Language, StringComparison.OrdinalIgnoreCase))
                ?? group.FirstOrDefault(rendition => language.Equals(rendition.Language, StringComparison.OrdinalIgnoreCase)),
        };
        if (voice is null && language is not null)
        {
            var known = group.Select(rendition => rendition.Language ?? rendition.Name).Distinct(StringComparer.Ordinal).ToList();
            return (null, null, $"there is no voice {language}; there are {(known.Count == 0 ? "none to choose from" : string.Join(", ", known))}");
        }

        return audioOnly && voice?.Address is { } alone ? (null, alone, null) : (best.Address, voice?.Address, null);
    }

    private static bool IsOriginal(HlsRendition rendition) =>
        rendition.Address?.AbsolutePath.Contains("/original", StringComparison.Ordinal) == true
            || rendition.Name.Contains("original", StringComparison.OrdinalIgnoreCase);

    private static HlsRendition? ReadRendition(IReadOnlyDictionary<string, string> attributes, Uri address)
    {
        if (attributes.GetValueOrDefault("TYPE") != "AUDIO")
            return null;
        Uri? playlist = null;
        if (attributes.TryGetValue("URI", out var text) && !Uri.TryCreate(address, text, out playlist))
            return null;
        return new HlsRendition(
            attributes.GetValueOrDefault("GROUP-ID", ""),
            attributes.GetValueOrDefault("LANGUAGE"),
            attributes.GetValueOrDefault("NAME", ""),
            attributes.GetValueOrDefault("DEFAULT") == "YES", playlist);
    }

    private static bool HasPicture(IReadOnlyDictionary<string, string> stream) =>
        stream.ContainsKey("RESOLUTION")
        || !stream.TryGetValue("CODECS", out var codecs)
        || codecs.Split(',').Any(codec => !codec.Trim().StartsWith("mp4a", StringComparison.Ordinal)
            && codec.Trim() is not ("ac-3" or "ec-3" or "opus" or "fLaC"));
}
