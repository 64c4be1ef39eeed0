using System.Collections.Immutable;
using System.Globalization;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>What a mirrored playlist of the source holds.</summary>
public enum MirroredKind
{
    /// <summary>A variant: picture, with or without sound.</summary>
    Variant,

    /// <summary>An audio rendition.</summary>
    Audio,

    /// <summary>An alternate picture.</summary>
    Video,

    /// <summary>Subtitles.</summary>
    Subtitles,

    /// <summary>I-frames only.</summary>
    IFrames,
}

/// <summary>A playlist of the source that Tandem publishes delayed.</summary>
/// <param name="Id">Stable while the source's master lists the same playlists in the same order: <c>v0</c>, <c>a0</c>, <c>x0</c>, <c>s0</c>, <c>i0</c>.</param>
/// <param name="Address">Where the source has it.</param>
/// <param name="Kind">What it holds.</param>
public sealed record MirroredPlaylist(string Id, Uri Address, MirroredKind Kind)
{
    /// <summary>
    /// Every playlist that a master leads to, once each, except audio-only variants: those become Tandem's voices.
    /// </summary>
    /// <param name="master">The source's master.</param>
    /// <param name="facts">What is known beyond it.</param>
    public static ImmutableArray<MirroredPlaylist> Of(MasterPlaylist master, ImmutableDictionary<Uri, PlaylistFacts>? facts = null)
    {
        var found = ImmutableArray.CreateBuilder<MirroredPlaylist>();
        var seen = new HashSet<Uri>();
        foreach (var variant in master.Variants)
        {
            if (!AudioOnly.Is(variant, facts))
                Add(variant.Address, MirroredKind.Variant, 'v');
        }

        foreach (var rendition in master.Renditions)
        {
            switch (rendition.Attributes["TYPE"])
            {
                case "AUDIO":
                    Add(rendition.Address, MirroredKind.Audio, 'a');
                    break;
                case "VIDEO":
                    Add(rendition.Address, MirroredKind.Video, 'x');
                    break;
                case "SUBTITLES":
                    Add(rendition.Address, MirroredKind.Subtitles, 's');
                    break;
            }
        }

        foreach (var variant in master.IFrameVariants)
            Add(variant.Address, MirroredKind.IFrames, 'i');
        return found.ToImmutable();

        void Add(Uri? address, MirroredKind kind, char letter)
        {
            if (address is not null && seen.Add(address))
                found.Add(new MirroredPlaylist(letter + found.Count(other => other.Kind == kind).ToString(CultureInfo.InvariantCulture), address, kind));
        }
    }
}
