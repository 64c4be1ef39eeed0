using System.Runtime.InteropServices;
using System.Text;
using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>What libav* logged last, in the child: it says why something failed where its numbers do not.</summary>
internal static unsafe class LogTail
{
    private static readonly Lock Lock = new();
    private static string s_last = "";
    private static bool s_refused;

    /// <summary>Whether an RTMP sender named another application or stream than it should; libavformat only warns.</summary>
    public static bool Refused
    {
        get
        {
            lock (Lock)
                return s_refused;
        }
    }

    /// <summary>Takes the log over for this process.</summary>
    public static void Install() => LibAvUtil.av_log_set_callback(&Take);

    /// <summary>Forgets.</summary>
    public static void Clear()
    {
        lock (Lock)
        {
            s_last = "";
            s_refused = false;
        }
    }

    /// <summary>The last warning or error, in brackets after a blank; empty where there was none.</summary>
    /// <param name="secret">What must not be repeated.</param>
    public static string Hint(string? secret)
    {
        lock (Lock)
        {
            if (s_last.Length == 0 || (secret is { Length: > 0 } && s_last.Contains(secret, StringComparison.Ordinal)))
                return "";
            return $" ({s_last})";
        }
    }

    [UnmanagedCallersOnly]
    private static void Take(void* source, int level, byte* format, void* arguments)
    {
        if (level > LibAvUtil.LogWarning)
            return;
        var line = stackalloc byte[256];
        var prefix = 1;
        _ = LibAvUtil.av_log_format_line2(source, level, format, arguments, line, 256, &prefix);
        var text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(line)).Trim();

        // "[mov,mp4,m4a @ 0x55d0…] moov atom not found"
        var bracket = text.StartsWith('[') ? text.LastIndexOf("] ", StringComparison.Ordinal) : -1;
        if (bracket >= 0)
            text = text[(bracket + 2)..];
        lock (Lock)
        {
            s_last = text.Length > 160 ? text[..160] : text;
            s_refused |= text.StartsWith("Unexpected stream", StringComparison.Ordinal) || text.StartsWith("App field don't match", StringComparison.Ordinal);
        }
    }
}
