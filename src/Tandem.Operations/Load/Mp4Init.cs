using System.Buffers.Binary;

namespace Tandem.Operations.Load;

/// <summary>One track of an init segment (ISO/IEC 14496-12).</summary>
/// <param name="Id">Its number.</param>
/// <param name="Voice">Whether it is sound; otherwise picture.</param>
/// <param name="Timescale">Ticks a second.</param>
/// <param name="Duration">Of a sample, where nothing else is said.</param>
/// <param name="Size">Of a sample, where nothing else is said.</param>
/// <param name="Shift">What the edit list takes from a media time, ticks of the track.</param>
internal sealed record Mp4Track(uint Id, bool Voice, uint Timescale, uint Duration, uint Size, long Shift);

/// <summary>What <c>moov</c> says of its tracks.</summary>
internal sealed record Mp4Init(IReadOnlyList<Mp4Track> Tracks)
{
    /// <summary>Reads the body of <c>moov</c>; null where it holds no track that could be played.</summary>
    public static Mp4Init? Read(ReadOnlySpan<byte> moov)
    {
        var tracks = new List<Mp4Track>();
        uint movieScale = 0;
        if (Boxes.Find(moov, "mvhd") is { } movie && movie.Length(moov) >= 20)
            movieScale = movie.U32(moov, moov[movie.Start] == 1 ? 20 : 12);
        for (var at = 0; Boxes.Next(moov, ref at) is { } box;)
        {
            if (box.Is("trak"u8) && ReadTrack(moov[box.Start..box.End], movieScale) is { } track && tracks.Count < 32)
                tracks.Add(track);
        }

        if (Boxes.Find(moov, "mvex") is { } extends)
            WithDefaults(moov[extends.Start..extends.End], tracks);
        return tracks.Count == 0 ? null : new Mp4Init(tracks);
    }

    private static Mp4Track? ReadTrack(ReadOnlySpan<byte> trak, uint movieScale)
    {
        if (Boxes.Find(trak, "tkhd") is not { } head || Boxes.Find(trak, "mdia") is not { } media)
            return null;
        var mdia = trak[media.Start..media.End];
        if (Boxes.Find(mdia, "mdhd") is not { } mdhd || Boxes.Find(mdia, "hdlr") is not { } handler || handler.Length(mdia) < 12
            || mdhd.Length(mdia) < 20)
            return null;
        if (head.Length(trak) < 24)
            return null;
        var kind = mdia.Slice(handler.Start + 8, 4);
        var voice = kind.SequenceEqual("soun"u8);
        var scale = mdhd.U32(mdia, mdia[mdhd.Start] == 1 ? 20 : 12);
        if ((!voice && !kind.SequenceEqual("vide"u8)) || scale == 0)
            return null;
        var shift = Boxes.Find(trak, "edts") is { } edits ? Shift(trak[edits.Start..edits.End], scale, movieScale) : 0;
        return new Mp4Track(head.U32(trak, trak[head.Start] == 1 ? 20 : 12), voice, scale, 0, 0, shift);
    }

    /// <summary>Empty edits move a track later, the first real one takes its media time off.</summary>
    private static long Shift(ReadOnlySpan<byte> edts, uint scale, uint movieScale)
    {
        if (Boxes.Find(edts, "elst") is not { } list || list.Length(edts) < 8)
            return 0;
        var body = edts[list.Start..list.End];
        var wide = body[0] == 1;
        var size = wide ? 20 : 12;
        long empty = 0;
        for (var (index, at) = (0, 8); index < BinaryPrimitives.ReadUInt32BigEndian(body[4..]) && at + size <= body.Length
            && index < 8; index++, at += size)
        {
            var duration = wide ? BinaryPrimitives.ReadInt64BigEndian(body[at..]) : BinaryPrimitives.ReadUInt32BigEndian(body[at..]);
            var time = wide ? BinaryPrimitives.ReadInt64BigEndian(body[(at + 8)..]) : BinaryPrimitives.ReadInt32BigEndian(body[(at + 4)..]);
            if (time >= 0)
                return time - empty;
            empty += movieScale == 0 ? 0 : (long)(duration * (double)scale / movieScale);
        }

        return -empty;
    }

    private static void WithDefaults(ReadOnlySpan<byte> mvex, List<Mp4Track> tracks)
    {
        for (var at = 0; Boxes.Next(mvex, ref at) is { } box;)
        {
            if (!box.Is("trex"u8) || box.Length(mvex) < 20)
                continue;
            var id = box.U32(mvex, 4);
            var index = tracks.FindIndex(track => track.Id == id);
            if (index >= 0)
                tracks[index] = tracks[index] with { Duration = box.U32(mvex, 12), Size = box.U32(mvex, 16) };
        }
    }
}

/// <summary>A box inside bytes that are all there: where its body begins and ends, and its name.</summary>
internal readonly record struct BoxSpan(int Start, int End, uint Name)
{
    /// <summary>Whether it has this name.</summary>
    public bool Is(ReadOnlySpan<byte> name) => BinaryPrimitives.ReadUInt32BigEndian(name) == Name;

    /// <summary>Bytes of its body.</summary>
    public int Length(ReadOnlySpan<byte> bytes) => Math.Min(End, bytes.Length) - Start;

    /// <summary>A number of its body; 0 beyond its end.</summary>
    public uint U32(ReadOnlySpan<byte> bytes, int offset) => Start + offset + 4 <= End
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(Start + offset)..]) : 0;
}

/// <summary>Steps through boxes.</summary>
internal static class Boxes
{
    /// <summary>The box at a place, which moves behind it; null at the end, or where no whole box is.</summary>
    public static BoxSpan? Next(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (at + 8 > bytes.Length)
            return null;
        long size = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
        var name = BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 4)..]);
        if (size < 8 || at + size > bytes.Length)
            return null;
        var box = new BoxSpan(at + 8, at + (int)size, name);
        at += (int)size;
        return box;
    }

    /// <summary>The first box of a name (four letters).</summary>
    public static BoxSpan? Find(ReadOnlySpan<byte> bytes, string name)
    {
        var wanted = ((uint)name[0] << 24) | ((uint)name[1] << 16) | ((uint)name[2] << 8) | name[3];
        for (var at = 0; Next(bytes, ref at) is { } box;)
        {
            if (box.Name == wanted)
                return box;
        }

        return null;
    }
}
