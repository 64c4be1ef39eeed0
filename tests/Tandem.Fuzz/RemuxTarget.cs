using Tandem.Media.Remux;
using Tandem.Media.Worker;

namespace Tandem.Fuzz;

/// <summary>
/// Segments whose sound is taken out, as the worker's child does it, with both halves of the wire. Three times: new, with what the child
/// remembered, and with a memory that is not its own.
/// </summary>
internal static class RemuxTarget
{
    /// <summary>Remuxes one input, which is laid out as <see cref="FuzzTargets.Request"/> says.</summary>
    public static void Run(byte[] bytes)
    {
        var parts = FuzzTargets.Request(bytes, continues: false);
        var memory = Once(parts.Data, parts.Init, []);
        Once(parts.Data, parts.Init, memory);
        if (parts.Init.Length <= WireRemux.LargestMemory)
            Once(parts.Data, default, parts.Init.Span);
    }

    private static byte[] Once(ReadOnlyMemory<byte> segment, ReadOnlyMemory<byte> initialisation, ReadOnlySpan<byte> kept)
    {
        // The child's half: it writes over what it gets.
        var request = new RemuxRequest(segment, initialisation, 0, kept.Length > 0);
        byte[] message = [.. WireRemux.Head(1, request, kept).AsSpan(WireWriter.HeaderLength), .. segment.Span];
        var (data, init, memory) = WireRemux.ReadRequest(message);
        var result = Remuxer.Remux(data, init, memory);
        if (result.Segment is null == result.Fault is null)
            throw new InvalidOperationException("both a segment and a fault, or neither");

        // The parent's half.
        byte[] answer =
        [
            .. WireRemux.Head(1, result).AsSpan(WireWriter.HeaderLength), .. (result.Segment?.Pieces ?? []).SelectMany(piece => piece.ToArray()),
        ];
        var (_, read) = WireRemux.ReadOutcome(answer);
        if (WireRemux.Resolve(read, request) is null)
            throw new InvalidOperationException($"{segment.Length} bytes became {read.Outcome.Segment?.Data.Length}, init {read.Outcome.Segment?.Init.Length}");
        return read.Memory;
    }
}
