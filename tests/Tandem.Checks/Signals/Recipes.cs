using System.Globalization;

namespace Tandem.Checks.Signals;

/// <summary>A frame rate as a fraction.</summary>
public readonly record struct FrameRate(int Frames, int Seconds)
{
    /// <summary>25 fps.</summary>
    public static FrameRate Pal { get; } = new(25, 1);

    /// <summary>29.97 fps.</summary>
    public static FrameRate Ntsc { get; } = new(30_000, 1001);

    /// <summary>50 fps.</summary>
    public static FrameRate Fifty { get; } = new(50, 1);

    /// <summary>Frames nearest to a second; a flash comes every so many.</summary>
    public int FlashFrames => (int)Math.Round(Frames / (double)Seconds);

    /// <summary>Time from flash to flash, s: exactly 1 but for NTSC rates (1.001).</summary>
    public double FlashPeriod => FlashFrames * Seconds / (double)Frames;

    /// <inheritdoc/>
    public override string ToString() => Seconds == 1 ? $"{Frames}" : $"{Frames}/{Seconds}";
}

/// <summary>Picture codecs that test material comes in.</summary>
public enum PictureCodec
{
    /// <summary>H.264.</summary>
    H264,

    /// <summary>HEVC.</summary>
    Hevc,

    /// <summary>AV1, in fMP4 alone.</summary>
    Av1,

    /// <summary>VP9, in fMP4 alone.</summary>
    Vp9,
}

/// <summary>A generated picture.</summary>
/// <param name="Rate">Frame rate.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="BitRate">bit/s.</param>
/// <param name="Flashes">One white frame each <see cref="FrameRate.FlashPeriod"/>, the first at 0; otherwise a plain picture.</param>
/// <param name="Codec">How it is coded.</param>
public sealed record PictureRecipe(
    FrameRate Rate, int Width = 320, int Height = 180, int BitRate = 200_000, bool Flashes = true, PictureCodec Codec = PictureCodec.H264)
{
    /// <summary>Of H.264: main profile, level 3.1.</summary>
    public string CodecsTag => Codec switch
    {
        PictureCodec.Hevc => "hvc1.1.6.L60.90",
        PictureCodec.Av1 => "av01.0.00M.08",
        PictureCodec.Vp9 => "vp09.00.10.08",
        _ => "avc1.4d401f",
    };
}

/// <summary>Audio codecs that test material comes in.</summary>
public enum SoundCodec
{
    /// <summary>AAC-LC.</summary>
    Aac,

    /// <summary>MPEG-1 layer II.</summary>
    Mp2,

    /// <summary>MPEG-1 layer III.</summary>
    Mp3,
}

/// <summary>Coded test sound.</summary>
/// <param name="Signal">What is heard.</param>
/// <param name="Codec">How it is coded.</param>
/// <param name="SampleRate">Hz.</param>
/// <param name="BitRate">bit/s.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="Group">GROUP-ID where it is a rendition of its own.</param>
/// <param name="Filter">An ffmpeg bitstream filter over the coded frames, such as <see cref="Damage.Jitter"/>; null for none.</param>
public sealed record SoundRecipe(
    Signal Signal,
    SoundCodec Codec = SoundCodec.Aac,
    int SampleRate = 48_000,
    int BitRate = 128_000,
    int Channels = 2,
    string Language = "en",
    string Group = "sound",
    string? Filter = null)
{
    /// <summary>RFC 6381 name.</summary>
    public string CodecsTag => Codec switch
    {
        SoundCodec.Aac => "mp4a.40.2",
        SoundCodec.Mp2 => "mp4a.40.33",
        _ => "mp4a.40.34",
    };

    /// <summary>Samples a coded frame.</summary>
    public int FrameSamples => Codec == SoundCodec.Aac ? 1024 : 1152;
}

/// <summary>Bitstream filters that damage coded sound in known ways.</summary>
public static class Damage
{
    /// <summary>Moves each frame's time by up to <paramref name="milliseconds"/> either way.</summary>
    public static string Jitter(double milliseconds, int sampleRate) =>
        string.Create(CultureInfo.InvariantCulture, $"setts=ts=TS+round((random(0)*2-1)*{milliseconds * sampleRate / 1000})");

    /// <summary>Leaves out <paramref name="frames"/> frames from <paramref name="first"/> on, and again each <paramref name="every"/>.</summary>
    public static string Holes(int first, int frames, int every) =>
        string.Create(
            CultureInfo.InvariantCulture, $"noise=amount=0:drop='gte(n,{first})*lt(mod(n-{first},{every}),{frames})'");

    /// <summary>Stretches the frames' times against their samples: the sound card of the encoder ran slow by so much.</summary>
    public static string ClockError(double partsPerMillion) =>
        string.Create(CultureInfo.InvariantCulture, $"setts=ts=round(TS*{1 + (partsPerMillion / 1e6):F9})");
}

/// <summary>A whole test programme before it is made.</summary>
/// <param name="Packing">Container.</param>
/// <param name="Pictures">One a variant.</param>
/// <param name="Sounds">Renditions, or the one sound muxed into every variant.</param>
/// <param name="Muxed">Whether the first sound is in the variants; further ones are renditions all the same.</param>
/// <param name="Seconds">Length.</param>
/// <param name="SegmentSeconds">Length of a segment, rounded to whole flash periods of frames.</param>
/// <param name="LoopSeconds">A seamless loop of this length lies between one and two times it; 0 for none.</param>
public sealed record ProgrammeRecipe(
    Packing Packing,
    IReadOnlyList<PictureRecipe> Pictures,
    IReadOnlyList<SoundRecipe> Sounds,
    bool Muxed = true,
    double Seconds = 80,
    double SegmentSeconds = 2,
    double LoopSeconds = 0)
{
    /// <summary>Names everything that shapes the material.</summary>
    public string Key =>
        $"{Packing} muxed={Muxed} {Seconds}s/{SegmentSeconds}s loop={LoopSeconds}\n{string.Join('\n', Pictures)}\n{string.Join('\n', Sounds)}";
}
