namespace Tandem.Live.Package;

/// <summary>Frames that decode to silence, to fill what the source lost.</summary>
internal static class SilentFrame
{
    private static readonly byte[] Mono = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];
    private static readonly byte[] Stereo = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];

    /// <summary>A silent frame that fits beside <paramref name="neighbour"/>; null where none is known.</summary>
    public static byte[]? Like(SoundFormat format, ReadOnlyMemory<byte> neighbour) => (format.Codec, format.Channels) switch
    {
        (SoundCodec.Aac, 1) => Mono,
        (SoundCodec.Aac, 2) => Stereo,
        (SoundCodec.MpegLayer2 or SoundCodec.MpegLayer3, _) when neighbour.Length > 40 => MpegAudio(neighbour.Span),
        _ => null,
    };

    /// <summary>The neighbour's header, marked as without CRC; all scale factors, allocations and lengths zero.</summary>
    private static byte[] MpegAudio(ReadOnlySpan<byte> neighbour)
    {
        var frame = new byte[neighbour.Length];
        neighbour[..4].CopyTo(frame);
        frame[1] |= 1;
        return frame;
    }
}
