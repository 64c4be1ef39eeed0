using System.Buffers.Binary;

namespace Tandem.Checks.Demux;

/// <summary>Takes fragmented MP4 apart; presentation times are those after the edit list.</summary>
internal sealed class Mp4Demuxer : ISegmentDemuxer
{
    private readonly Dictionary<uint, Mp4Track> _tracks;
    private readonly Mp4Track? _picture;
    private readonly Mp4Track? _sound;
    private readonly List<TimedFrame> _pictures = [];
    private readonly List<TimedFrame> _sounds = [];
    private readonly MemoryStream? _whole;
    private int _segment = -1;

    public Mp4Demuxer(byte[] init)
    {
        var tracks = Mp4Track.ReadAll(init);
        _tracks = tracks.ToDictionary(track => track.Id);
        _picture = tracks.FirstOrDefault(track => track.Handler == "vide");
        _sound = tracks.FirstOrDefault(track => track.Handler == "soun");
        if (_picture is null or { IsAvc: true })
            return;
        _whole = new MemoryStream();
        _whole.Write(init);
    }

    public PictureStream Pictures => _whole is null ? new(_pictures) : new(_pictures, "mp4", _whole.ToArray());

    public SoundStream? Sound => _sound is { } sound ? new SoundStream("aac", sound.Timescale, 1024, _sounds) : null;

    public void Read(byte[] segment)
    {
        _segment++;
        _whole?.Write(segment);
        foreach (var moof in Mp4Box.In(segment).Where(box => box.Type == "moof"))
        {
            foreach (var traf in moof.Children(segment).Where(box => box.Type == "traf"))
                ReadTrack(segment, moof, traf);
        }
    }

    private void ReadTrack(byte[] data, Mp4Box moof, Mp4Box traf)
    {
        var head = traf.Child(data, "tfhd") ?? throw new DemuxException("A traf without tfhd");
        var flags = Word(data, head.Content) & 0xFFFFFF;
        if (!_tracks.TryGetValue(Word(data, head.Content + 4), out var track))
            return;
        var at = head.Content + 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0);
        var duration = (flags & 8) != 0 ? Word(data, at) : track.DefaultDuration;
        at += (flags & 8) != 0 ? 4 : 0;
        var size = (flags & 0x10) != 0 ? Word(data, at) : track.DefaultSize;

        var time = BaseTime(data, traf.Child(data, "tfdt") ?? throw new DemuxException("A traf without tfdt"));
        var position = moof.Start;
        foreach (var trun in traf.Children(data).Where(box => box.Type == "trun"))
            ReadRun(data, moof, trun, track, duration, size, ref time, ref position);
    }

    private void ReadRun(
        byte[] data, Mp4Box moof, Mp4Box trun, Mp4Track track, uint duration, uint size, ref long time, ref int position)
    {
        var flags = Word(data, trun.Content) & 0xFFFFFF;
        var count = Word(data, trun.Content + 4);
        var at = trun.Content + 8;
        uint Next() => Word(data, (at += 4) - 4);

        if ((flags & 1) != 0)
            position = moof.Start + (int)Next();
        if ((flags & 4) != 0)
            Next();
        for (var index = 0; index < count; index++)
        {
            var sampleDuration = (flags & 0x100) != 0 ? Next() : duration;
            var sampleSize = (int)((flags & 0x200) != 0 ? Next() : size);
            if ((flags & 0x400) != 0)
                Next();
            var composition = (flags & 0x800) != 0 ? (int)Next() : 0;
            Add(track, time + composition, data.AsMemory(position, sampleSize));
            time += sampleDuration;
            position += sampleSize;
        }
    }

    private void Add(Mp4Track track, long time, ReadOnlyMemory<byte> sample)
    {
        var seconds = track.Presentation(time);
        if (track == _picture)
            _pictures.Add(new TimedFrame(seconds, track.IsAvc ? track.AnnexB(sample.Span) : sample, _segment));
        else if (track == _sound)
            _sounds.Add(new TimedFrame(seconds, track.Adts(sample.Span), _segment));
    }

    internal static long BaseTime(byte[] data, Mp4Box tfdt) =>
        data[tfdt.Content] == 1 ? BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(tfdt.Content + 4)) : Word(data, tfdt.Content + 4);

    internal static uint Word(byte[] data, int at) => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
}
