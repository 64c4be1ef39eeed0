using System.Runtime.InteropServices;
using Tandem.Media.Native;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Segmenting;

/// <summary>How long the child waits for its source, and how the parent knows that it does not hang. libavformat asks some ten times a second.</summary>
internal static unsafe class Patience
{
    // A sender that has connected must have greeted after so long, or it keeps others out: 10 s.
    private const double GreetingSeconds = 10;
    private const int FirstDescriptor = 3;
    private const int LastDescriptor = 64;

    private static long s_headway;
    private static long s_since;
    private static double s_limit;
    private static bool s_greeting;
    private static long? s_connected;

    /// <summary>Grows while this process does anything but compute.</summary>
    public static long Headway => Interlocked.Read(ref s_headway);

    /// <summary>Whether a sender has connected while greetings were waited for.</summary>
    public static bool HasConnected => s_connected is not null;

    /// <summary>What libavformat gets to ask.</summary>
    public static AVIOInterruptCB Callback => new() { callback = (delegate* unmanaged<void*, int>)&Ask };

    /// <summary>Says that something was done.</summary>
    public static void Step() => Interlocked.Increment(ref s_headway);

    /// <summary>From now on what is asked for must be there within this time; null waits for ever.</summary>
    public static void Within(TimeSpan? limit)
    {
        s_greeting = false;
        s_since = TimeProvider.System.GetTimestamp();
        s_limit = limit?.TotalSeconds ?? double.PositiveInfinity;
    }

    /// <summary>Waits for ever for a sender to connect, and a while for its greeting.</summary>
    public static void ForSender()
    {
        Within(null);
        s_greeting = true;
        s_connected = null;
    }

    /// <summary>Whether the time is up.</summary>
    public static bool IsOver => Since(s_since) > s_limit || (s_connected is { } at && s_greeting && Since(at) > GreetingSeconds);

    [UnmanagedCallersOnly]
    private static int Ask(void* opaque)
    {
        Step();
        if (s_greeting && s_connected is null && AnyPeer())
            s_connected = TimeProvider.System.GetTimestamp();
        return IsOver || LogTail.Refused ? 1 : 0;
    }

    private static double Since(long timestamp) => TimeProvider.System.GetElapsedTime(timestamp).TotalSeconds;

    // libavformat does not say when it has accepted; a socket with a peer does.
    private static bool AnyPeer()
    {
        var address = stackalloc byte[128];
        for (var descriptor = FirstDescriptor; descriptor < LastDescriptor; descriptor++)
        {
            var length = 128;
            if (Libc.getpeername(descriptor, address, &length) == 0)
                return true;
        }

        return false;
    }
}
