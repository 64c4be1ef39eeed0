using Tandem.Media.Demux;
using Tandem.Media.Remux;
using Tandem.Media.Worker;

namespace Tandem.Media.Chunks;

/// <summary>Reads the pictures of a segment of fragmented MP4 one by one (ISO/IEC 14496-12, 8.8). Nothing in it is trusted.</summary>
internal sealed class Mp4Pictures
{
    // Ten minutes at 50 pictures a second; a trun may claim billions without a byte to back them.
    private const int MostSamples = 30_000;
    private const uint NonSyncFlag = 0x1_0000;

    private readonly List<PictureSample> _samples = [];
    private readonly Mp4Track _track;
    private readonly ReadOnlyMemory<byte> _data;
    private readonly uint _defaultFlags;
    private long _bytes;
    private long _time;

    private Mp4Pictures(Mp4Track track, ReadOnlyMemory<byte> data, uint defaultFlags) => (_track, _data, _defaultFlags) = (track, data, defaultFlags);

    /// <summary>Reads a segment, or says why there is nothing.</summary>
    public static (Pictures? Pictures, DecodeFault Fault, string Detail) Read(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> init)
    {
        var boxes = Mp4Box.ReadAll(data, out _);
        var own = boxes.FindIndex(box => box.Is("moov")) + 1;
        var header = own > 0 ? boxes[..own] : Mp4Box.ReadAll(init, out _);
        var movie = header.FindIndex(box => box.Is("moov"));
        if (movie < 0 || Mp4Track.ReadAll(header[movie]) is not { Count: > 0 } tracks)
            return (null, DecodeFault.NotMedia, "an MP4 segment without an init segment that describes its tracks");
        if (tracks.Find(track => track.Kind == TrackKind.Picture) is not { } track)
            return (null, DecodeFault.NoPicture, "an MP4 without a picture");
        if (track.Entry.Encrypted)
            return (null, DecodeFault.Encrypted, $"the picture ({track.Entry.Codec}) is encrypted");
        if (track.Entry.CodecsTag is not { } tag)
            return (null, DecodeFault.UnknownCodec, $"the picture's codec ({track.Entry.Codec}) is not known");
        var kept = new HashSet<int> { track.Id };
        var reader = new Mp4Pictures(track, data, DefaultFlags(header[movie], track.Id));
        foreach (var box in boxes[own..].Where(box => box.Is("moof")))
        {
            if (Mp4Fragment.Read(box, tracks, kept, data.Length).Encrypted)
                return (null, DecodeFault.Encrypted, "the picture's samples are encrypted");
            if (!reader.ReadFragment(box))
                return (null, DecodeFault.NotMedia, "an MP4 segment without all the samples of which it tells");
        }

        if (reader._samples.Count == 0)
            return (null, DecodeFault.NoPicture, "an MP4 segment in which no picture lies");
        var (width, height) = SizeOf(header[movie], track.Id);
        var pictures = new Pictures(track.Id, Mp4Movie.Write(header, kept, edits: false), tag, width, height, track.Timescale, reader._samples);
        return (pictures, default, "");
    }

    private bool ReadFragment(Mp4Box moof)
    {
        var end = moof.Begin;
        foreach (var traf in moof.Children())
        {
            if (!traf.Is("traf") || traf.Child("tfhd") is not { } tfhd)
                continue;
            var header = Mp4FragmentHeader.Read(tfhd);
            if (header.Track != _track.Id)
            {
                // Where another track's samples end matters only to writers that MSE and CMAF forbid.
                continue;
            }

            if (traf.Child("tfdt") is { } tfdt)
            {
                var reader = new ByteReader(tfdt.FullBody.Span);
                _time = (long)reader.Sized(tfdt.Version);
            }

            long at = header.Basis(moof.Begin, end, _data.Length);
            var basis = at;
            foreach (var trun in traf.Children())
            {
                if (trun.Is("trun") && !ReadRun(trun, header, FlagsOf(tfhd), basis, ref at))
                    return false;
            }
        }

        return true;
    }

    // 8.8.8.
    private bool ReadRun(Mp4Box trun, Mp4FragmentHeader header, uint? flagsOfFragment, long basis, ref long at)
    {
        var reader = new ByteReader(trun.FullBody.Span);
        var count = reader.U32();
        if ((trun.Flags & 0x1) != 0)
            at = basis + reader.S32();
        uint? first = (trun.Flags & 0x4) != 0 ? reader.U32() : null;
        for (var index = 0u; index < count; index++)
        {
            var duration = (trun.Flags & 0x100) != 0 ? reader.U32() : header.Duration ?? _track.DefaultDuration;
            var size = (trun.Flags & 0x200) != 0 ? reader.U32() : header.Size ?? _track.DefaultSize;
            var flags = (trun.Flags & 0x400) != 0 ? reader.U32() : index == 0 && first is { } own ? own : flagsOfFragment ?? _defaultFlags;
            var offset = (trun.Flags & 0x800) != 0 ? reader.S32() : 0;
            _bytes += size;

            // Runs that overlap are made to do harm: chunks are no larger than their segment.
            if (reader.Overrun || _samples.Count >= MostSamples || at < 0 || at + size > _data.Length || _bytes > _data.Length || _time < 0 || _time > long.MaxValue / 16)
                return false;
            if (size > 0)
            {
                _samples.Add(new PictureSample(
                    _time + _track.Shift, offset, duration, (flags & NonSyncFlag) == 0, _data.Slice((int)at, (int)size)));
            }

            _time += duration;
            at += size;
        }

        return true;
    }

    private static uint? FlagsOf(Mp4Box tfhd)
    {
        if ((tfhd.Flags & 0x20) == 0)
            return null;
        var reader = new ByteReader(tfhd.FullBody.Span);
        reader.Skip(4 + ((tfhd.Flags & 0x1) != 0 ? 8 : 0) + ((tfhd.Flags & 0x2) != 0 ? 4 : 0) + ((tfhd.Flags & 0x8) != 0 ? 4 : 0)
            + ((tfhd.Flags & 0x10) != 0 ? 4 : 0));
        return reader.U32();
    }

    // 8.8.3.
    private static uint DefaultFlags(Mp4Box moov, int id)
    {
        foreach (var trex in moov.Child("mvex")?.Children() ?? [])
        {
            if (!trex.Is("trex"))
                continue;
            var reader = new ByteReader(trex.FullBody.Span);
            if (reader.S32() != id)
                continue;
            reader.Skip(12);
            return reader.U32();
        }

        return 0;
    }

    // 12.1.3: behind the entry's reserved and predefined fields.
    private static (int Width, int Height) SizeOf(Mp4Box moov, int id)
    {
        foreach (var trak in moov.Children())
        {
            if (!trak.Is("trak") || trak.Child("tkhd") is not { } tkhd || Mp4Track.ReadId(tkhd) != id)
                continue;
            var stsd = trak.Child("mdia")?.Child("minf")?.Child("stbl")?.Child("stsd");
            if (stsd?.Children(8) is not [var entry, ..])
                break;
            var reader = new ByteReader(entry.Body.Span);
            reader.Skip(24);
            return (reader.U16(), reader.U16());
        }

        return (0, 0);
    }
}
