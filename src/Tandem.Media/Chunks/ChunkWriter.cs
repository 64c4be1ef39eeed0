using Tandem.Media.Demux;
using Tandem.Media.Remux;
using Tandem.Media.Worker;

namespace Tandem.Media.Chunks;

/// <summary>
/// Writes pictures as a CMAF chunk (ISO/IEC 14496-12, 8.8; ISO/IEC 23000-19, 7.3.2.3). Its fields always lie at the same places, so that the
/// parent can set number and time without reading it: see <see cref="PictureChunk"/>.
/// </summary>
internal static class ChunkWriter
{
    private const uint Sync = 0x0200_0000;
    private const uint NonSync = 0x0101_0000;

    /// <summary>The pieces of a chunk: the boxes, and the pictures where they lie.</summary>
    /// <param name="track">Track id.</param>
    /// <param name="samples">At least one, in decoding order.</param>
    public static List<ReadOnlyMemory<byte>> Write(int track, ReadOnlySpan<PictureSample> samples)
    {
        var writer = new Mp4Writer();
        var moof = writer.Begin(Mp4Box.Name("moof"));
        var mfhd = Full(writer, "mfhd", 0, 0);
        writer.U32(0);
        writer.End(mfhd);
        var traf = writer.Begin(Mp4Box.Name("traf"));

        // default-base-is-moof
        var tfhd = Full(writer, "tfhd", 0, 0x02_0000);
        writer.U32((uint)track);
        writer.End(tfhd);
        var tfdt = Full(writer, "tfdt", 1, 0);
        writer.U32((uint)(samples[0].Decode >> 32));
        writer.U32((uint)samples[0].Decode);
        writer.End(tfdt);

        // Version 1: signed offsets. Data offset; duration, size, flags and offset of each.
        var trun = Full(writer, "trun", 1, 0xF01);
        writer.U32((uint)samples.Length);
        var offset = writer.Count;
        writer.U32(0);
        var size = 0;
        foreach (var sample in samples)
        {
            writer.U32(sample.Duration);
            writer.U32((uint)sample.Data.Length);
            writer.U32(sample.IsSync ? Sync : NonSync);
            writer.U32((uint)sample.Offset);
            size = checked(size + sample.Data.Length);
        }

        writer.End(trun);
        writer.End(traf);
        writer.End(moof);
        const int BoxHeader = 8;
        writer.Set(offset, writer.Count + BoxHeader);
        var mdat = writer.Begin(Mp4Box.Name("mdat"));
        writer.Set(mdat, BoxHeader + size);
        var pieces = new List<ReadOnlyMemory<byte>>(samples.Length + 1) { writer.Written };
        foreach (var sample in samples)
            pieces.Add(sample.Data);
        return pieces;
    }

    private static int Full(Mp4Writer writer, string type, uint version, uint flags)
    {
        var begin = writer.Begin(Mp4Box.Name(type));
        writer.U32((version << 24) | flags);
        return begin;
    }
}
