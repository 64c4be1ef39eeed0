namespace Tandem.Media.Demux;

/// <summary>Finds the packets of a transport stream: 188 bytes each, with 4 in front of each or 16 behind it in some recordings.</summary>
internal static class TsSync
{
    /// <summary>Bytes from packet to packet; 0 where the bytes are no packets.</summary>
    /// <param name="data">Bytes.</param>
    /// <param name="first">Where the first packet begins.</param>
    public static int Stride(ReadOnlySpan<byte> data, out int first)
    {
        first = 0;

        // Three in a row where there are three; a byte or two of rubbish in front is forgiven.
        foreach (var stride in (ReadOnlySpan<int>)[188, 192, 204])
        {
            for (first = 0; first < Math.Min(stride, data.Length - TsPacket.Size + 1); first++)
            {
                if (data[first] == TsPacket.Sync && IsSync(data, first + stride) && IsSync(data, first + (2 * stride)))
                    return stride;
            }
        }

        return 0;
    }

    /// <summary>The next place from <paramref name="at"/> on where a packet begins; the end of the bytes where there is none.</summary>
    public static int Next(ReadOnlySpan<byte> data, int at, int stride)
    {
        while (at < data.Length)
        {
            var next = data[at..].IndexOf(TsPacket.Sync);
            if (next < 0)
                break;
            at += next;
            if (IsSync(data, at + stride))
                return at;
            at++;
        }

        return data.Length;
    }

    private static bool IsSync(ReadOnlySpan<byte> data, int at) => at >= data.Length || data[at] == TsPacket.Sync;
}
