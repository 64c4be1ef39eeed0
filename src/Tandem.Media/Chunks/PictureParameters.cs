using Tandem.Media.Demux;

namespace Tandem.Media.Chunks;

/// <summary>What a sequence parameter set says of its pictures.</summary>
/// <param name="Width">Pixels, after cropping.</param>
/// <param name="Height">Pixels, after cropping.</param>
/// <param name="Chroma">chroma_format_idc.</param>
/// <param name="Depth">Bits of luma beyond 8.</param>
/// <param name="ChromaDepth">Bits of chroma beyond 8.</param>
internal readonly record struct PictureParameters(int Width, int Height, int Chroma, int Depth, int ChromaDepth)
{
    // The largest level of both codecs has less; anything beyond is no picture.
    private const int Largest = 16_384;

    // More of a parameter set than any has.
    private const int MostBytes = 512;

    /// <summary>Whether profile and picture are such as avcC has its last fields for (ISO/IEC 14496-15, 5.3.3.1.2).</summary>
    public static bool IsHigh(byte profile) => profile is 100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135;

    /// <summary>Of H.264 (ITU-T H.264, 7.3.2.1.1); null where it makes no sense.</summary>
    /// <param name="unit">The whole unit.</param>
    public static PictureParameters? OfH264(ReadOnlySpan<byte> unit)
    {
        var bare = AnnexB.Bare(unit, MostBytes);
        if (bare.Length < 5)
            return null;
        var bits = new BitReader(bare.AsSpan(4));
        ExpGolomb.Unsigned(ref bits);
        var (chroma, depth, chromaDepth) = (1u, 0u, 0u);
        if (IsHigh(bare[1]))
        {
            chroma = ExpGolomb.Unsigned(ref bits);
            if (chroma == 3)
                bits.Flag();
            depth = ExpGolomb.Unsigned(ref bits);
            chromaDepth = ExpGolomb.Unsigned(ref bits);
            bits.Flag();
            if (bits.Flag())
                SkipScalingLists(ref bits, chroma == 3 ? 12 : 8);
        }

        ExpGolomb.Unsigned(ref bits);
        SkipOrder(ref bits);
        ExpGolomb.Unsigned(ref bits);
        bits.Flag();
        var width = 16L * (ExpGolomb.Unsigned(ref bits) + 1L);
        var height = 16L * (ExpGolomb.Unsigned(ref bits) + 1L);
        var frames = bits.Flag();
        height *= frames ? 1 : 2;
        if (!frames)
            bits.Flag();
        bits.Flag();
        if (bits.Flag())
        {
            var (across, down) = (chroma is 1 or 2 ? 2 : 1, (chroma == 1 ? 2 : 1) * (frames ? 1 : 2));
            width -= across * ((long)ExpGolomb.Unsigned(ref bits) + ExpGolomb.Unsigned(ref bits));
            height -= down * ((long)ExpGolomb.Unsigned(ref bits) + ExpGolomb.Unsigned(ref bits));
        }

        return Of(width, height, chroma, depth, chromaDepth, bits.Overrun);
    }

    /// <summary>Of H.265 (ITU-T H.265, 7.3.2.2.1); null where it makes no sense.</summary>
    /// <param name="unit">The whole unit.</param>
    public static PictureParameters? OfHevc(ReadOnlySpan<byte> unit)
    {
        var bits = new BitReader(AnnexB.Bare(unit, MostBytes).AsSpan());
        bits.Read(16);
        bits.Read(4);
        var layers = (int)bits.Read(3);
        bits.Flag();
        Skip(ref bits, 8 * PictureTag.HevcProfileLength);
        Span<bool> profiles = stackalloc bool[8];
        Span<bool> levels = stackalloc bool[8];
        for (var layer = 0; layer < layers; layer++)
            (profiles[layer], levels[layer]) = (bits.Flag(), bits.Flag());
        for (var layer = layers; layers > 0 && layer < 8; layer++)
            bits.Read(2);
        for (var layer = 0; layer < layers; layer++)
            Skip(ref bits, (profiles[layer] ? 88 : 0) + (levels[layer] ? 8 : 0));
        ExpGolomb.Unsigned(ref bits);
        var chroma = ExpGolomb.Unsigned(ref bits);
        if (chroma == 3)
            bits.Flag();
        long width = ExpGolomb.Unsigned(ref bits);
        long height = ExpGolomb.Unsigned(ref bits);
        if (bits.Flag())
        {
            var (across, down) = (chroma is 1 or 2 ? 2 : 1, chroma == 1 ? 2 : 1);
            width -= across * ((long)ExpGolomb.Unsigned(ref bits) + ExpGolomb.Unsigned(ref bits));
            height -= down * ((long)ExpGolomb.Unsigned(ref bits) + ExpGolomb.Unsigned(ref bits));
        }

        var depth = ExpGolomb.Unsigned(ref bits);
        return Of(width, height, chroma, depth, ExpGolomb.Unsigned(ref bits), bits.Overrun);
    }

    private static PictureParameters? Of(long width, long height, uint chroma, uint depth, uint chromaDepth, bool overrun) =>
        overrun || width is < 16 or > Largest || height is < 16 or > Largest || chroma > 3 || depth > 8 || chromaDepth > 8
            ? null
            : new PictureParameters((int)width, (int)height, (int)chroma, (int)depth, (int)chromaDepth);

    private static void Skip(ref BitReader bits, int count)
    {
        for (; count > 0; count -= 32)
            bits.Read(Math.Min(32, count));
    }

    // 7.3.2.1.1.1.
    private static void SkipScalingLists(ref BitReader bits, int lists)
    {
        for (var list = 0; list < lists; list++)
        {
            if (!bits.Flag())
                continue;
            var (last, next) = (8, 8);
            for (var index = 0; index < (list < 6 ? 16 : 64) && !bits.Overrun; index++)
            {
                if (next != 0)
                    next = (last + ExpGolomb.Signed(ref bits) + 256) & 255;
                last = next == 0 ? last : next;
            }
        }
    }

    // pic_order_cnt_type.
    private static void SkipOrder(ref BitReader bits)
    {
        var type = ExpGolomb.Unsigned(ref bits);
        if (type == 0)
        {
            ExpGolomb.Unsigned(ref bits);
        }
        else if (type == 1)
        {
            bits.Flag();
            ExpGolomb.Signed(ref bits);
            ExpGolomb.Signed(ref bits);
            var cycle = ExpGolomb.Unsigned(ref bits);
            for (var index = 0u; index < cycle && !bits.Overrun; index++)
                ExpGolomb.Signed(ref bits);
        }
    }
}
