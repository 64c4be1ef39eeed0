namespace Tandem.Media.Demux;

/// <summary>The edit list of a track (ISO/IEC 14496-12, 8.6.6), as far as it only shifts time.</summary>
internal static class Mp4EditList
{
    /// <summary>
    /// What to add to media time to get presentation time, in units of the track: empty edits delay it, the first other edit says which
    /// media time plays first. Edits after that one do not occur in segments that go on for ever.
    /// </summary>
    /// <param name="elst">The box; null where there is none.</param>
    /// <param name="timescale">Units a second of the track.</param>
    /// <param name="movieTimescale">Units a second of the movie.</param>
    public static long Shift(Mp4Box? elst, uint timescale, uint movieTimescale)
    {
        if (elst is not { } box)
            return 0;
        var reader = new ByteReader(box.FullBody.Span);
        var count = reader.U32();
        long shift = 0;
        for (var i = 0u; i < count && !reader.Overrun; i++)
        {
            var duration = reader.Sized(box.Version);
            var time = box.Version == 0 ? reader.S32() : (long)reader.U64();
            reader.Skip(4);
            if (reader.Overrun)
                break;
            if (time >= 0)
                return shift - time;
            if (movieTimescale != 0)
                shift += (long)((UInt128)duration * timescale / movieTimescale);
        }

        return shift;
    }
}
