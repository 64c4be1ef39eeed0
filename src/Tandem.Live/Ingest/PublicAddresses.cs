using System.Net;

namespace Tandem.Live.Ingest;

/// <summary>
/// What a playlist refers to is handed to viewers, who would ask their own machine and network for it: segments, keys and init segments
/// whose address is written as a private one become gaps. Names are resolved where the viewer is, not here.
/// </summary>
internal static class PublicAddresses
{
    /// <summary>The playlist without such addresses, and the first of them; null where there is none.</summary>
    public static (MediaPlaylist Playlist, Uri? Refused) Of(MediaPlaylist playlist)
    {
        Uri? refused = null;
        var segments = playlist.Segments;
        for (var index = 0; index < segments.Length; index++)
        {
            if (PrivateOf(segments[index]) is not { } address)
                continue;
            refused ??= address;
            segments = segments.SetItem(index, segments[index] with { Gap = true, Address = playlist.Address, Map = null, Keys = [], Range = null });
        }

        return (refused is null ? playlist : playlist with { Segments = segments }, refused);
    }

    /// <summary>The fault that tells of it.</summary>
    public static SourceFault Fault(Uri refused) => new(
        "segment",
        "refused_address",
        $"{ShownAddress.Of(refused)} is not a public address and is not shown to viewers; set allow_private if the source is meant to be there",
        Retry: false);

    private static Uri? PrivateOf(MediaSegment segment)
    {
        if (IsPrivate(segment.Address))
            return segment.Address;
        if (segment.Map is { } map && IsPrivate(map.Address))
            return map.Address;
        return segment.Keys.FirstOrDefault(key => key.Address is { Scheme: "http" or "https" } address && IsPrivate(address))?.Address;
    }

    private static bool IsPrivate(Uri address) =>
        IPAddress.TryParse(address.DnsSafeHost, out var literal)
            ? !AddressPolicy.IsPublic(literal)
            : address.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase) || address.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
