using System.Buffers.Binary;

namespace Tandem.Operations.Load;

/// <summary>What one <c>traf</c> of a <c>moof</c> says.</summary>
/// <param name="Track">Its track's number.</param>
/// <param name="Time">Of its first sample (<c>tfdt</c>), ticks.</param>
/// <param name="Duration">Of all samples, ticks.</param>
/// <param name="Bytes">Of all samples.</param>
/// <param name="Samples">How many.</param>
internal readonly record struct Mp4Run(uint Track, long Time, long Duration, long Bytes, int Samples);

/// <summary>Reads <c>moof</c>.</summary>
internal static class Mp4Fragment
{
    /// <summary>Reads its body.</summary>
    /// <param name="moof">The body.</param>
    /// <param name="init">The track's defaults; null where the init segment is not known.</param>
    /// <param name="runs">What it says.</param>
    /// <returns>What is wrong with it, one line; null for nothing.</returns>
    public static string? Read(ReadOnlySpan<byte> moof, Mp4Init? init, List<Mp4Run> runs)
    {
        if (Boxes.Find(moof, "mfhd") is null)
            return "moof without mfhd";
        var found = 0;
        for (var at = 0; Boxes.Next(moof, ref at) is { } box; found++)
        {
            if (box.Is("traf"u8) && ReadTrack(moof[box.Start..box.End], init, runs) is { } fault)
                return fault;
            if (found > 64)
                return "moof of more than 64 boxes";
        }

        return runs.Count == 0 ? "moof without traf" : null;
    }

    private static string? ReadTrack(ReadOnlySpan<byte> traf, Mp4Init? init, List<Mp4Run> runs)
    {
        if (Boxes.Find(traf, "tfhd") is not { } head || head.Length(traf) < 8)
            return "traf without tfhd";
        if (Boxes.Find(traf, "tfdt") is not { } time || time.Length(traf) < 8)
            return "traf without tfdt";
        var flags = head.U32(traf, 0) & 0xFFFFFF;
        var id = head.U32(traf, 4);
        var track = init?.Tracks.FirstOrDefault(known => known.Id == id);
        if (init is not null && track is null)
            return $"track {id} is not in the init segment";
        var (duration, size) = (track?.Duration ?? 0, track?.Size ?? 0);
        var offset = 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0);
        if ((flags & 8) != 0)
        {
            duration = head.U32(traf, offset);
            offset += 4;
        }

        if ((flags & 0x10) != 0)
            size = head.U32(traf, offset);
        var wide = traf[time.Start] == 1;
        if (wide && time.Length(traf) < 12)
            return "tfdt that is too short";
        var decode = wide ? BinaryPrimitives.ReadInt64BigEndian(traf[(time.Start + 4)..]) : time.U32(traf, 4);
        var run = new Mp4Run(id, decode, 0, 0, 0);
        for (var at = 0; Boxes.Next(traf, ref at) is { } box;)
        {
            if (box.Is("trun"u8) && Add(traf[box.Start..box.End], duration, size, ref run) is { } fault)
                return fault;
        }

        if (run.Samples == 0)
            return "traf without samples";
        runs.Add(run);
        return null;
    }

    private static string? Add(ReadOnlySpan<byte> trun, uint duration, uint size, ref Mp4Run run)
    {
        if (trun.Length < 8)
            return "trun that is too short";
        var flags = BinaryPrimitives.ReadUInt32BigEndian(trun) & 0xFFFFFF;
        var count = BinaryPrimitives.ReadUInt32BigEndian(trun[4..]);
        var at = 8 + ((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0);
        var each = 4 * System.Numerics.BitOperations.PopCount(flags & 0xF00);
        if (count > 100_000 || at + ((long)each * count) > trun.Length)
            return $"trun of {count} samples in {trun.Length} bytes";
        var (sumDuration, sumSize) = (run.Duration, run.Bytes);
        for (var index = 0; index < count; index++)
        {
            var field = at + (index * each);
            sumDuration += (flags & 0x100) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(trun[field..]) : duration;
            field += (flags & 0x100) != 0 ? 4 : 0;
            sumSize += (flags & 0x200) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(trun[field..]) : size;
        }

        run = run with { Duration = sumDuration, Bytes = sumSize, Samples = run.Samples + (int)count };
        return null;
    }
}
