using System.Buffers.Binary;
using Tandem.Media.Demux;
using Tandem.Media.Remux;

namespace Tandem.Media.Chunks;

/// <summary>Writes the init segment of a picture that came in a transport stream (ISO/IEC 14496-12, 8; ISO/IEC 14496-15, 5 and 8).</summary>
internal static class PictureInit
{
    /// <summary>Id of the only track.</summary>
    public const int Track = 1;

    private const uint Timescale = 90_000;

    /// <summary>Writes it; null where the parameter sets make no sense.</summary>
    /// <param name="codec"><c>h264</c> or <c>hevc</c>.</param>
    /// <param name="sets">Parameter sets in the order of their kinds: of H.264 SPS and PPS, of H.265 VPS, SPS and PPS.</param>
    public static (ReadOnlyMemory<byte> Init, string Tag, PictureParameters Parameters)? Write(string codec, IReadOnlyList<List<byte[]>> sets)
    {
        if (sets.Any(set => set.Count is 0 or > 31))
            return null;
        var sps = sets[^2][0];
        if ((codec == "h264" ? PictureParameters.OfH264(sps) : PictureParameters.OfHevc(sps)) is not { } parameters)
            return null;
        var tag = codec == "h264" ? PictureTag.H264("avc1", sps.AsSpan(1, 3)) : PictureTag.Hevc("hvc1", Profile(sps));
        var writer = new Mp4Writer();
        Box(writer, "ftyp", () => writer.Bytes("cmfc\0\0\0\0cmfciso6mp41"u8));
        Box(writer, "moov", () =>
        {
            Full(writer, "mvhd", 0, () => WriteMovie(writer));
            Box(writer, "trak", () => WriteTrack(writer, codec, sets, parameters));
            Box(writer, "mvex", () => Full(writer, "trex", 0, () =>
            {
                Words(writer, Track, 1, 0, 0, 0);
            }));
        });
        return (writer.Written, tag, parameters);
    }

    /// <summary>profile_tier_level of a sequence parameter set of H.265, behind header and ids.</summary>
    private static byte[] Profile(byte[] sps)
    {
        const int Before = 3;
        var bare = AnnexB.Bare(sps, Before + PictureTag.HevcProfileLength);
        return bare.Length < Before + PictureTag.HevcProfileLength ? new byte[PictureTag.HevcProfileLength] : bare[Before..];
    }

    private static void WriteMovie(Mp4Writer writer)
    {
        Words(writer, 0, 0, 1000, 0, 0x1_0000, 0x0100_0000, 0, 0);
        WriteMatrix(writer);
        Words(writer, 0, 0, 0, 0, 0, 0, Track + 1);
    }

    private static void WriteTrack(Mp4Writer writer, string codec, IReadOnlyList<List<byte[]>> sets, PictureParameters parameters)
    {
        // enabled, in movie, in preview
        Full(writer, "tkhd", 7, () =>
        {
            Words(writer, 0, 0, Track, 0, 0, 0, 0, 0, 0);
            WriteMatrix(writer);
            Words(writer, (uint)parameters.Width << 16, (uint)parameters.Height << 16);
        });
        Box(writer, "mdia", () =>
        {
            // und
            Full(writer, "mdhd", 0, () => Words(writer, 0, 0, Timescale, 0, 0x55C4_0000));
            Full(writer, "hdlr", 0, () =>
            {
                Words(writer, 0);
                writer.Bytes("vide\0\0\0\0\0\0\0\0\0\0\0\0Tandem\0"u8);
            });
            Box(writer, "minf", () =>
            {
                Full(writer, "vmhd", 1, () => Words(writer, 0, 0));
                Box(writer, "dinf", () => Full(writer, "dref", 0, () =>
                {
                    Words(writer, 1);
                    Full(writer, "url ", 1, () => { });
                }));
                Box(writer, "stbl", () =>
                {
                    Full(writer, "stsd", 0, () =>
                    {
                        Words(writer, 1);
                        WriteEntry(writer, codec, sets, parameters);
                    });
                    Full(writer, "stts", 0, () => Words(writer, 0));
                    Full(writer, "stsc", 0, () => Words(writer, 0));
                    Full(writer, "stsz", 0, () => Words(writer, 0, 0));
                    Full(writer, "stco", 0, () => Words(writer, 0));
                });
            });
        });
    }

    // ISO/IEC 14496-12, 12.1.3.
    private static void WriteEntry(Mp4Writer writer, string codec, IReadOnlyList<List<byte[]>> sets, PictureParameters parameters) =>
        Box(writer, codec == "h264" ? "avc1" : "hvc1", () =>
        {
            // Reserved, data reference 1, reserved; size; 72 dpi twice; one picture a sample; no name; 24 bits; no colour table.
            Words(writer, 0, 1, 0, 0, 0, 0, ((uint)parameters.Width << 16) | (uint)parameters.Height, 0x48_0000, 0x48_0000, 0, 0x1_0000);
            Words(writer, 0, 0, 0, 0, 0, 0, 0);
            writer.Bytes([0, 0, 0, 24, 0xFF, 0xFF]);
            if (codec == "h264")
                Box(writer, "avcC", () => WriteAvc(writer, sets, parameters));
            else
                Box(writer, "hvcC", () => WriteHevc(writer, sets, parameters));
        });

    // ISO/IEC 14496-15, 5.3.3.1: lengths of four bytes.
    private static void WriteAvc(Mp4Writer writer, IReadOnlyList<List<byte[]>> sets, PictureParameters parameters)
    {
        var sps = sets[0][0];
        writer.Bytes([1, sps[1], sps[2], sps[3], 0xFF, (byte)(0xE0 | sets[0].Count)]);
        WriteSets(writer, sets[0]);
        writer.Bytes([(byte)sets[1].Count]);
        WriteSets(writer, sets[1]);
        if (PictureParameters.IsHigh(sps[1]))
            writer.Bytes([(byte)(0xFC | parameters.Chroma), (byte)(0xF8 | parameters.Depth), (byte)(0xF8 | parameters.ChromaDepth), 0]);
    }

    // ISO/IEC 14496-15, 8.3.3.1: what is not known of parallelism and rates is 0; one layer, lengths of four bytes.
    private static void WriteHevc(Mp4Writer writer, IReadOnlyList<List<byte[]>> sets, PictureParameters parameters)
    {
        var sps = sets[1][0];
        var nested = AnnexB.Bare(sps, 3) is { Length: 3 } bare ? bare[2] : (byte)0;
        writer.Bytes([1]);
        writer.Bytes(Profile(sps));
        writer.Bytes([
            0xF0, 0, 0xFC, (byte)(0xFC | parameters.Chroma), (byte)(0xF8 | (parameters.Depth & 7)), (byte)(0xF8 | (parameters.ChromaDepth & 7)), 0, 0,
            (byte)(((((nested >> 1) & 7) + 1) << 3) | ((nested & 1) << 2) | 3), 3]);
        for (var kind = 0; kind < 3; kind++)
        {
            writer.Bytes([(byte)(0x80 | (32 + kind)), 0, (byte)sets[kind].Count]);
            WriteSets(writer, sets[kind]);
        }
    }

    private static void WriteSets(Mp4Writer writer, List<byte[]> sets)
    {
        Span<byte> length = stackalloc byte[2];
        foreach (var set in sets)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)set.Length);
            writer.Bytes(length);
            writer.Bytes(set);
        }
    }

    private static void WriteMatrix(Mp4Writer writer) => Words(writer, 0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);

    private static void Words(Mp4Writer writer, params ReadOnlySpan<uint> words)
    {
        foreach (var word in words)
            writer.U32(word);
    }

    private static void Box(Mp4Writer writer, string type, Action content)
    {
        var begin = writer.Begin(Mp4Box.Name(type));
        content();
        writer.End(begin);
    }

    private static void Full(Mp4Writer writer, string type, uint flags, Action content) => Box(writer, type, () =>
    {
        writer.U32(flags);
        content();
    });
}
