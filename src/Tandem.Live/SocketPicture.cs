using System.Globalization;
using Tandem.Live.Ingest;
using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>Which of the source's variants viewers of sockets get. Pure.</summary>
internal static class SocketPicture
{
    /// <summary>The one with the highest bit rate that is no higher than <paramref name="most"/>, else the lowest; null without picture.</summary>
    /// <param name="source">The source's playlists.</param>
    /// <param name="most">bit/s, with the sound that stands beside the picture.</param>
    public static PlaylistId? Of(SourceEvent.MasterFound source, long most)
    {
        var variants = source.Playlists
            .Where(playlist => playlist.Id.Kind is PlaylistKind.Variant or PlaylistKind.Single && !(playlist.Variant is { } variant && AudioOnly.Is(variant, null)))
            .Select(playlist => (playlist.Id, Bits: BitsOf(playlist)))
            .OrderBy(variant => variant.Bits)
            .ToList();
        var fitting = variants.FindLastIndex(variant => variant.Bits <= most);
        return variants.Count == 0 ? null : variants[Math.Max(0, fitting)].Id;
    }

    private static long BitsOf(SourcePlaylist playlist) =>
        long.TryParse(playlist.Variant?.Attributes["BANDWIDTH"], NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : 0;
}
