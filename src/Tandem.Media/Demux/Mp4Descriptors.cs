namespace Tandem.Media.Demux;

/// <summary>The descriptors of an <c>esds</c> box (ISO/IEC 14496-1, 7.2.6).</summary>
internal static class Mp4Descriptors
{
    private const byte EsTag = 0x03;
    private const byte ConfigTag = 0x04;
    private const byte SpecificTag = 0x05;

    /// <summary>Finds the DecoderSpecificInfo; empty where there is none; null where the descriptors make no sense.</summary>
    /// <param name="bytes">What follows the box's version and flags.</param>
    /// <param name="objectType">objectTypeIndication.</param>
    public static byte[]? Read(ReadOnlySpan<byte> bytes, out byte objectType)
    {
        objectType = 0;
        var reader = new ByteReader(bytes);
        if (!Enter(ref reader, EsTag, out _))
            return null;
        reader.U16();
        var flags = reader.U8();
        if ((flags & 0x80) != 0)
            reader.U16();
        if ((flags & 0x40) != 0)
            reader.Skip(reader.U8());
        if ((flags & 0x20) != 0)
            reader.U16();
        if (!Enter(ref reader, ConfigTag, out _))
            return null;
        objectType = reader.U8();
        reader.Skip(12);
        if (reader.Overrun)
            return null;
        return Enter(ref reader, SpecificTag, out var length) ? reader.Take(Math.Min(length, reader.Rest.Length)).ToArray() : [];
    }

    private static bool Enter(ref ByteReader reader, byte tag, out int length)
    {
        length = 0;
        if (reader.Rest.IsEmpty || reader.U8() != tag)
            return false;
        byte part;
        var parts = 0;
        do
        {
            part = reader.U8();
            length = (length << 7) | (part & 127);
        }
        while ((part & 0x80) != 0 && ++parts < 4);
        return !reader.Overrun;
    }
}
