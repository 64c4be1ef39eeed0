using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>What one segment of a transport stream leaves to the next: counters, and tables for a segment that has none.</summary>
internal static class TsMemory
{
    private const int CrcLength = 4;
    private const int LargestSection = 1024;
    private const int MostCounters = 256;

    /// <summary>Writes it.</summary>
    public static byte[] Write(TsTables tables, TsCounters counters)
    {
        var wire = new WireWriter();
        wire.Begin(default);
        wire.Bytes(tables.Pat.AsSpan(0, Math.Max(0, tables.Pat.Length - CrcLength)));
        wire.Bytes(tables.Programme?.Source);
        var live = counters.Written.Where(entry => tables.Follows(entry.Pid) || tables.Programme?.Keeps(entry.Pid) == true).Take(MostCounters).ToList();
        wire.I32(live.Count);
        foreach (var (pid, counter) in live)
            wire.I32((pid << 4) | counter);
        return wire.End()[WireWriter.HeaderLength..].ToArray();
    }

    /// <summary>Reads it; what makes no sense is as if nothing were remembered.</summary>
    public static void Read(ReadOnlySpan<byte> memory, TsTables tables, TsCounters counters)
    {
        try
        {
            var wire = new WireReader(memory);
            if (wire.AtEnd)
                return;
            tables.Restore(wire.Bytes(LargestSection), wire.Bytes(LargestSection));
            for (var left = wire.Bounded(0, MostCounters); left > 0; left--)
            {
                var entry = wire.Bounded(0, (0x1FFF << 4) | 15);
                counters.Restore(entry >> 4, entry);
            }
        }
        catch (WireException)
        {
            // It came from a process that may have been taken over.
        }
    }
}
