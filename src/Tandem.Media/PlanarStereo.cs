using System.Runtime.Intrinsics;

namespace Tandem.Media;

/// <summary>Takes interleaved stereo apart into the planes that encoders want.</summary>
internal static class PlanarStereo
{
    /// <summary>Fills both channels, cleaned of what the encoder refuses: a frame with one NaN or infinity would stall the stream.</summary>
    /// <param name="interleaved">Left and right in turn.</param>
    /// <param name="left">Half as long; a multiple of 4.</param>
    /// <param name="right">As long as the left one.</param>
    public static void Split(ReadOnlySpan<float> interleaved, Span<float> left, Span<float> right)
    {
        for (var i = 0; i < left.Length; i += 4)
        {
            var first = Clean(Vector128.Create(interleaved.Slice(2 * i, 4)));
            var second = Clean(Vector128.Create(interleaved.Slice((2 * i) + 4, 4)));
            Vector128.Create(first[0], first[2], second[0], second[2]).CopyTo(left[i..]);
            Vector128.Create(first[1], first[3], second[1], second[3]).CopyTo(right[i..]);
        }
    }

    private static Vector128<float> Clean(Vector128<float> samples)
    {
        var finite = Vector128.LessThan(Vector128.Abs(samples), Vector128.Create(float.PositiveInfinity));
        return Vector128.Min(Vector128.Max(samples & finite, Vector128.Create(-4f)), Vector128.Create(4f));
    }
}
