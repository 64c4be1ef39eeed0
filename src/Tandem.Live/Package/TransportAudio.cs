using System.Buffers.Binary;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>
/// Writes MPEG-TS segments that hold one AAC stream and nothing else (ISO/IEC 13818-1), for voices beside renditions of the source that are
/// of this kind. Continuity counters go on from segment to segment, or players take the cut for loss. Not safe for concurrent use.
/// </summary>
internal sealed class TransportAudio
{
    private const int PacketBytes = 188;
    private const int MapPid = 0x1000;
    private const int SoundPid = 0x100;

    // A clock reference comes with each PES packet and at least every 100 ms (2.7.2): 4 frames are 85 ms at 48 kHz.
    private const int FramesAPes = 4;

    // The clock runs this far before what it belongs to, as multiplexers do to leave the decoder time.
    private const long Lead = MediaTime.Rate / 10;

    private static readonly byte[] _association = Section([0x00, 0xb0, 0x0d, 0x00, 0x01, 0xc1, 0x00, 0x00, 0x00, 0x01, 0xe0 | (MapPid >> 8), MapPid & 0xff]);

    // One stream of type 0x0f, AAC with ADTS headers, which carries the clock too.
    private static readonly byte[] _map = Section(
    [
        0x02, 0xb0, 0x12, 0x00, 0x01, 0xc1, 0x00, 0x00, 0xe0 | (SoundPid >> 8), SoundPid & 0xff, 0xf0, 0x00,
        0x0f, 0xe0 | (SoundPid >> 8), SoundPid & 0xff, 0xf0, 0x00,
    ]);

    private int _associations;
    private int _maps;
    private int _packets;

    /// <summary>Writes a segment.</summary>
    /// <param name="format">AAC that <see cref="PackedAudio.CanCarry"/> accepts.</param>
    /// <param name="start">Time of the first frame; written with 33 bits.</param>
    /// <param name="frames">Raw frames, contiguous.</param>
    public byte[] Segment(SoundFormat format, MediaTime start, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        using var segment = new MemoryStream();
        WritePackets(segment, 0, _association, null, ref _associations);
        WritePackets(segment, MapPid, _map, null, ref _maps);
        for (var first = 0; first < frames.Count; first += FramesAPes)
        {
            var ticks = start.Ticks + ((long)first * format.FrameSamples * MediaTime.Rate / format.SampleRate);
            var data = PackedAudio.Frames(format, [.. frames.Skip(first).Take(FramesAPes)]);
            WritePackets(segment, SoundPid, Pes(new MediaTime(start.Epoch, ticks), data), new MediaTime(start.Epoch, ticks - Lead), ref _packets);
        }

        return segment.ToArray();
    }

    private static byte[] Pes(MediaTime time, byte[] data)
    {
        const int headerBytes = 14;
        var pes = new byte[headerBytes + data.Length];
        ReadOnlySpan<byte> header = [0x00, 0x00, 0x01, 0xc0, 0x00, 0x00, 0x84, 0x80, 0x05];
        header.CopyTo(pes);
        BinaryPrimitives.WriteUInt16BigEndian(pes.AsSpan(4), (ushort)(pes.Length - 6));
        var stamp = time.Wrapped;
        pes[9] = (byte)(0x21 | ((stamp >> 29) & 0x0e));
        BinaryPrimitives.WriteUInt16BigEndian(pes.AsSpan(10), (ushort)(((stamp >> 14) & 0xfffe) | 1));
        BinaryPrimitives.WriteUInt16BigEndian(pes.AsSpan(12), (ushort)(((stamp << 1) & 0xfffe) | 1));
        data.CopyTo(pes, headerBytes);
        return pes;
    }

    private static void WritePackets(Stream into, int pid, ReadOnlySpan<byte> payload, MediaTime? clock, ref int counter)
    {
        Span<byte> packet = stackalloc byte[PacketBytes];
        for (var starts = true; !payload.IsEmpty; starts = false)
        {
            packet.Fill(0xff);
            packet[0] = 0x47;
            packet[1] = (byte)((starts ? 0x40 : 0) | (pid >> 8));
            packet[2] = (byte)pid;
            var head = starts && clock is not null ? 12 : 4;

            // Tables are filled up behind their end, PES packets before their beginning.
            var room = PacketBytes - head;
            var isTable = pid != SoundPid;
            var adapted = head > 4 || (payload.Length < room && !isTable);
            var count = Math.Min(payload.Length, room);
            packet[3] = (byte)((adapted ? 0x30 : 0x10) | (counter++ & 0x0f));
            if (adapted)
                WriteAdaptation(packet[4..], PacketBytes - 4 - count, starts ? clock : null);
            payload[..count].CopyTo(packet[(isTable ? head : PacketBytes - count)..]);
            into.Write(packet);
            payload = payload[count..];
        }
    }

    /// <summary>A field of <paramref name="length"/> bytes in all, with the clock if there is one (2.4.3.4); the rest is stuffing.</summary>
    private static void WriteAdaptation(Span<byte> into, int length, MediaTime? clock)
    {
        into[0] = (byte)(length - 1);
        if (length < 2)
            return;
        into[1] = 0;
        if (clock is not { } time)
            return;
        into[1] = 0x50;
        BinaryPrimitives.WriteUInt32BigEndian(into[2..], (uint)(time.Wrapped >> 1));
        BinaryPrimitives.WriteUInt16BigEndian(into[6..], (ushort)(((time.Wrapped & 1) << 15) | 0x7e00));
    }

    /// <summary>A table's section with pointer field and CRC (annex A).</summary>
    private static byte[] Section(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= (uint)value << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc << 1) ^ ((crc & 0x8000_0000) != 0 ? 0x04c1_1db7u : 0);
        }

        var section = new byte[1 + content.Length + 4];
        content.CopyTo(section.AsSpan(1));
        BinaryPrimitives.WriteUInt32BigEndian(section.AsSpan(1 + content.Length), crc);
        return section;
    }
}
