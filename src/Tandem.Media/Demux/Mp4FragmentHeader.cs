namespace Tandem.Media.Demux;

/// <summary>The <c>tfhd</c> of a track fragment (ISO/IEC 14496-12, 8.8.7).</summary>
/// <param name="Track">Id of its track.</param>
/// <param name="BaseOffset">Where data offsets count from in the file; null where not told.</param>
/// <param name="BaseIsMoof">default-base-is-moof.</param>
/// <param name="Duration">Default duration of a sample.</param>
/// <param name="Size">Default size of a sample.</param>
internal readonly record struct Mp4FragmentHeader(int Track, ulong? BaseOffset, bool BaseIsMoof, uint? Duration, uint? Size)
{
    /// <summary>Reads one; a box that is cut short has zeros.</summary>
    public static Mp4FragmentHeader Read(Mp4Box tfhd)
    {
        var reader = new ByteReader(tfhd.FullBody.Span);
        var track = reader.S32();
        ulong? basis = (tfhd.Flags & 0x1) != 0 ? reader.U64() : null;
        if ((tfhd.Flags & 0x2) != 0)
            reader.U32();
        uint? duration = (tfhd.Flags & 0x8) != 0 ? reader.U32() : null;
        uint? size = (tfhd.Flags & 0x10) != 0 ? reader.U32() : null;
        return new Mp4FragmentHeader(track, basis, (tfhd.Flags & 0x20000) != 0, duration, size);
    }

    /// <summary>
    /// Where data offsets count from (8.8.7): the moof, a place of their own, or where the track before ended. A place of its own is one of
    /// the file, which a segment is only a piece of.
    /// </summary>
    /// <param name="moofBegin">Where the moof begins.</param>
    /// <param name="previousEnd">Where the samples of the track before ended; <paramref name="moofBegin"/> for the first.</param>
    /// <param name="length">Length of the segment.</param>
    public int Basis(int moofBegin, long previousEnd, int length) =>
        BaseOffset is { } place && place <= (ulong)length ? (int)place
        : BaseIsMoof || BaseOffset is not null || previousEnd == moofBegin ? moofBegin
        : (int)previousEnd;
}
