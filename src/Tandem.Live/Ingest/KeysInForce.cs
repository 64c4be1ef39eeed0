using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>EXT-X-KEY (RFC 8216, section 4.3.2.4): a key holds until the next of its KEYFORMAT; NONE ends them all.</summary>
internal sealed class KeysInForce(PlaylistContext context)
{
    // One key in each of the DRM systems there are; more would only serve to make lists grow.
    private const int MaxKeys = 16;

    /// <summary>Shared by all segments that they apply to.</summary>
    public ImmutableArray<MediaKey> All { get; private set; } = [];

    public bool Read(PlaylistLine line)
    {
        if (!context.TryAttributes(line, out var attributes))
            return false;
        if (attributes["METHOD"] is not { Length: > 0 } method)
            return context.Fail(line, "EXT-X-KEY without METHOD");
        if (method == "NONE")
        {
            All = [];
            return true;
        }

        Uri? address = null;
        if (attributes["URI"] is { Length: > 0 } written && !context.TryKeyAddress(line, written, out address))
            return false;
        ImmutableArray<byte>? iv = null;
        if (attributes["IV"] is { } hex)
        {
            if (!PlaylistValues.TryIv(hex, out var bytes))
                return context.Fail(line, "EXT-X-KEY with an IV that is none");
            iv = bytes;
        }

        var format = Format(attributes);
        All = [.. All.Where(key => Format(key.Attributes) != format), new MediaKey(method, address, iv, attributes)];
        return All.Length <= MaxKeys || context.Fail(line, $"more than {MaxKeys} keys in force at once", "too_large");
    }

    private static string Format(AttributeList attributes) => attributes["KEYFORMAT"] ?? "identity";
}
