using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>
/// Takes the sound out of one segment of fragmented MP4 (ISO/IEC 14496-12, 8.8; CMAF, ISO/IEC 23000-19). Samples are not copied: the new
/// segment is a list of pieces, most of them the source's own bytes.
/// </summary>
internal static class Mp4Remuxer
{
    /// <summary>Does one segment.</summary>
    /// <param name="data">The segment.</param>
    /// <param name="init">Its init segment; may be empty where the segment has one of its own.</param>
    public static RemuxResult Remux(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> init)
    {
        var boxes = Mp4Box.ReadAll(data, out _);
        var own = boxes.FindIndex(box => box.Is("moov")) + 1;
        var header = own > 0 ? boxes[..own] : Mp4Box.ReadAll(init, out _);
        var movie = header.FindIndex(box => box.Is("moov"));
        if (movie < 0 || Mp4Track.ReadAll(header[movie]) is not { Count: > 0 } tracks)
            return RemuxResult.Failed(DecodeFault.NotMedia, "an MP4 segment without an init segment that describes its tracks");
        var kept = tracks.Where(track => track.Kind == TrackKind.Picture).Select(track => track.Id).ToHashSet();
        if (kept.Count == 0)
            return RemuxResult.Failed(DecodeFault.NoPicture, "an MP4 without a picture");
        if (tracks.Find(track => track.Kind == TrackKind.Picture && track.Entry.Encrypted) is { } encrypted)
            return RemuxResult.Failed(DecodeFault.Encrypted, $"the picture ({encrypted.Entry.Codec}, track {encrypted.Id}) is encrypted");

        var pieces = new List<ReadOnlyMemory<byte>>();
        var drops = own > 0;
        if (Write(boxes[own..], tracks, kept, data, pieces, ref drops) is { } fault)
            return fault;
        return Describe(data, init, kept) is not { Clock: { } clock } described
            ? RemuxResult.Failed(DecodeFault.NoPicture, "an MP4 segment in which no picture lies")
            : RemuxResult.Of(new Remuxed(
                Container.FragmentedMp4,
                own == 0 && kept.Count == tracks.Count ? (ReadOnlyMemory<byte>?)null : Mp4Movie.Write(header, kept),
                drops ? pieces : null,
                described.Tracks,
                clock.Start,
                clock.End,
                Memory: default));
    }

    /// <summary>The new segment, in pieces; or why there is none.</summary>
    private static RemuxResult? Write(
        List<Mp4Box> boxes,
        List<Mp4Track> tracks,
        HashSet<int> kept,
        ReadOnlyMemory<byte> data,
        List<ReadOnlyMemory<byte>> pieces,
        ref bool drops)
    {
        long size = 0;
        foreach (var box in boxes)
        {
            if (IsKept(box, kept))
                pieces.Add(data[box.Begin..box.End]);
            if (!box.Is("moof"))
                continue;
            var fragment = Mp4Fragment.Read(box, tracks, kept, data.Length);
            if (fragment.Encrypted)
                return RemuxResult.Failed(DecodeFault.Encrypted, "the picture's samples are encrypted");

            // Runs that overlap are made to do harm: no segment grows by losing its sound.
            size += fragment.SampleBytes;
            if (!fragment.Complete || size > data.Length)
                return RemuxResult.Failed(DecodeFault.NotMedia, "an MP4 segment without all the samples of which it tells");
            drops |= fragment.Drops;
            if (fragment.Holds)
                pieces.AddRange(fragment.Write(data));
        }

        return null;
    }

    // Brands, events, and the clock of a picture stay. An index does not fit the new bytes, nor may what nobody knows.
    private static bool IsKept(Mp4Box box, HashSet<int> kept) =>
        box.Is("styp") || box.Is("emsg") || (box.Is("prft") && kept.Contains(new ByteReader(box.FullBody.Span).S32()));

    private static (List<TrackInfo> Tracks, PictureClock? Clock) Describe(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> init, HashSet<int> kept)
    {
        var streams = new Mp4Demuxer().Read(init, data, continues: false)!.Streams.Where(stream => kept.Contains(stream.Id)).ToList();
        return (
            [.. streams.Select(stream => new TrackInfo(stream.Id, stream.Kind, stream.Codec, stream.CodecsTag, stream.Language, 0, 0))],
            streams.Find(stream => stream.Pictures.Count > 0)?.Pictures);
    }
}
