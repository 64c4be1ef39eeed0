using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>FFmpeg's negative return values.</summary>
internal static unsafe class AvError
{
    /// <summary>FFmpeg's own text for <paramref name="error"/>.</summary>
    public static string Text(int error)
    {
        var buffer = stackalloc byte[128];
        _ = LibAvUtil.av_strerror(error, buffer, 128);
        return Marshal.PtrToStringUTF8((nint)buffer) ?? "unknown error";
    }

    /// <summary>Hands <paramref name="result"/> on unless it is an error, which for what was asked would be a bug or a broken library.</summary>
    public static int Check(int result, string what) =>
        result >= 0 ? result : throw new InvalidOperationException($"{what}: {Text(result)}");
}
