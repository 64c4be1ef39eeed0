using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>What a PMT's stream type and descriptors say of an elementary stream.</summary>
/// <param name="Kind">What it carries.</param>
/// <param name="Codec">FFmpeg's name of the codec.</param>
/// <param name="Syntax">How its sound is framed; null where Tandem does not cut it.</param>
/// <param name="Encrypted">Whether the type says SAMPLE-AES.</param>
internal readonly record struct TsStreamType(TrackKind Kind, string Codec, FrameSyntax? Syntax = null, bool Encrypted = false)
{
    private const byte RegistrationDescriptor = 0x05;
    private const byte Ac3Descriptor = 0x6A;
    private const byte Eac3Descriptor = 0x7A;

    /// <summary>Reads the PMT's entry.</summary>
    /// <param name="type">stream_type (ISO/IEC 13818-1, table 2-34, and what others registered).</param>
    /// <param name="descriptors">The entry's descriptors.</param>
    public static TsStreamType Of(byte type, ReadOnlySpan<byte> descriptors) => type switch
    {
        0x01 => new(TrackKind.Picture, "mpeg1video"),
        0x02 => new(TrackKind.Picture, "mpeg2video"),
        0x03 or 0x04 => new(TrackKind.Sound, "mp2", FrameSyntax.MpegAudio),
        0x06 => OfPrivate(descriptors),
        0x0F => new(TrackKind.Sound, "aac", FrameSyntax.Adts),
        0x10 => new(TrackKind.Picture, "mpeg4"),
        0x11 => new(TrackKind.Sound, "aac", FrameSyntax.Latm),
        0x15 => new(TrackKind.Other, "timed_id3"),
        0x1B => new(TrackKind.Picture, "h264"),
        0x24 => new(TrackKind.Picture, "hevc"),
        0x33 => new(TrackKind.Picture, "vvc"),
        0x81 => new(TrackKind.Sound, "ac3", FrameSyntax.Ac3),
        0x82 or 0x8A => new(TrackKind.Sound, "dts"),
        0x86 => new(TrackKind.Other, "scte_35"),
        0x87 => new(TrackKind.Sound, "eac3", FrameSyntax.Ac3),

        // Apple, MPEG-2 Stream Encryption Format for HTTP Live Streaming, stream types.
        0xC1 => new(TrackKind.Sound, "ac3", Encrypted: true),
        0xC2 => new(TrackKind.Sound, "eac3", Encrypted: true),
        0xCF => new(TrackKind.Sound, "aac", Encrypted: true),
        0xDB => new(TrackKind.Picture, "h264", Encrypted: true),
        0xD1 => new(TrackKind.Picture, "dirac"),
        0xEA => new(TrackKind.Picture, "vc1"),
        _ => new(TrackKind.Other, "unknown"),
    };

    /// <summary>The first descriptor with this tag; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Descriptor(ReadOnlySpan<byte> descriptors, byte tag)
    {
        while (descriptors.Length >= 2 && descriptors.Length >= 2 + descriptors[1])
        {
            if (descriptors[0] == tag)
                return descriptors.Slice(2, descriptors[1]);
            descriptors = descriptors[(2 + descriptors[1])..];
        }

        return [];
    }

    private static TsStreamType OfPrivate(ReadOnlySpan<byte> descriptors)
    {
        var registration = Descriptor(descriptors, RegistrationDescriptor);
        if (registration.StartsWith("AC-3"u8) || Has(descriptors, Ac3Descriptor))
            return new(TrackKind.Sound, "ac3", FrameSyntax.Ac3);
        if (registration.StartsWith("EAC3"u8) || Has(descriptors, Eac3Descriptor))
            return new(TrackKind.Sound, "eac3", FrameSyntax.Ac3);
        if (registration.StartsWith("Opus"u8))
            return new(TrackKind.Sound, "opus", FrameSyntax.Opus);
        if (registration.StartsWith("HEVC"u8))
            return new(TrackKind.Picture, "hevc");
        return new(TrackKind.Other, "unknown");
    }

    private static bool Has(ReadOnlySpan<byte> descriptors, byte tag)
    {
        while (descriptors.Length >= 2 && descriptors.Length >= 2 + descriptors[1])
        {
            if (descriptors[0] == tag)
                return true;
            descriptors = descriptors[(2 + descriptors[1])..];
        }

        return false;
    }
}
