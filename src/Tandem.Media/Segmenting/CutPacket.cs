using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>One coded frame on its way into a segment. Times are ticks of 90 kHz on the output's time line.</summary>
/// <param name="stream">Number of its stream in the output.</param>
/// <param name="pts">When it plays.</param>
/// <param name="dts">When it is decoded.</param>
/// <param name="duration">How long it plays; 0 where that is not known.</param>
/// <param name="key">Whether decoding can begin here.</param>
/// <param name="size">Bytes.</param>
/// <param name="data">The frame; null in tests of what does not look into it.</param>
internal sealed class CutPacket(int stream, long pts, long dts, long duration, bool key, int size, PacketHandle? data) : IDisposable
{
    public int Stream => stream;

    public long Pts => pts;

    public long Dts => dts;

    /// <summary>How long it plays; from the packet that followed where the source did not say.</summary>
    public long Duration { get; set; } = duration;

    public bool Key => key;

    public int Size => size;

    public PacketHandle? Data => data;

    /// <inheritdoc/>
    public void Dispose() => data?.Dispose();
}

/// <summary>The packets of one segment.</summary>
/// <param name="Start">When it begins, 90 kHz.</param>
/// <param name="Duration">To the next; above 0.</param>
/// <param name="Independent">Whether its picture begins with a key frame; true without picture.</param>
/// <param name="Packets">In the order in which they are decoded.</param>
internal sealed record CutSegment(long Start, long Duration, bool Independent, IReadOnlyList<CutPacket> Packets) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var packet in Packets)
            packet.Dispose();
    }
}
