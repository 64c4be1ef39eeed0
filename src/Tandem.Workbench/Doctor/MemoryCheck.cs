using Tandem.Server.Metrics;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether there is memory for the channels: of the container's limit where there is one, else of the machine.</summary>
internal static class MemoryCheck
{
    // docs/results/first-figures.md: a server with one channel 169 MiB and its worker 34; each more 57 MiB and a worker. Engines on top.
    private const long Server = 160L << 20;
    private const long Channel = 96L << 20;

    public static IReadOnlyList<Finding> Examine(DoctorOptions options)
    {
        const string Name = "memory";
        var memory = MachineMemory.Look(options.Root);
        if (memory.Bytes == 0)
            return [Finding.Warning(Name, "cannot be told: neither a control group nor /proc/meminfo says", "mount /proc")];
        var channels = Math.Max(1, options.Channels.Length);
        var needed = Server + (channels * Channel);
        var found = $"{Mebibytes(memory.Free)} of {Mebibytes(memory.Bytes)} free ({(memory.OfContainer ? "the container's limit" : "the machine")}); "
            + $"{channels} {(channels == 1 ? "channel needs" : "channels need")} about {Mebibytes(needed)}";
        var remedy = memory.OfContainer ? "raise the container's memory limit, or run fewer channels" : "take a larger machine, or run fewer channels";
        return [memory.Bytes < needed ? Finding.Failed(Name, found, remedy) : memory.Free < needed ? Finding.Warning(Name, found, remedy) : Finding.Ok(Name, found)];
    }

    private static string Mebibytes(long bytes) => $"{bytes >> 20} MiB";
}
