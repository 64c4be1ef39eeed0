namespace Tandem.Live.Package;

/// <summary>What the first frame of AC-3 or Enhanced AC-3 says of its stream (ETSI TS 102 366).</summary>
/// <param name="Samples">Samples a channel a frame.</param>
/// <param name="Config">Content of the box <c>dac3</c> or <c>dec3</c> (annex F).</param>
internal sealed record DolbyHeader(int Samples, byte[] Config)
{
    private const int SyncWord = 0x0b77;

    /// <summary>Reads an AC-3 frame; null where it is none.</summary>
    public static DolbyHeader? Ac3(ReadOnlySpan<byte> frame)
    {
        var bits = new BitReader(frame);
        if (bits.Read(16) != SyncWord)
            return null;
        _ = bits.Read(16);
        var rate = bits.Read(2);
        var size = bits.Read(6);
        var id = bits.Read(5);
        var mode = bits.Read(3);
        var channels = bits.Read(3);
        if ((channels & 1) != 0 && channels != 1)
            _ = bits.Read(2);
        if ((channels & 4) != 0)
            _ = bits.Read(2);
        if (channels == 2)
            _ = bits.Read(2);
        var lfe = bits.Read(1);
        if (bits.Overrun || id > 10 || rate == 3)
            return null;

        var config = new BitWriter();
        config.Write(rate, 2);
        config.Write(id, 5);
        config.Write(mode, 3);
        config.Write(channels, 3);
        config.Write(lfe, 1);
        config.Write(size >> 1, 5);
        config.Write(0, 5);
        return new DolbyHeader(1536, config.ToArray());
    }

    /// <summary>Reads an Enhanced AC-3 frame with one independent substream and no other; null where it is none.</summary>
    public static DolbyHeader? EnhancedAc3(ReadOnlySpan<byte> frame)
    {
        var bits = new BitReader(frame);
        if (bits.Read(16) != SyncWord)
            return null;
        var type = bits.Read(2);
        _ = bits.Read(3);
        var bytes = (bits.Read(11) + 1) * 2;
        var rate = bits.Read(2);
        var blocks = bits.Read(2);
        var samples = rate == 3 ? 1536 : 256 * (blocks == 3 ? 6 : blocks + 1);
        var hertz = rate switch { 0 => 48_000, 1 => 44_100, 2 => 32_000, _ => 24_000 };
        var channels = bits.Read(3);
        var lfe = bits.Read(1);
        var id = bits.Read(5);

        // More substreams, such as the one that makes 7.1 of 5.1, would have to be told in dec3.
        if (bits.Overrun || type == 1 || id is < 11 or > 16 || frame.Length > bytes)
            return null;

        var config = new BitWriter();
        config.Write((int)Math.Min(8191, (long)bytes * 8 * hertz / samples / 1000), 13);
        config.Write(0, 3);
        config.Write(rate, 2);
        config.Write(id, 5);
        config.Write(0, 5);
        config.Write(channels, 3);
        config.Write(lfe, 1);
        config.Write(0, 8);
        return new DolbyHeader(samples, config.ToArray());
    }
}
