namespace Tandem.Operations.Load;

/// <summary>Names a chunk: its bytes are the same for all viewers.</summary>
internal readonly record struct ChunkName(byte Kind, byte Track, ushort Rendition, uint Generation, ulong Sequence);

/// <summary>What all viewers of a run share.</summary>
internal sealed record LoadServices(LoadOptions Options, LoadTarget Target, RunClock Clock)
{
    private const int NamesHeld = 8192;

    /// <summary>The server's clock.</summary>
    public ClockOffset Offset { get; } = new();

    /// <summary>Faults in words.</summary>
    public FaultLog Faults { get; } = new(Clock);

    /// <summary>What chunks hold.</summary>
    public ContentTable<ChunkName> Chunks { get; } = new(NamesHeld);

    /// <summary>What segments hold, by address and range.</summary>
    public ContentTable<string> Segments { get; } = new(NamesHeld);
}
