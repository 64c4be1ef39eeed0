namespace Tandem.Operations.Load;

/// <summary>When a piece of media begins and ends by its own timestamps, s. Null where it has none of the kind.</summary>
/// <param name="Voice">Of the first sound.</param>
/// <param name="VoiceEnd">Of the last sound's end; null where the container does not say.</param>
/// <param name="Picture">Of the first picture.</param>
/// <param name="PictureEnd">Of the last picture's end; null where the container does not say.</param>
/// <param name="Wraps">Whether times are of 33 bits at 90 kHz and begin anew after 26.5 hours.</param>
internal readonly record struct SegmentTimes(double? Voice, double? VoiceEnd, double? Picture, double? PictureEnd, bool Wraps)
{
    private const double Round = (1L << 33) / 90_000.0;

    /// <summary>How far one time is behind another, s, across the wrap where there is one.</summary>
    public static double Between(double from, double to, bool wraps) => wraps ? Math.IEEERemainder(to - from, Round) : to - from;
}

/// <summary>Reads a container while its bytes pass by, and keeps none of them.</summary>
internal interface ISegmentWalk
{
    /// <summary>The next bytes.</summary>
    void Feed(ReadOnlySpan<byte> bytes);

    /// <summary>There are no more. Returns what is wrong, one line; null for nothing.</summary>
    string? End();

    /// <summary>Times of what passed by.</summary>
    SegmentTimes Times { get; }
}
