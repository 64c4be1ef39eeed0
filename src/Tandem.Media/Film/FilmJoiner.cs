using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>Joins sources and packets that are handed in to one film, in order of time. Runs in the child process.</summary>
internal sealed unsafe class FilmJoiner(List<FilmReader> readers, FilmPlan plan)
{
    private const long EachBytes = 8 << 20;

    private readonly Dictionary<(int Source, int Stream), int> _copied = [];
    private readonly bool[] _ended = new bool[readers.Count];
    private readonly bool[] _waiting = new bool[readers.Count];
    private (int Track, long Start, long Length, byte[] Data)? _own;
    private bool _ownEnded;
    private long _told;

    /// <summary>Does it; returns the process's exit code.</summary>
    public int Run()
    {
        using var writer = new FilmWriter(plan.Container, Put);
        for (var track = 0; track < plan.Tracks.Count; track++)
        {
            switch (plan.Tracks[track])
            {
                case CopiedTrack copied:
                    if (copied.Source >= readers.Count || readers[copied.Source].Stream(copied.Stream) is var stream && stream is null)
                        return FilmProcess.Fail("a stream is not there any more: the file has changed");
                    writer.Add(copied, readers[copied.Source].Stream(copied.Stream));
                    _copied[(copied.Source, copied.Stream)] = track;
                    break;
                case VoiceTrack voice:
                    writer.Add(voice);
                    break;
                case CaptionsTrack captions:
                    writer.Add(captions);
                    break;
            }
        }

        var result = writer.Begin();
        if (result >= 0)
            result = WriteAll(writer);
        if (result >= 0)
            result = writer.End();
        if (result < 0)
            return FilmProcess.Fail(AvError.Text(result));
        FilmProcess.Begin(FilmMessage.Done).I64(0);
        FilmProcess.Send();
        return 0;
    }

    private static void Put(long position, ReadOnlySpan<byte> bytes)
    {
        var wire = FilmProcess.Begin(FilmMessage.Bytes);
        wire.I64(position);
        wire.Bytes(bytes);
        FilmProcess.Send();
    }

    private int WriteAll(FilmWriter writer)
    {
        while (true)
        {
            var result = Earliest(out var source, out var time);
            if (result < 0)
                return result;
            while (result >= 0 && TakeOwn() is { } own && (source < 0 || own.Start <= time))
            {
                result = writer.Write(own.Track, own.Start, own.Length, own.Data);
                _own = null;
            }

            if (result < 0 || source < 0)
                return result;
            var packet = readers[source].Packet;
            var stream = readers[source].Stream(packet->stream_index);
            result = writer.Write(_copied[(source, packet->stream_index)], packet, stream, plan.Starts[source]);
            _waiting[source] = false;
            if (result < 0)
                return result;
        }
    }

    /// <summary>The source whose next packet comes first, and its time, 48 kHz; −1 where all have ended.</summary>
    private int Earliest(out int source, out long time)
    {
        (source, time) = (-1, long.MaxValue);
        for (var i = 0; i < readers.Count; i++)
        {
            var result = Fetch(i);
            if (result < 0)
                return result;
            if (_ended[i])
                continue;
            var next = TimeOf(i);
            if (source < 0 || next < time)
                (source, time) = (i, next);
        }

        return 0;
    }

    private int Fetch(int source)
    {
        var reader = readers[source];
        while (!_ended[source] && !_waiting[source])
        {
            switch (reader.Next())
            {
                case null:
                    _ended[source] = true;
                    break;
                case < 0 and var error:
                    return error;
                default:
                    _waiting[source] = reader.Packet->size > 0 && _copied.ContainsKey((source, reader.Packet->stream_index));
                    break;
            }

            if (Math.Abs(reader.Position - _told) > EachBytes)
            {
                _told = reader.Position;
                FilmProcess.Progress(reader);
            }
        }

        return 0;
    }

    private long TimeOf(int source)
    {
        var packet = readers[source].Packet;
        var time = packet->dts != LibAvUtil.NoTime ? packet->dts : packet->pts;
        if (time == LibAvUtil.NoTime)
            return long.MinValue;
        var ticks = FilmReader.Ticks(time, readers[source].Stream(packet->stream_index)->time_base) - plan.Starts[source];
        return FilmReader.Rescale(ticks, AacEncoder.SampleRate, FilmReader.Rate);
    }

    private (int Track, long Start, long Length, byte[] Data)? TakeOwn()
    {
        if (_own is not null || _ownEnded)
            return _own;
        var (kind, body) = FilmProcess.Receive();
        if (kind != FilmMessage.Packet)
        {
            _ownEnded = true;
            return null;
        }

        var wire = new WireReader(body);
        _own = (wire.Bounded(0, plan.Tracks.Count - 1), wire.I64(), wire.I64(), wire.Bytes(body.Length).ToArray());
        return _own;
    }
}
