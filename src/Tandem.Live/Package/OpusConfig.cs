using System.Buffers.Binary;

namespace Tandem.Live.Package;

/// <summary>Turns an OpusHead (RFC 7845, section 5.1) into the content of the box <c>dOps</c>, which counts big-endian.</summary>
internal static class OpusConfig
{
    /// <summary>Null where the bytes are no OpusHead.</summary>
    public static byte[]? Of(ReadOnlySpan<byte> head)
    {
        if (head.Length < 19 || !head.StartsWith("OpusHead"u8))
            return null;
        var box = head[8..].ToArray();
        box[0] = 0;
        box.AsSpan(2, 2).Reverse();
        box.AsSpan(4, 4).Reverse();
        box.AsSpan(8, 2).Reverse();
        return box;
    }

    /// <summary>Samples at 48 kHz that a decoder drops at the beginning, from the content of <c>dOps</c>.</summary>
    public static int PreSkip(ReadOnlySpan<byte> box) => BinaryPrimitives.ReadUInt16BigEndian(box[2..]);
}
