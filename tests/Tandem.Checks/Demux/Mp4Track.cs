using System.Buffers.Binary;
using System.Text;

namespace Tandem.Checks.Demux;

/// <summary>What an init segment says of one track.</summary>
public sealed class Mp4Track
{
    private static readonly byte[] _startCode = [0, 0, 0, 1];
    private readonly double _movieTimescale;
    private readonly (long Duration, long MediaTime)[] _edits;
    private readonly byte[] _avcParameters;
    private readonly int _avcLengthSize;
    private readonly byte[] _aacConfig;

    private Mp4Track(byte[] init, Mp4Box trak, double movieTimescale, (uint Duration, uint Size) defaults)
    {
        Mp4Box Need(params ReadOnlySpan<string> path) =>
            trak.Descendant(init, path) ?? throw new DemuxException($"No {string.Join('/', path.ToArray())} in a trak");

        _movieTimescale = movieTimescale;
        (DefaultDuration, DefaultSize) = defaults;
        var tkhd = Need("tkhd");
        Id = Mp4Demuxer.Word(init, tkhd.Content + (init[tkhd.Content] == 1 ? 20 : 12));
        var mdhd = Need("mdia", "mdhd");
        Timescale = (int)Mp4Demuxer.Word(init, mdhd.Content + (init[mdhd.Content] == 1 ? 20 : 12));
        Handler = Encoding.Latin1.GetString(init, Need("mdia", "hdlr").Content + 8, 4);
        _edits = trak.Descendant(init, "edts", "elst") is { } elst ? ReadEdits(init, elst) : [];

        var stsd = Need("mdia", "minf", "stbl", "stsd");
        var entry = Mp4Box.In(init, stsd.Content + 8, stsd.End).First();
        // Fixed fields of a sample entry before its boxes: 78 bytes for pictures, 28 for sound (ISO/IEC 14496-12, 12.1.3 and 12.2.3).
        var inner = Mp4Box.In(init, entry.Content + (Handler == "vide" ? 78 : 28), entry.End).ToList();
        IsAvc = inner.Exists(box => box.Type == "avcC");
        (_avcParameters, _avcLengthSize) = ReadAvc(init, inner.FirstOrDefault(box => box.Type == "avcC"));
        _aacConfig = ReadAac(init, inner.FirstOrDefault(box => box.Type == "esds"));
    }

    /// <summary>The track's id.</summary>
    public uint Id { get; }

    /// <summary>Units a second.</summary>
    public int Timescale { get; }

    /// <summary><c>vide</c>, <c>soun</c>, …</summary>
    public string Handler { get; }

    /// <summary>Whether it is H.264.</summary>
    internal bool IsAvc { get; }

    internal uint DefaultDuration { get; }

    internal uint DefaultSize { get; }

    /// <summary>The tracks of an init segment.</summary>
    public static IReadOnlyList<Mp4Track> ReadAll(byte[] init)
    {
        var moov = Mp4Box.In(init).FirstOrDefault(box => box.Type == "moov");
        if (moov.Type is null)
            throw new DemuxException("The init segment has no moov");
        var mvhd = moov.Child(init, "mvhd") ?? throw new DemuxException("No mvhd");
        var timescale = Mp4Demuxer.Word(init, mvhd.Content + (init[mvhd.Content] == 1 ? 20 : 12));
        var defaults = new Dictionary<uint, (uint, uint)>();
        foreach (var trex in moov.Child(init, "mvex")?.Children(init).Where(box => box.Type == "trex") ?? [])
            defaults[Mp4Demuxer.Word(init, trex.Content + 4)] = (Mp4Demuxer.Word(init, trex.Content + 12), Mp4Demuxer.Word(init, trex.Content + 16));

        var tracks = new List<Mp4Track>();
        foreach (var trak in moov.Children(init).Where(box => box.Type == "trak"))
        {
            var tkhd = trak.Child(init, "tkhd") ?? throw new DemuxException("No tkhd");
            var id = Mp4Demuxer.Word(init, tkhd.Content + (init[tkhd.Content] == 1 ? 20 : 12));
            tracks.Add(new Mp4Track(init, trak, timescale, defaults.GetValueOrDefault(id)));
        }

        return tracks;
    }

    /// <summary>Seconds at which a media time is presented: the edit list's empty edits delay, its first real edit cuts.</summary>
    internal double Presentation(long mediaTime)
    {
        double delay = 0;
        foreach (var (duration, start) in _edits)
        {
            if (start >= 0)
                return ((mediaTime - start) / (double)Timescale) + delay;
            delay += duration / _movieTimescale;
        }

        return (mediaTime / (double)Timescale) + delay;
    }

    /// <summary>A sample with start codes; parameter sets come before each, which decoders allow.</summary>
    internal byte[] AnnexB(ReadOnlySpan<byte> sample)
    {
        using var unit = new MemoryStream();
        unit.Write(_avcParameters);
        while (sample.Length > _avcLengthSize)
        {
            var length = 0;
            for (var index = 0; index < _avcLengthSize; index++)
                length = (length << 8) | sample[index];
            unit.Write(_startCode);
            unit.Write(sample.Slice(_avcLengthSize, length));
            sample = sample[(_avcLengthSize + length)..];
        }

        return unit.ToArray();
    }

    internal byte[] Adts(ReadOnlySpan<byte> sample)
    {
        if (_aacConfig.Length < 2)
            throw new DemuxException("Sound without an AudioSpecificConfig");
        var header = FrameHeader.Adts(
            _aacConfig[0] >> 3, ((_aacConfig[0] & 7) << 1) | (_aacConfig[1] >> 7), (_aacConfig[1] >> 3) & 0x0F, sample.Length);
        return [.. header, .. sample];
    }

    private static (long Duration, long MediaTime)[] ReadEdits(byte[] init, Mp4Box elst)
    {
        var wide = init[elst.Content] == 1;
        var edits = new (long, long)[Mp4Demuxer.Word(init, elst.Content + 4)];
        for (var index = 0; index < edits.Length; index++)
        {
            var at = elst.Content + 8 + (index * (wide ? 20 : 12));
            edits[index] = wide
                ? (BinaryPrimitives.ReadInt64BigEndian(init.AsSpan(at)), BinaryPrimitives.ReadInt64BigEndian(init.AsSpan(at + 8)))
                : (Mp4Demuxer.Word(init, at), (int)Mp4Demuxer.Word(init, at + 4));
        }

        return edits;
    }

    /// <summary>SPS and PPS with start codes, and the size of a NAL unit's length (ISO/IEC 14496-15, 5.3.3.1).</summary>
    private static (byte[] Parameters, int LengthSize) ReadAvc(byte[] init, Mp4Box box)
    {
        if (box.Type is null)
            return ([], 4);
        using var parameters = new MemoryStream();
        var at = box.Content + 5;
        for (var kind = 0; kind < 2; kind++)
        {
            var count = init[at++] & (kind == 0 ? 0x1F : 0xFF);
            for (var index = 0; index < count; index++)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(init.AsSpan(at));
                parameters.Write(_startCode);
                parameters.Write(init, at + 2, length);
                at += 2 + length;
            }
        }

        return (parameters.ToArray(), (init[box.Content + 4] & 3) + 1);
    }

    /// <summary>The AudioSpecificConfig in the descriptors (ISO/IEC 14496-1, 7.2.6): tag 5 inside tag 4 inside tag 3.</summary>
    private static byte[] ReadAac(byte[] init, Mp4Box box)
    {
        if (box.Type is null)
            return [];
        var at = box.Content + 4;
        while (at < box.End)
        {
            var tag = init[at++];
            var length = 0;
            byte part;
            do
            {
                part = init[at++];
                length = (length << 7) | (part & 0x7F);
            }
            while ((part & 0x80) != 0);

            if (tag == 5)
                return init[at..(at + length)];
            // ES_Descriptor has 3 bytes before its descriptors (no flags set by any packager here), DecoderConfigDescriptor 13.
            at += tag switch { 3 => 3, 4 => 13, _ => length };
        }

        return [];
    }
}
