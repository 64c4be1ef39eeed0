using System.IO.Compression;
using System.Runtime.CompilerServices;
using Tandem.Live.Package;

namespace Tandem.Server.Hls;

/// <summary>Playlists as gzip, made once for each and forgotten with it.</summary>
internal sealed class CompressedBodies
{
    // Below this a playlist fits in one packet anyway.
    private const int Least = 600;

    private readonly ConditionalWeakTable<PublishedResource, PublishedResource> _made = [];

    /// <summary>The same resource compressed, with an entity tag of its own; null where it is not worth it.</summary>
    public PublishedResource? Of(PublishedResource resource) =>
        resource.Life != ResourceLife.Playlist || resource.Body.Length < Least ? null : _made.GetValue(resource, Compress);

    private static PublishedResource Compress(PublishedResource resource)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(resource.Body.Span);
        return resource with { Body = stream.ToArray(), ETag = resource.ETag?.Insert(resource.ETag.Length - 1, "-gz") };
    }
}
