using System.Net.Sockets;

namespace Tandem.Server.WebSockets;

/// <summary>
/// Tells a client after the upgrade why it is not served, and closes. Browsers show pages nothing of a refusal before the upgrade: a page could
/// not tell a full instance from a broken line.
/// </summary>
internal static class Farewell
{
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(2);

    /// <summary>Says it, and waits a moment for the client to close as well; what comes from it otherwise is not heeded.</summary>
    /// <param name="stream">The upgraded stream.</param>
    /// <param name="end">What is said.</param>
    /// <param name="time">The clock.</param>
    public static async Task SayAsync(Stream stream, SocketEnd end, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(s_within, time);
        try
        {
            foreach (var frame in end.Frames())
                await stream.WriteAsync(frame, limit.Token);

            // What is left unread when a connection closes takes with it what was sent last.
            var (frames, buffer) = (new ClientFrames(), new byte[1024]);
            while (await stream.ReadAsync(buffer, limit.Token) is > 0 and var count)
            {
                if (Ends(frames, buffer.AsSpan(0, count)))
                    return;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // It left without an answer, or gave none in time.
        }
    }

    private static bool Ends(ClientFrames frames, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            switch (frames.Next(ref bytes))
            {
                case ClientEvent.None:
                    return false;
                case ClientEvent.Close or ClientEvent.Violation:
                    return true;
            }
        }
    }
}
