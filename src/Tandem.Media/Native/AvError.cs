using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>A library got no memory: nothing that comes after can be relied on.</summary>
internal sealed class NoMemoryException(string message) : Exception(message);

/// <summary>FFmpeg's negative return values.</summary>
internal static unsafe class AvError
{
    // AVERROR(ENOMEM).
    private const int NoMemory = -12;

    /// <summary>
    /// Hands <paramref name="result"/> on unless it says that there was no memory: that is no fault of the media's, and none that goes away.
    /// </summary>
    /// <exception cref="NoMemoryException">There was no memory.</exception>
    public static int NotOutOfMemory(int result, string what) => result != NoMemory ? result : throw OutOfMemory(what);

    /// <summary>What is thrown where there is no memory left.</summary>
    public static NoMemoryException OutOfMemory(string what) => new($"{what}: out of memory");

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
