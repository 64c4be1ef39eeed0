using Tandem.Media.Captions;

namespace Tandem.Media.Worker;

/// <summary>A segment whose pictures' caption bytes are wanted.</summary>
/// <param name="Data">The whole segment, already decrypted.</param>
/// <param name="Init">Its init segment, already decrypted; empty where it has none.</param>
/// <param name="Continues">False where it does not go on where the last one ended.</param>
public sealed record CaptionRequest(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Init, bool Continues);

/// <summary>A segment's caption bytes in order of presentation, or the reason why there are none.</summary>
public readonly record struct CaptionOutcome(IReadOnlyList<CaptionPair>? Pairs, DecodeFault? Fault, string? Detail)
{
    /// <summary>Wraps a success; a picture without captions has no pairs.</summary>
    public static CaptionOutcome Of(IReadOnlyList<CaptionPair> pairs) => new(pairs, null, null);

    /// <summary>Wraps an expected failure; <paramref name="detail"/> is one line for people.</summary>
    public static CaptionOutcome Failed(DecodeFault fault, string detail) => new(null, fault, detail);
}
