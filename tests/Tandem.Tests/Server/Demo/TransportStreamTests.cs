using System.Collections.Immutable;
using CsCheck;
using Tandem.Server.Demo;
using Xunit;

namespace Tandem.Tests.Server.Demo;

/// <summary>Times and counters of MPEG-TS packets, moved by whole rounds.</summary>
public sealed class TransportStreamTests
{
    private const long Range = 1L << 33;

    [Fact]
    public void Times_and_counters_move_and_nothing_else_does() =>
        Gen.Select(Gen.Long[0, Range - 1], Gen.Long[0, Range - 1], Gen.Long[0, 40_000_000], Gen.Int[0, 15]).Sample((pts, pcr, rounds, count) =>
        {
            const long Length = 8_640_000;
            var packet = Packet(pts, pcr, 9);
            TransportStream.Shift(packet, rounds, Length, ImmutableDictionary<int, int>.Empty.Add(256, count));
            var expected = Packet(
                (long)(((Int128)rounds * Length + pts) % Range), (long)(((Int128)rounds * Length + pcr) % Range), (int)((9 + rounds * count) % 16));
            Assert.Equal(expected, packet);
        });

    [Fact]
    public void Packets_with_payload_are_counted_modulo_16_by_pid()
    {
        var counts = TransportStream.CountPackets(Enumerable.Repeat(Packet(0, 0, 0), 18));
        Assert.Equal(2, counts[256]);
    }

    /// <summary>A packet of PID 256 with PCR and the start of a PES packet with PTS and DTS.</summary>
    private static byte[] Packet(long pts, long pcr, int counter)
    {
        var packet = new byte[188];
        Array.Fill(packet, (byte)0xA5);
        packet[0] = 0x47;
        packet[1] = 0x41;
        packet[2] = 0x00;
        packet[3] = (byte)(0x30 | counter);
        packet[4] = 7;
        packet[5] = 0x10;
        for (var i = 0; i < 4; i++)
        {
            packet[6 + i] = (byte)(pcr >> (25 - 8 * i));
        }

        packet[10] = (byte)((pcr & 1) << 7 | 0x7E);
        byte[] pes = [0, 0, 1, 0xE0, 0, 0, 0x80, 0xC0, 10];
        pes.CopyTo(packet, 12);
        Time(packet.AsSpan(21), 3, pts);
        Time(packet.AsSpan(26), 1, pts);
        return packet;
    }

    private static void Time(Span<byte> at, int mark, long time)
    {
        at[0] = (byte)(mark << 4 | (int)(time >> 30) << 1 | 1);
        at[1] = (byte)(time >> 22);
        at[2] = (byte)((time >> 15) << 1 | 1);
        at[3] = (byte)(time >> 7);
        at[4] = (byte)(time << 1 | 1);
    }
}
