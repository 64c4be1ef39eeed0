using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>Sound codecs that Tandem packages.</summary>
public enum SoundCodec
{
    /// <summary>AAC in any profile (ISO/IEC 14496-3).</summary>
    Aac,

    /// <summary>MPEG-1 or MPEG-2 audio layer II.</summary>
    MpegLayer2,

    /// <summary>MPEG-1 or MPEG-2 audio layer III.</summary>
    MpegLayer3,

    /// <summary>AC-3 (ETSI TS 102 366).</summary>
    Ac3,

    /// <summary>Enhanced AC-3 (ETSI TS 102 366, annex E).</summary>
    EnhancedAc3,

    /// <summary>Opus (RFC 6716); fragmented MP4 only.</summary>
    Opus,
}

/// <summary>What a packager needs to know of a sound, whatever container it goes into.</summary>
/// <param name="Codec">The codec.</param>
/// <param name="SampleRate">Rate the frames are counted at: of HE-AAC the core rate, Hz.</param>
/// <param name="Channels">Channels of the core.</param>
/// <param name="Config">
/// AAC: AudioSpecificConfig. AC-3 and Enhanced AC-3: content of <c>dac3</c> and <c>dec3</c>. Opus: content of <c>dOps</c>. Otherwise empty.
/// </param>
/// <param name="FrameSamples">Samples a channel of an ordinary frame, at <paramref name="SampleRate"/>.</param>
/// <param name="CodecsTag">RFC 6381 name as MPEG-TS and packed audio sources write it, such as <c>mp4a.40.2</c>.</param>
public sealed record SoundFormat(
    SoundCodec Codec, int SampleRate, int Channels, ReadOnlyMemory<byte> Config, int FrameSamples, string CodecsTag)
{
    /// <summary>AAC-LC as Tandem encodes it.</summary>
    /// <param name="sampleRate">One of the rates of ISO/IEC 14496-3, table 1.18.</param>
    /// <param name="channels">1 or 2.</param>
    public static SoundFormat AacLc(int sampleRate, int channels) =>
        new(SoundCodec.Aac, sampleRate, channels, AudioSpecificConfig.LowComplexity(sampleRate, channels), 1024, "mp4a.40.2");

    /// <summary>The format of frames that a worker found, or null where they cannot be packaged. Nothing in them is trusted.</summary>
    /// <param name="sound">As the worker answered.</param>
    /// <param name="codecsTag">What the worker knows beyond the configuration, such as SBR that is signalled in the frames only.</param>
    public static SoundFormat? Of(CodedSound sound, string? codecsTag = null)
    {
        if (sound.SampleRate is < 7350 or > 96_000 || sound.Channels is < 1 or > 8)
            return null;
        var first = sound.Frames.Count > 0 ? sound.Frames[0].Data.Span : [];
        return sound.Codec switch
        {
            "aac" => OfAac(sound, codecsTag),
            "mp2" => OfMpegAudio(sound, SoundCodec.MpegLayer2, 1152, "mp4a.40.33"),
            "mp3" => OfMpegAudio(sound, SoundCodec.MpegLayer3, sound.SampleRate >= 32_000 ? 1152 : 576, "mp4a.40.34"),
            "ac3" => DolbyHeader.Ac3(first) is { } header
                ? new SoundFormat(SoundCodec.Ac3, sound.SampleRate, sound.Channels, header.Config, header.Samples, "ac-3") : null,
            "eac3" => DolbyHeader.EnhancedAc3(first) is { } header
                ? new SoundFormat(SoundCodec.EnhancedAc3, sound.SampleRate, sound.Channels, header.Config, header.Samples, "ec-3") : null,
            "opus" => OpusConfig.Of(sound.AudioSpecificConfig.Span) is { } config
                ? new SoundFormat(SoundCodec.Opus, 48_000, sound.Channels, config, 960, "opus") : null,
            _ => null,
        };
    }

    private static SoundFormat? OfAac(CodedSound sound, string? codecsTag)
    {
        var bytes = sound.AudioSpecificConfig.IsEmpty
            ? AudioSpecificConfig.LowComplexity(sound.SampleRate, sound.Channels)
            : sound.AudioSpecificConfig.ToArray();
        if (AudioSpecificConfig.Parse(bytes) is not { } config || config.SampleRate != sound.SampleRate)
            return null;
        var tag = codecsTag?.StartsWith("mp4a.40.", StringComparison.Ordinal) == true ? codecsTag : config.CodecsTag;
        return new SoundFormat(SoundCodec.Aac, config.SampleRate, sound.Channels, bytes, config.FrameSamples, tag);
    }

    private static SoundFormat OfMpegAudio(CodedSound sound, SoundCodec codec, int samples, string tag) =>
        new(codec, sound.SampleRate, sound.Channels, ReadOnlyMemory<byte>.Empty, samples, tag);
}
