using System.Buffers.Binary;

namespace Tandem.Media.Demux;

/// <summary>ID3 tags as packed audio has them at its front (RFC 8216, section 3.4; id3.org, ID3v2.4.0).</summary>
internal static class Id3Tag
{
    private const int HeaderLength = 10;

    /// <summary>Whether bytes begin with a tag, and how long it is.</summary>
    public static HeaderMatch Match(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        var magic = "ID3"u8;
        if (!bytes[..Math.Min(3, bytes.Length)].SequenceEqual(magic[..Math.Min(3, bytes.Length)]) || bytes.IsEmpty)
            return HeaderMatch.No;
        if (bytes.Length < HeaderLength)
            return HeaderMatch.Short;
        if (((bytes[6] | bytes[7] | bytes[8] | bytes[9]) & 0x80) != 0)
            return HeaderMatch.No;
        length = HeaderLength + Synchsafe(bytes[6..]) + ((bytes[5] & 0x10) != 0 ? HeaderLength : 0);
        return HeaderMatch.Yes;
    }

    /// <summary>
    /// The time stamp of <c>com.apple.streaming.transportStreamTimestamp</c>: 33 bits, 90 kHz; null where the tag has none.
    /// </summary>
    /// <param name="tag">A whole tag.</param>
    public static long? Timestamp(ReadOnlySpan<byte> tag)
    {
        var owner = "com.apple.streaming.transportStreamTimestamp\0"u8;
        var version = tag[3];
        var rest = tag[HeaderLength..];
        if ((tag[5] & 0x40) != 0 && rest.Length >= 4)
        {
            // The extended header's size counts itself from version 4 on.
            var extended = version >= 4 ? Synchsafe(rest) : BinaryPrimitives.ReadInt32BigEndian(rest) + 4;
            rest = rest[Math.Clamp(extended, 0, rest.Length)..];
        }

        while (rest.Length > HeaderLength && rest[0] != 0)
        {
            var size = version >= 4 ? Synchsafe(rest[4..]) : BinaryPrimitives.ReadInt32BigEndian(rest[4..]);
            if (size < 0 || size > rest.Length - HeaderLength)
                return null;
            var body = rest.Slice(HeaderLength, size);
            if (rest[..4].SequenceEqual("PRIV"u8) && body.StartsWith(owner) && body.Length >= owner.Length + 8)
                return BinaryPrimitives.ReadInt64BigEndian(body[owner.Length..]) & ((1L << 33) - 1);
            rest = rest[(HeaderLength + size)..];
        }

        return null;
    }

    private static int Synchsafe(ReadOnlySpan<byte> bytes) =>
        ((bytes[0] & 127) << 21) | ((bytes[1] & 127) << 14) | ((bytes[2] & 127) << 7) | (bytes[3] & 127);
}
