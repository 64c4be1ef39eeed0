using System.Buffers.Binary;

namespace Tandem.Media.Demux;

/// <summary>How a stream of sound marks its frames.</summary>
internal enum FrameSyntax
{
    /// <summary>AAC with ADTS headers (ISO/IEC 14496-3, 1.A.2).</summary>
    Adts,

    /// <summary>MPEG audio layers 1 to 3 (ISO/IEC 11172-3, 13818-3).</summary>
    MpegAudio,

    /// <summary>AC-3 and E-AC-3 (ETSI TS 102 366).</summary>
    Ac3,

    /// <summary>AAC in LATM with LOAS sync (ISO/IEC 14496-3, 1.7); see <see cref="LatmFramer"/>.</summary>
    Latm,

    /// <summary>Opus behind control headers; see <see cref="OpusHeader"/>.</summary>
    Opus,
}

/// <summary>Whether bytes begin with a frame header.</summary>
internal enum HeaderMatch
{
    /// <summary>They do not.</summary>
    No,

    /// <summary>They may, but are too few.</summary>
    Short,

    /// <summary>They do.</summary>
    Yes,
}

/// <summary>A frame's header.</summary>
/// <param name="Codec">FFmpeg's name of the codec.</param>
/// <param name="Length">Bytes of the whole frame.</param>
/// <param name="HeaderLength">Bytes of it that are transport and not part of what a decoder of bare frames wants.</param>
/// <param name="Samples">Samples a channel; 0 for a frame that only adds to the one before it.</param>
/// <param name="SampleRate">Hz.</param>
/// <param name="Channels">0 where told elsewhere.</param>
/// <param name="Identity">Equal for all frames of one unchanged stream.</param>
/// <param name="Configuration">The header's two bytes of AudioSpecificConfig, as a number; 0 for codecs other than AAC.</param>
internal readonly record struct FrameHeader(
    string Codec, int Length, int HeaderLength, int Samples, int SampleRate, int Channels, int Identity, int Configuration)
{
    /// <summary>Reads a header.</summary>
    public static HeaderMatch Read(FrameSyntax syntax, ReadOnlySpan<byte> bytes, out FrameHeader header) => syntax switch
    {
        FrameSyntax.Adts => ReadAdts(bytes, out header),
        FrameSyntax.MpegAudio => MpegAudioHeader.Read(bytes, out header),
        FrameSyntax.Opus => OpusHeader.Read(bytes, out header),
        FrameSyntax.Ac3 => Ac3Header.Read(bytes, out header),
        _ => throw new ArgumentOutOfRangeException(nameof(syntax), syntax, null),
    };

    private static HeaderMatch ReadAdts(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if ((bytes.Length > 0 && bytes[0] != 0xFF) || (bytes.Length > 1 && (bytes[1] & 0xF6) != 0xF0))
            return HeaderMatch.No;
        if (bytes.Length < 7)
            return HeaderMatch.Short;
        var noCrc = (bytes[1] & 1) != 0;
        var objectType = (bytes[2] >> 6) + 1;
        var rateIndex = (bytes[2] >> 2) & 15;
        var channels = ((bytes[2] & 1) << 2) | (bytes[3] >> 6);
        var length = ((bytes[3] & 3) << 11) | (bytes[4] << 3) | (bytes[5] >> 5);
        var blocks = (bytes[6] & 3) + 1;
        var headerLength = noCrc ? 7 : 9;
        var rate = AudioSpecificConfig.Rate(rateIndex);
        if (rate == 0 || length <= headerLength)
            return HeaderMatch.No;
        var identity = (bytes[1] << 16) | ((bytes[2] & 0xFD) << 8) | (bytes[3] & 0xC0);
        header = new FrameHeader(
            "aac",
            length,
            headerLength,
            1024 * blocks,
            rate,
            AudioSpecificConfig.ChannelCount(channels),
            identity,
            BinaryPrimitives.ReadUInt16BigEndian(AudioSpecificConfig.Write(objectType, rateIndex, channels)));
        return HeaderMatch.Yes;
    }
}
