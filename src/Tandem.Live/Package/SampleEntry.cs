namespace Tandem.Live.Package;

/// <summary>Audio sample entries of <c>stsd</c> (ISO/IEC 14496-12, 12.2.3) with each codec's own configuration box.</summary>
internal static class SampleEntry
{
    private const int MpegFourAudio = 0x40;
    private const int MpegTwoPartThree = 0x69;
    private const int MpegOnePartThree = 0x6b;

    /// <summary>Object type indication of <c>esds</c>.</summary>
    public static int ObjectTypeIndication(SoundFormat format) => format.Codec switch
    {
        SoundCodec.Aac => MpegFourAudio,
        _ => format.SampleRate >= 32_000 ? MpegOnePartThree : MpegTwoPartThree,
    };

    /// <summary>Writes the entry.</summary>
    public static void Write(BoxWriter writer, SoundFormat format) => writer.Box(TypeOf(format), () =>
    {
        writer.Zeros(6);
        writer.U16(1);
        writer.Zeros(8);
        writer.U16(format.Channels);
        writer.U16(16);
        writer.U32(0);

        // 16.16 fixed point: a rate that does not fit is left to the configuration
        writer.U32(format.SampleRate <= ushort.MaxValue ? (uint)format.SampleRate << 16 : 0);
        switch (format.Codec)
        {
            case SoundCodec.Ac3:
                writer.Box("dac3", () => writer.Bytes(format.Config.Span));
                break;
            case SoundCodec.EnhancedAc3:
                writer.Box("dec3", () => writer.Bytes(format.Config.Span));
                break;
            case SoundCodec.Opus:
                writer.Box("dOps", () => writer.Bytes(format.Config.Span));
                break;
            default:
                writer.FullBox("esds", 0, 0, () => WriteElementaryStream(writer, format));
                break;
        }
    });

    private static string TypeOf(SoundFormat format) => format.Codec switch
    {
        SoundCodec.Ac3 => "ac-3",
        SoundCodec.EnhancedAc3 => "ec-3",
        SoundCodec.Opus => "Opus",
        _ => "mp4a",
    };

    /// <summary>ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5), lengths written with four bytes as most writers do.</summary>
    private static void WriteElementaryStream(BoxWriter writer, SoundFormat format)
    {
        var config = format.Config.Length;
        var specific = config > 0 ? 5 + config : 0;
        Descriptor(writer, 0x03, 3 + 5 + 13 + specific + 5 + 1);
        writer.U16(0);
        writer.U8(0);
        Descriptor(writer, 0x04, 13 + specific);
        writer.U8(ObjectTypeIndication(format));
        writer.U8(0x15);
        writer.Zeros(3);
        writer.U32(0);
        writer.U32(0);
        if (config > 0)
        {
            Descriptor(writer, 0x05, config);
            writer.Bytes(format.Config.Span);
        }

        Descriptor(writer, 0x06, 1);
        writer.U8(0x02);
    }

    private static void Descriptor(BoxWriter writer, int tag, int length)
    {
        writer.U8(tag);
        for (var shift = 21; shift > 0; shift -= 7)
            writer.U8(0x80 | ((length >> shift) & 0x7f));
        writer.U8(length & 0x7f);
    }
}
