using Tandem.Media.Decode;
using Tandem.Media.Worker;

namespace Tandem.Media;

/// <summary>Decodes segments that this process packaged itself. A source's bytes never come here: they belong in the worker.</summary>
public static class OwnSound
{
    /// <summary>The sound of a segment, one entry a frame; empty where it is none. The first frame lacks the one before it.</summary>
    /// <param name="segment">Packed audio, a transport stream or CMAF.</param>
    /// <param name="init">Init segment of CMAF; empty otherwise.</param>
    public static IReadOnlyList<DecodedSound> Decode(ReadOnlyMemory<byte> segment, ReadOnlyMemory<byte> init)
    {
        using var decoder = new SegmentDecoder();
        return decoder.Decode(new DecodeRequest(segment, init, "und", Continues: false)).Segment?.Sound ?? [];
    }
}
