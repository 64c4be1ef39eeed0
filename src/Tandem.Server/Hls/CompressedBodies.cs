using System.IO.Compression;
using System.Runtime.CompilerServices;
using Tandem.Live.Package;

namespace Tandem.Server.Hls;

/// <summary>Playlists as brotli and gzip, each made once when it is first asked for and forgotten with the playlist.</summary>
internal sealed class CompressedBodies
{
    // Below this a playlist fits in one packet anyway.
    private const int Least = 600;

    private readonly ConditionalWeakTable<PublishedResource, PublishedResource> _brotli = [];
    private readonly ConditionalWeakTable<PublishedResource, PublishedResource> _gzip = [];

    /// <summary>The codings (RFC 9110, section 8.4.1) that there are, smallest first.</summary>
    public static IReadOnlyList<string> Codings { get; } = ["br", "gzip"];

    /// <summary>The same resource compressed, with an entity tag of its own; null where it is not worth it.</summary>
    /// <param name="resource">A playlist; of anything else there is none.</param>
    /// <param name="coding">One of <see cref="Codings"/>.</param>
    public PublishedResource? Of(PublishedResource resource, string coding)
    {
        if (resource.Life != ResourceLife.Playlist || resource.Body.Length < Least)
            return null;
        return coding == "br"
            ? _brotli.GetValue(resource, one => Compress(one, "-br", stream => new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true)))
            : _gzip.GetValue(resource, one => Compress(one, "-gz", stream => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)));
    }

    private static PublishedResource Compress(PublishedResource resource, string mark, Func<Stream, Stream> coder)
    {
        using var stream = new MemoryStream();
        using (var coding = coder(stream))
            coding.Write(resource.Body.Span);
        return resource with { Body = stream.ToArray(), ETag = resource.ETag?.Insert(resource.ETag.Length - 1, mark) };
    }
}
