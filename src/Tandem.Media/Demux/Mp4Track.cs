using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>A track as its init segment describes it (ISO/IEC 14496-12, 8.3).</summary>
internal sealed class Mp4Track
{
    // A file of one programme has a few.
    private const int MostTracks = 64;

    public required int Id { get; init; }

    public required TrackKind Kind { get; init; }

    /// <summary>Units a second of its media time.</summary>
    public required uint Timescale { get; init; }

    public string? Language { get; init; }

    /// <summary>What to add to media time to get presentation time, in units of the track: the edit list's shift.</summary>
    public long Shift { get; init; }

    /// <summary>What its first sample entry says.</summary>
    public required Mp4SampleEntry Entry { get; init; }

    /// <summary>Defaults of <c>trex</c>.</summary>
    public uint DefaultDuration { get; set; }

    public uint DefaultSize { get; set; }

    /// <summary>Reads all tracks of a <c>moov</c>.</summary>
    public static List<Mp4Track> ReadAll(Mp4Box moov)
    {
        var tracks = new List<Mp4Track>();
        var movieTimescale = 0u;
        foreach (var box in moov.Children())
        {
            if (box.Type == Mp4Box.Name("mvhd"))
            {
                var reader = new ByteReader(box.FullBody.Span);
                reader.Skip(box.Version == 0 ? 8 : 16);
                movieTimescale = reader.U32();
            }
            else if (box.Type == Mp4Box.Name("trak") && tracks.Count < MostTracks && Read(box, movieTimescale) is { } track)
            {
                tracks.Add(track);
            }
            else if (box.Type == Mp4Box.Name("mvex"))
            {
                ReadDefaults(box, tracks);
            }
        }

        return tracks;
    }

    /// <summary>The id that a <c>tkhd</c> tells (8.3.2).</summary>
    public static int ReadId(Mp4Box tkhd)
    {
        var reader = new ByteReader(tkhd.FullBody.Span);
        reader.Skip(tkhd.Version == 0 ? 8 : 16);
        return reader.S32();
    }

    /// <summary>A time of this track in ticks of 90 kHz, rounded to the nearest.</summary>
    public long Ticks(long time)
    {
        var scaled = ((Int128)time * 90_000 * 2) + Timescale;
        var divisor = (Int128)Timescale * 2;
        var quotient = scaled / divisor;
        if (scaled < 0 && quotient * divisor != scaled)
            quotient--;
        return (long)quotient;
    }

    private static Mp4Track? Read(Mp4Box trak, uint movieTimescale)
    {
        if (trak.Child("tkhd") is not { } tkhd || trak.Child("mdia") is not { } mdia || mdia.Child("mdhd") is not { } mdhd)
            return null;
        var id = ReadId(tkhd);
        var reader = new ByteReader(mdhd.FullBody.Span);
        reader.Skip(mdhd.Version == 0 ? 8 : 16);
        var timescale = reader.U32();
        reader.Sized(mdhd.Version);
        var language = reader.U16();
        if (timescale == 0 || reader.Overrun)
            return null;

        var kind = TrackKind.Other;
        if (mdia.Child("hdlr") is { } hdlr)
        {
            reader = new ByteReader(hdlr.FullBody.Span);
            reader.Skip(4);
            var handler = reader.U32();
            kind = handler == Mp4Box.Name("soun") ? TrackKind.Sound : handler == Mp4Box.Name("vide") ? TrackKind.Picture : TrackKind.Other;
        }

        var stsd = mdia.Child("minf")?.Child("stbl")?.Child("stsd");
        return new Mp4Track
        {
            Id = id,
            Kind = kind,
            Timescale = timescale,
            Language = ExtendedLanguage(mdia) ?? Packed(language),
            Shift = Mp4EditList.Shift(trak.Child("edts")?.Child("elst"), timescale, movieTimescale),
            Entry = Mp4SampleEntry.Read(stsd, kind),
        };
    }

    // 8.8.3.
    private static void ReadDefaults(Mp4Box mvex, List<Mp4Track> tracks)
    {
        foreach (var box in mvex.Children())
        {
            if (box.Type != Mp4Box.Name("trex"))
                continue;
            var reader = new ByteReader(box.FullBody.Span);
            var id = reader.S32();
            reader.Skip(4);
            var duration = reader.U32();
            var size = reader.U32();
            if (tracks.Find(track => track.Id == id) is not { } track)
                continue;
            track.DefaultDuration = duration;
            track.DefaultSize = size;
        }
    }

    // 8.4.6: BCP 47.
    private static string? ExtendedLanguage(Mp4Box mdia)
    {
        if (mdia.Child("elng") is not { } elng)
            return null;
        var text = elng.FullBody.Span;
        var end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '-')
                return null;
        }

        return text.Length is >= 2 and <= 35 ? System.Text.Encoding.ASCII.GetString(text) : null;
    }

    // 8.4.2.3: three letters of five bits.
    private static string? Packed(ushort language) =>
        LanguageTag.FromIso639([(byte)(((language >> 10) & 31) + 0x60), (byte)(((language >> 5) & 31) + 0x60), (byte)((language & 31) + 0x60)]);
}
