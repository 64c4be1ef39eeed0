using Tandem.Media.Demux;

namespace Tandem.Media.Remux;

/// <summary>Writes an init segment anew, with some of its tracks only (ISO/IEC 14496-12, 8.2 and 8.8).</summary>
internal static class Mp4Movie
{
    /// <summary>The init segment with the tracks of these ids.</summary>
    /// <param name="header">Boxes of the source's init segment.</param>
    /// <param name="kept">Ids of the tracks that stay.</param>
    /// <param name="edits">Whether edit lists stay; false where they are in the samples' times already.</param>
    public static ReadOnlyMemory<byte> Write(IEnumerable<Mp4Box> header, IReadOnlySet<int> kept, bool edits = true)
    {
        var writer = new Mp4Writer();
        foreach (var box in header)
        {
            if (box.Is("ftyp"))
                writer.Box(box);
            else if (box.Is("moov"))
                WriteMovie(writer, box, kept, edits);
        }

        return writer.Written;
    }

    private static void WriteMovie(Mp4Writer writer, Mp4Box moov, IReadOnlySet<int> kept, bool edits)
    {
        var begin = writer.Begin(moov.Type);
        foreach (var box in moov.Children())
        {
            if (box.Is("trak"))
                WriteTrack(writer, box, kept, edits);
            else if (box.Is("mvex"))
                WriteDefaults(writer, box, kept);
            else if (!box.Is("iods") && !box.Is("pssh"))
                writer.Box(box); // Not the objects of all tracks, nor keys for what is gone.
        }

        writer.End(begin);
    }

    private static void WriteTrack(Mp4Writer writer, Mp4Box trak, IReadOnlySet<int> kept, bool edits)
    {
        if (trak.Child("tkhd") is not { } tkhd || !kept.Contains(Mp4Track.ReadId(tkhd)))
            return;
        var begin = writer.Begin(trak.Type);
        foreach (var box in trak.Children())
        {
            if ((edits || !box.Is("edts")) && (!box.Is("tref") || PointsInto(box, kept)))
                writer.Box(box);
        }

        writer.End(begin);
    }

    // 8.3.3: boxes of track ids.
    private static bool PointsInto(Mp4Box tref, IReadOnlySet<int> kept)
    {
        foreach (var kind in tref.Children())
        {
            var reader = new ByteReader(kind.Body.Span);
            while (reader.Rest.Length >= 4)
            {
                if (!kept.Contains(reader.S32()))
                    return false;
            }
        }

        return true;
    }

    // 8.8.3 and 8.8.15: both begin with a track's id.
    private static void WriteDefaults(Mp4Writer writer, Mp4Box mvex, IReadOnlySet<int> kept)
    {
        var begin = writer.Begin(mvex.Type);
        foreach (var box in mvex.Children())
        {
            if ((!box.Is("trex") && !box.Is("trep")) || kept.Contains(new ByteReader(box.FullBody.Span).S32()))
                writer.Box(box);
        }

        writer.End(begin);
    }
}
