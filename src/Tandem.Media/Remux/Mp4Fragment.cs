using Tandem.Media.Demux;

namespace Tandem.Media.Remux;

/// <summary>One fragment, its <c>moof</c> to be written anew with the tracks that stay (ISO/IEC 14496-12, 8.8).</summary>
internal sealed class Mp4Fragment
{
    // Far more than one fragment has; each costs memory beyond its bytes.
    private const int MostParts = 64;
    private const int MostRuns = 10_000;
    private const int BaseOffsetFlag = 0x1;
    private const int BaseIsMoofFlag = 0x20000;
    private const int DataOffsetFlag = 0x1;
    private readonly List<TrackPart> _parts = [];
    private readonly Mp4Box _moof;

    private Mp4Fragment(Mp4Box moof) => _moof = moof;

    /// <summary>Whether tracks are taken out.</summary>
    public bool Drops { get; private set; }

    /// <summary>Whether the samples that stay are encrypted.</summary>
    public bool Encrypted { get; private set; }

    /// <summary>Whether all samples that stay lie within the segment.</summary>
    public bool Complete { get; private set; } = true;

    /// <summary>Whether tracks stay.</summary>
    public bool Holds => _parts.Count > 0;

    /// <summary>Bytes of the samples that stay.</summary>
    public long SampleBytes => _parts.Sum(part => part.Runs.Sum(run => (long)run.Length));

    /// <summary>Reads one.</summary>
    /// <param name="moof">The box.</param>
    /// <param name="tracks">All tracks.</param>
    /// <param name="kept">Ids of those that stay.</param>
    /// <param name="length">Length of the segment, bytes.</param>
    public static Mp4Fragment Read(Mp4Box moof, List<Mp4Track> tracks, IReadOnlySet<int> kept, int length)
    {
        var fragment = new Mp4Fragment(moof);
        long end = moof.Begin;
        foreach (var traf in moof.Children())
        {
            if (!traf.Is("traf"))
                continue;
            var part = traf.Child("tfhd") is { } tfhd ? new TrackPart(traf, tfhd, Mp4FragmentHeader.Read(tfhd), []) : null;
            var track = part is null ? null : tracks.Find(track => track.Id == part.Header.Track);
            if (part is not null && track is not null)
                ReadRuns(part, track, part.Header.Basis(moof.Begin, end, length), length, ref end);
            if (part is null || track is null || !kept.Contains(track.Id))
            {
                fragment.Drops = true;
                continue;
            }

            fragment.Encrypted |= traf.Children().Exists(IsProtection);
            fragment.Complete &= part.Complete && fragment._parts.Count < MostParts;
            if (fragment.Complete)
                fragment._parts.Add(part);
        }

        return fragment;
    }

    /// <summary>
    /// The new <c>moof</c> and <c>mdat</c>: a first piece with the one and the other's header, and the samples where they lie.
    /// </summary>
    /// <param name="data">The segment.</param>
    public IEnumerable<ReadOnlyMemory<byte>> Write(ReadOnlyMemory<byte> data)
    {
        var writer = new Mp4Writer();
        var offsets = new List<(int At, int Value)>();
        var sampled = 0;
        var begin = writer.Begin(_moof.Type);
        foreach (var box in _moof.Children())
        {
            if (!box.Is("traf"))
                writer.Box(box);
            else if (_parts.Find(part => part.Traf == box) is { } part)
                WritePart(writer, part, offsets, ref sampled);
        }

        writer.End(begin);
        const int BoxHeader = 8;
        foreach (var (at, value) in offsets)
            writer.Set(at, writer.Count + BoxHeader + value);
        var mdat = writer.Begin(Mp4Box.Name("mdat"));
        writer.Set(mdat, BoxHeader + sampled);
        return _parts.SelectMany(part => part.Runs).Select(run => data.Slice(run.Begin, run.Length)).Prepend(writer.Written);
    }

    // 8.7.8, 8.7.9 and ISO/IEC 23001-7, 7: auxiliary information without a type of its own is that of an encryption.
    private static bool IsProtection(Mp4Box box)
    {
        if (box.Is("senc") || (box.Is("uuid") && box.Body.Span.StartsWith(PiffSampleEncryption)))
            return true;
        if (!IsAuxiliary(box))
            return false;
        var type = new ByteReader(box.FullBody.Span).U32();
        return (box.Flags & 1) == 0 || type == Mp4Box.Name("cenc") || type == Mp4Box.Name("cbcs") || type == Mp4Box.Name("cens")
            || type == Mp4Box.Name("cbc1");
    }

    // Protected Interoperable File Format, 5.3.2.
    private static ReadOnlySpan<byte> PiffSampleEncryption =>
        [0xA2, 0x39, 0x4F, 0x52, 0x5A, 0x9B, 0x4F, 0x14, 0xA2, 0x44, 0x6C, 0x42, 0x7C, 0x64, 0x8D, 0xF4];

    private static bool IsAuxiliary(Mp4Box box) => box.Is("saiz") || box.Is("saio");

    private static void WritePart(Mp4Writer writer, TrackPart part, List<(int At, int Value)> offsets, ref int sampled)
    {
        var begin = writer.Begin(part.Traf.Type);
        var run = 0;
        foreach (var box in part.Traf.Children())
        {
            if (box == part.Tfhd)
            {
                WriteHeader(writer, box);
            }
            else if (box.Is("trun"))
            {
                WriteRun(writer, box, offsets, sampled);
                sampled += part.Runs[run++].Length;
            }
            else if (!IsAuxiliary(box))
            {
                writer.Box(box); // Auxiliary information is found by its place in the file, where it will not be.
            }
        }

        writer.End(begin);
    }

    // 8.8.7.
    private static void WriteHeader(Mp4Writer writer, Mp4Box tfhd)
    {
        var reader = new ByteReader(tfhd.FullBody.Span);
        var begin = writer.Begin(tfhd.Type);
        writer.U32(((uint)tfhd.Version << 24) | (uint)((tfhd.Flags & ~BaseOffsetFlag) | BaseIsMoofFlag));
        writer.U32(reader.U32());
        if ((tfhd.Flags & BaseOffsetFlag) != 0)
            reader.Skip(8);
        writer.Bytes(reader.Rest);
        writer.End(begin);
    }

    // 8.8.8.
    private static void WriteRun(Mp4Writer writer, Mp4Box trun, List<(int At, int Value)> offsets, int sampled)
    {
        var reader = new ByteReader(trun.FullBody.Span);
        var begin = writer.Begin(trun.Type);
        writer.U32(((uint)trun.Version << 24) | (uint)(trun.Flags | DataOffsetFlag));
        writer.U32(reader.U32());
        if ((trun.Flags & DataOffsetFlag) != 0)
            reader.Skip(4);
        offsets.Add((writer.Count, sampled));
        writer.U32(0);
        writer.Bytes(reader.Rest);
        writer.End(begin);
    }

    private static void ReadRuns(TrackPart part, Mp4Track track, int basis, int length, ref long end)
    {
        long at = basis;
        foreach (var trun in part.Traf.Children())
        {
            if (!trun.Is("trun"))
                continue;
            var reader = new ByteReader(trun.FullBody.Span);
            var count = reader.U32();
            if ((trun.Flags & DataOffsetFlag) != 0)
                at = basis + (long)reader.S32();
            var size = RunLength(ref reader, trun.Flags, count, part.Header.Size ?? track.DefaultSize);
            var fits = size is { } told && at >= 0 && at + told <= length && part.Runs.Count < MostRuns;
            part.Complete &= fits;
            if (part.Runs.Count < MostRuns)
                part.Runs.Add(fits ? ((int)at, (int)size!.Value) : (0, 0));
            at = Math.Clamp(at + (size ?? 0), 0, length);
        }

        end = at;
    }

    /// <summary>Bytes of a run's samples; null where the box is too short for them, or they are more than a segment has.</summary>
    private static long? RunLength(ref ByteReader reader, int flags, uint count, uint defaultSize)
    {
        if ((flags & 0x4) != 0)
            reader.U32();
        var fields = ((flags & 0x100) != 0 ? 4 : 0) + ((flags & 0x200) != 0 ? 4 : 0) + ((flags & 0x400) != 0 ? 4 : 0) + ((flags & 0x800) != 0 ? 4 : 0);
        if (reader.Overrun || (long)count * fields > reader.Rest.Length)
            return null;
        if ((flags & 0x200) == 0)
            return (long)count * defaultSize is var all and <= int.MaxValue ? all : null;
        long total = 0;
        for (var i = 0u; i < count && total <= int.MaxValue; i++)
        {
            if ((flags & 0x100) != 0)
                reader.U32();
            total += reader.U32();
            reader.Skip(((flags & 0x400) != 0 ? 4 : 0) + ((flags & 0x800) != 0 ? 4 : 0));
        }

        return total <= int.MaxValue ? total : null;
    }

    /// <summary>One track's part, and where in the segment the samples of its runs lie.</summary>
    private sealed record TrackPart(Mp4Box Traf, Mp4Box Tfhd, Mp4FragmentHeader Header, List<(int Begin, int Length)> Runs)
    {
        public bool Complete { get; set; } = true;
    }
}
