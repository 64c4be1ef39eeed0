using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Tandem.Live.Ingest;

/// <summary>Which key opens a segment, and how (RFC 8216, section 4.3.2.4 and 5.2).</summary>
internal static class SegmentKey
{
    /// <summary>The key to use, null for clear media; a fault where no key is one that Tandem may use.</summary>
    public static (MediaKey? Key, SourceFault? Fault) Choose(ImmutableArray<MediaKey> keys)
    {
        if (keys.IsDefaultOrEmpty)
            return (null, null);
        foreach (var key in keys)
        {
            if (key.Method == "AES-128" && IsIdentity(key))
                return key.Address is null ? (null, Refused("bad_key", "EXT-X-KEY has no usable URI")) : (key, null);
        }

        if (keys.Any(key => key.Method.StartsWith("SAMPLE-AES", StringComparison.Ordinal) && IsIdentity(key)))
        {
            return (null, Refused(
                "sample_aes", "the sound is encrypted with SAMPLE-AES, which Tandem does not open; give it a source that is clear or AES-128"));
        }

        return (null, Refused("drm", "the sound is protected by DRM, which Tandem does not open; give it a source that is clear or AES-128"));
    }

    /// <summary>Decrypts AES-128 in CBC mode with PKCS #7 padding; null where bytes or key are not what they should be.</summary>
    public static byte[]? Decrypt(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret, MediaKey key, long sequence)
    {
        if (data.Length == 0 || data.Length % 16 != 0)
            return null;
        Span<byte> iv = stackalloc byte[16];
        if (key.Iv is { } given)
            given.AsSpan().CopyTo(iv);
        else
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(iv[8..], sequence);
        using var aes = Aes.Create();
        aes.Key = secret.ToArray();
        try
        {
            return aes.DecryptCbc(data, iv);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool IsIdentity(MediaKey key) => key.Attributes["KEYFORMAT"] is null or "identity";

    private static SourceFault Refused(string reason, string detail) => new("key", reason, detail, Retry: false);
}
