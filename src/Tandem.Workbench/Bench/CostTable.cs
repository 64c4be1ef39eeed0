namespace Tandem.Workbench.Bench;

/// <summary>
/// What a channel, a language and a viewer cost on the machine of the run: a line through the CPU of the smallest and the largest number
/// of languages. Engines are not in it, nor is fetching, which is network above all.
/// </summary>
/// <param name="Channel">One channel without any language: worker, time line, original, playlists.</param>
/// <param name="Language">One more language.</param>
/// <param name="Viewer">One more viewer of HLS in reference mode: the voice, without the picture, which the source's CDN serves.</param>
public sealed record CostTable(ChannelCost Channel, LanguageCost Language, ViewerCost Viewer)
{
    internal static CostTable? Of(IReadOnlyList<CpuResult> cpu, double sourceBytes)
    {
        if (cpu.Count < 2)
            return null;
        var (few, many) = (cpu[0], cpu[^1]);
        var seconds = BenchMaterial.Duration.TotalSeconds;
        var language = (many.TandemMsPerSegment - few.TandemMsPerSegment) / (many.Languages - few.Languages) / 1000 / seconds;
        var channel = Math.Max(0, (few.TandemMsPerSegment / 1000 / seconds) - (few.Languages * language));
        var held = Math.Max(0, (many.ServerMemoryBytes - few.ServerMemoryBytes) / (double)(many.Languages - few.Languages));
        return new CostTable(
            new ChannelCost(channel, few.WorkerMemoryBytes + Math.Max(0, few.ServerMemoryBytes - (few.Languages * held)), sourceBytes * 8 / seconds),
            new LanguageCost(language, held),
            new ViewerCost(few.VoiceBytesPerSecond * 8));
    }
}

/// <summary>A channel's.</summary>
/// <param name="CpuCoreSecondsPerSecond">Of one core.</param>
/// <param name="MemoryBytes">Of its media worker and of the server (Pss).</param>
/// <param name="SourceBitsPerSecond">What is fetched of the source: the bench's own is 3 Mbit/s.</param>
public sealed record ChannelCost(double CpuCoreSecondsPerSecond, double MemoryBytes, double SourceBitsPerSecond);

/// <summary>A language's.</summary>
/// <param name="CpuCoreSecondsPerSecond">Of one core.</param>
/// <param name="MemoryBytes">Of the server (Pss), with what it holds for viewers of a window of 12 s.</param>
public sealed record LanguageCost(double CpuCoreSecondsPerSecond, double MemoryBytes);

/// <summary>A viewer's.</summary>
/// <param name="VoiceBitsPerSecond">Segments of the voice as they are published.</param>
public sealed record ViewerCost(double VoiceBitsPerSecond);
