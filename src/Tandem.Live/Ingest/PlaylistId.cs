using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tandem.Live.Ingest;

/// <summary>What a media playlist of the source is for.</summary>
public enum PlaylistKind
{
    /// <summary>A variant of the master playlist.</summary>
    Variant,

    /// <summary>An audio rendition.</summary>
    Audio,

    /// <summary>A subtitles rendition.</summary>
    Subtitles,

    /// <summary>A picture rendition (EXT-X-MEDIA:TYPE=VIDEO), such as another camera.</summary>
    Video,

    /// <summary>An I-frame playlist.</summary>
    IFrames,

    /// <summary>The input itself: a media playlist without a master.</summary>
    Single,
}

/// <summary>Names one media playlist of a source for as long as its master playlist keeps its shape.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Name"><c>v0</c>, <c>a/group/name</c>, <c>s/group/name</c>, <c>p/group/name</c> (picture), <c>i0</c> or <c>single</c>.</param>
public sealed record PlaylistId(PlaylistKind Kind, string Name)
{
    private const int MaxSlug = 60;

    /// <summary>
    /// The name as one path element: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, at most 80 characters, different for different names.
    /// </summary>
    public string Slug { get; } = MakeSlug(Name);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string MakeSlug(string name)
    {
        var slug = new StringBuilder(name.Length);
        var faithful = name.Length <= MaxSlug;
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, MaxSlug)))
        {
            var kept = char.IsAsciiLetterOrDigit(character) || character is '_' or '.';
            slug.Append(kept ? character : '-');
            faithful &= kept || character == '/';
        }

        if (!faithful)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 4);
            slug.Append(CultureInfo.InvariantCulture, $"-{Convert.ToHexStringLower(hash)}");
        }

        return slug.ToString();
    }
}

/// <summary>One entry of the master playlist that has a media playlist of its own; exactly one of the last three is set.</summary>
/// <param name="Id">Equal for entries of one kind with the same address: their playlist is polled, and reported, once.</param>
/// <param name="Address">As the master playlist gives it now.</param>
/// <param name="Variant">The variant, if it is one.</param>
/// <param name="Rendition">The rendition, if it is one.</param>
/// <param name="IFrames">The I-frame variant, if it is one.</param>
public sealed record SourcePlaylist(PlaylistId Id, Uri Address, Variant? Variant, Rendition? Rendition, IFrameVariant? IFrames);
