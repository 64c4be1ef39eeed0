using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libebur128 1 that Tandem calls, and its constants.</summary>
internal static unsafe partial class LibEbuR128
{
    public const string Name = "libebur128.so.1";

    /// <summary>EBUR128_MODE_M: momentary loudness, 400 ms.</summary>
    public const int ModeMomentary = 1 << 0;

    /// <summary>EBUR128_MODE_I: integrated, gated loudness (with MODE_M).</summary>
    public const int ModeIntegrated = (1 << 2) | ModeMomentary;

    /// <summary>EBUR128_MODE_TRUE_PEAK (with MODE_SAMPLE_PEAK and MODE_M).</summary>
    public const int ModeTruePeak = (1 << 5) | (1 << 4) | ModeMomentary;

    /// <summary>EBUR128_DUAL_MONO: one channel that sounds from both loudspeakers.</summary>
    public const int DualMono = 6;

    [LibraryImport(Name)]
    public static partial void ebur128_get_version(int* major, int* minor, int* patch);

    [LibraryImport(Name)]
    public static partial void* ebur128_init(uint channels, CULong rate, int mode);

    [LibraryImport(Name)]
    public static partial void ebur128_destroy(void** state);

    [LibraryImport(Name)]
    public static partial int ebur128_set_channel(void* state, uint channel, int value);

    [LibraryImport(Name)]
    public static partial int ebur128_add_frames_float(void* state, float* samples, nuint frames);

    [LibraryImport(Name)]
    public static partial int ebur128_loudness_global(void* state, double* loudness);

    [LibraryImport(Name)]
    public static partial int ebur128_loudness_momentary(void* state, double* loudness);

    [LibraryImport(Name)]
    public static partial int ebur128_true_peak(void* state, uint channel, double* peak);
}
