using Tandem.Media.Captions;
using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>
/// Takes segments of fragmented MP4 apart (ISO/IEC 14496-12, 8.8; CMAF, ISO/IEC 23000-19). Managed code, so that hostile bytes meet
/// bounds checks before they meet a decoder; of the picture it reads times only.
/// </summary>
/// <param name="captions">Whether the caption bytes of pictures are wanted, too.</param>
internal sealed class Mp4Demuxer(bool captions = false)
{
    // Far more than a segment of a minute holds; a trun may claim billions without a byte to back them.
    private const int MostSamples = 200_000;

    private readonly Dictionary<int, long> _next = [];
    private readonly Dictionary<int, ElementaryStream> _streams = [];
    private readonly Dictionary<int, PictureCaptions> _captions = [];
    private int _samples;
    private int _damaged;

    /// <summary>Whether bytes begin with a box that begins files or segments.</summary>
    public static bool Recognises(ReadOnlySpan<byte> data) =>
        data.Length >= 8
        && (data[4..8].SequenceEqual("ftyp"u8) || data[4..8].SequenceEqual("styp"u8) || data[4..8].SequenceEqual("moof"u8)
            || data[4..8].SequenceEqual("moov"u8) || data[4..8].SequenceEqual("sidx"u8) || data[4..8].SequenceEqual("emsg"u8)
            || data[4..8].SequenceEqual("prft"u8) || data[4..8].SequenceEqual("free"u8) || data[4..8].SequenceEqual("skip"u8)
            || data[4..8].SequenceEqual("uuid"u8) || data[4..8].SequenceEqual("mdat"u8));

    /// <summary>Reads a segment.</summary>
    /// <param name="init">Its init segment; may be empty where the segment has one of its own.</param>
    /// <param name="data">The segment.</param>
    /// <param name="continues">Whether it goes on where the last one ended.</param>
    /// <returns>Null where there is no track to be found.</returns>
    public Demuxed? Read(ReadOnlyMemory<byte> init, ReadOnlyMemory<byte> data, bool continues)
    {
        if (!continues)
            _next.Clear();
        _streams.Clear();
        _captions.Clear();
        _samples = 0;
        _damaged = 0;
        var tracks = Tracks(init);
        var boxes = Mp4Box.ReadAll(data, out var truncated);
        if (truncated)
            _damaged++;
        foreach (var box in boxes)
        {
            if (box.Type == Mp4Box.Name("moov") && Mp4Track.ReadAll(box) is { Count: > 0 } own)
                tracks = own;
        }

        if (tracks.Count == 0)
            return null;
        foreach (var track in tracks)
            _streams[track.Id] = Describe(track);
        foreach (var box in boxes)
        {
            if (box.Type == Mp4Box.Name("moof"))
                ReadFragment(box, tracks, data);
        }

        foreach (var (id, pictures) in _captions)
            _streams[id].Captions = pictures.End();
        return new Demuxed(Container.FragmentedMp4, [.. tracks.Select(track => _streams[track.Id]).Distinct()], _damaged);
    }

    private static List<Mp4Track> Tracks(ReadOnlyMemory<byte> init)
    {
        foreach (var box in Mp4Box.ReadAll(init, out _))
        {
            if (box.Type == Mp4Box.Name("moov"))
                return Mp4Track.ReadAll(box);
        }

        return [];
    }

    private static ElementaryStream Describe(Mp4Track track) => new(track.Id, track.Kind, track.Entry.Codec)
    {
        CodecsTag = track.Entry.CodecsTag,
        Language = track.Language,
        Encrypted = track.Entry.Encrypted,
        SampleRate = track.Entry.SampleRate,
        Channels = track.Entry.Channels,
        DecoderConfiguration = track.Entry.DecoderConfiguration,
        AudioSpecificConfig = track.Entry.AudioSpecificConfig,
    };

    private void ReadFragment(Mp4Box moof, List<Mp4Track> tracks, ReadOnlyMemory<byte> data)
    {
        var end = moof.Begin;
        foreach (var traf in moof.Children())
        {
            if (traf.Type != Mp4Box.Name("traf") || traf.Child("tfhd") is not { } tfhd)
                continue;
            var header = Mp4FragmentHeader.Read(tfhd);
            if (tracks.Find(track => track.Id == header.Track) is { } track)
                end = ReadTrackFragment(traf, header, track, moof.Begin, end, data);
        }
    }

    private int ReadTrackFragment(Mp4Box traf, Mp4FragmentHeader header, Mp4Track track, int moofBegin, int previousEnd, ReadOnlyMemory<byte> data)
    {
        var basis = header.Basis(moofBegin, previousEnd, data.Length);
        var time = _next.GetValueOrDefault(track.Id);
        if (traf.Child("tfdt") is { } tfdt)
        {
            var reader = new ByteReader(tfdt.FullBody.Span);
            time = (long)reader.Sized(tfdt.Version);
        }

        long at = basis;
        foreach (var trun in traf.Children())
        {
            if (trun.Type == Mp4Box.Name("trun"))
                ReadRun(trun, header, track, basis, data, ref time, ref at);
        }

        _next[track.Id] = time;
        return (int)Math.Clamp(at, 0, data.Length);
    }

    // 8.8.8.
    private void ReadRun(
        Mp4Box trun, Mp4FragmentHeader header, Mp4Track track, int basis, ReadOnlyMemory<byte> data, ref long time, ref long at)
    {
        var stream = _streams[track.Id];
        var reader = new ByteReader(trun.FullBody.Span);
        var count = reader.U32();
        if ((trun.Flags & 0x1) != 0)
            at = basis + reader.S32();
        if ((trun.Flags & 0x4) != 0)
            reader.U32();
        for (var i = 0u; i < count; i++)
        {
            var duration = (trun.Flags & 0x100) != 0 ? reader.U32() : header.Duration ?? track.DefaultDuration;
            var size = (trun.Flags & 0x200) != 0 ? reader.U32() : header.Size ?? track.DefaultSize;
            if ((trun.Flags & 0x400) != 0)
                reader.U32();

            // Version 0 says unsigned, but some writers mean signed: no offset reaches 2³¹.
            var offset = (trun.Flags & 0x800) != 0 ? reader.S32() : 0;
            if (reader.Overrun || ++_samples > MostSamples)
            {
                _damaged++;
                return;
            }

            var ticks = track.Ticks(unchecked(time + offset + track.Shift));
            if (track.Kind == TrackKind.Picture)
            {
                stream.Pictures.Add(ticks);
                if (duration != 0 && stream.Pictures.Latest == ticks)
                    stream.Pictures.LastDuration = track.Ticks(time + offset + track.Shift + duration) - ticks;
                if (captions && track.Entry.NalLengthSize > 0 && at >= 0 && size > 0 && at + size <= data.Length)
                    CaptionsOf(track).AddSample(data.Span.Slice((int)at, (int)size), track.Entry.NalLengthSize, ticks);
            }
            else if (at >= 0 && size > 0 && at + size <= data.Length)
            {
                stream.Frames.Add(new SoundFrame(ticks, Samples(track, duration), data.Slice((int)at, (int)size), 0));
            }
            else if (size > 0)
            {
                _damaged++;
            }

            time = unchecked(time + duration);
            at += size;
        }
    }

    private PictureCaptions CaptionsOf(Mp4Track track)
    {
        if (!_captions.TryGetValue(track.Id, out var pictures))
            _captions[track.Id] = pictures = new PictureCaptions(track.Entry.Codec == "hevc");
        return pictures;
    }

    private static int Samples(Mp4Track track, uint duration)
    {
        if (track.Entry.FrameSamples > 0)
            return track.Entry.FrameSamples;
        var rate = track.Entry.SampleRate == 0 ? track.Timescale : (uint)track.Entry.SampleRate;
        return (int)Math.Min((((ulong)duration * rate) + (track.Timescale / 2)) / track.Timescale, 65_536);
    }
}
