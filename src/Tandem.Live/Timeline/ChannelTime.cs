using System.Globalization;

namespace Tandem.Live.Timeline;

/// <summary>
/// A point of channel time: continuous, never backwards, the same for every language. Counted in samples of 48 kHz since the channel's
/// beginning, so that AAC's frame grid and every mix step fall on whole numbers.
/// </summary>
/// <param name="Samples">Samples of 48 kHz since the channel's beginning.</param>
public readonly record struct ChannelTime(long Samples) : IComparable<ChannelTime>
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 48_000;

    /// <summary>The channel's beginning.</summary>
    public static ChannelTime Zero => default;

    /// <summary>Seconds since the channel's beginning, for logs and JSON.</summary>
    public double Seconds => Samples / (double)Rate;

    /// <summary>Time since the channel's beginning, rounded to 100 ns.</summary>
    public TimeSpan Time() => new SoundLength(Samples).Time;

    public static ChannelTime operator +(ChannelTime time, SoundLength length) => new(time.Samples + length.Samples);

    public static ChannelTime operator -(ChannelTime time, SoundLength length) => new(time.Samples - length.Samples);

    public static SoundLength operator -(ChannelTime left, ChannelTime right) => new(left.Samples - right.Samples);

    public static bool operator <(ChannelTime left, ChannelTime right) => left.Samples < right.Samples;

    public static bool operator >(ChannelTime left, ChannelTime right) => left.Samples > right.Samples;

    public static bool operator <=(ChannelTime left, ChannelTime right) => left.Samples <= right.Samples;

    public static bool operator >=(ChannelTime left, ChannelTime right) => left.Samples >= right.Samples;

    /// <summary>The earlier of two.</summary>
    public static ChannelTime Min(ChannelTime left, ChannelTime right) => left < right ? left : right;

    /// <summary>The later of two.</summary>
    public static ChannelTime Max(ChannelTime left, ChannelTime right) => left > right ? left : right;

    /// <inheritdoc/>
    public int CompareTo(ChannelTime other) => Samples.CompareTo(other.Samples);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:F3}s");
}

/// <summary>A length of channel time, in samples of 48 kHz. May be negative.</summary>
/// <param name="Samples">Samples of 48 kHz.</param>
public readonly record struct SoundLength(long Samples) : IComparable<SoundLength>
{
    /// <summary>Nothing.</summary>
    public static SoundLength Zero => default;

    /// <summary>In seconds.</summary>
    public double Seconds => Samples / (double)ChannelTime.Rate;

    /// <summary>As a <see cref="TimeSpan"/>, rounded to its 100 ns.</summary>
    public TimeSpan Time => TimeSpan.FromTicks((long)Math.Round(Samples * (TimeSpan.TicksPerSecond / (double)ChannelTime.Rate)));

    /// <summary>The nearest whole number of samples.</summary>
    public static SoundLength Of(TimeSpan time) => new((long)Math.Round(time.Ticks * (ChannelTime.Rate / (double)TimeSpan.TicksPerSecond)));

    /// <summary>The nearest whole number of samples.</summary>
    public static SoundLength OfSeconds(double seconds) => new((long)Math.Round(seconds * ChannelTime.Rate));

    public static SoundLength operator +(SoundLength left, SoundLength right) => new(left.Samples + right.Samples);

    public static SoundLength operator -(SoundLength left, SoundLength right) => new(left.Samples - right.Samples);

    public static SoundLength operator -(SoundLength length) => new(-length.Samples);

    public static bool operator <(SoundLength left, SoundLength right) => left.Samples < right.Samples;

    public static bool operator >(SoundLength left, SoundLength right) => left.Samples > right.Samples;

    public static bool operator <=(SoundLength left, SoundLength right) => left.Samples <= right.Samples;

    public static bool operator >=(SoundLength left, SoundLength right) => left.Samples >= right.Samples;

    /// <inheritdoc/>
    public int CompareTo(SoundLength other) => Samples.CompareTo(other.Samples);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:F3}s");
}
