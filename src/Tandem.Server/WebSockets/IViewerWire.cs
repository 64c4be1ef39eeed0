using System.Net.Sockets;

namespace Tandem.Server.WebSockets;

/// <summary>Brings frames to one viewer.</summary>
internal interface IViewerWire
{
    /// <summary>Sends frames one after another; completes when they are on their way, or throws when the connection is gone.</summary>
    /// <param name="frames">Shared with other viewers: never written to.</param>
    ValueTask SendAsync(List<ArraySegment<byte>> frames);
}

/// <summary>Through the server's own stream: for TLS, and for the first messages. It copies what it is given, a slice at a time.</summary>
/// <param name="stream">The upgraded stream.</param>
internal sealed class StreamWire(Stream stream) : IViewerWire
{
    // Kestrel copies a whole write before it waits; with slices a viewer that does not read holds this and its 64 KiB.
    private const int Slice = 32 * 1024;

    /// <inheritdoc/>
    public async ValueTask SendAsync(List<ArraySegment<byte>> frames)
    {
        foreach (var frame in frames)
        {
            for (var at = 0; at < frame.Count; at += Slice)
                await stream.WriteAsync(frame.AsMemory(at, Math.Min(Slice, frame.Count - at)), CancellationToken.None);
        }
    }
}

/// <summary>
/// Straight into the connection's socket, without a copy in this process. Only when nothing of the stream's is on its way any more.
/// </summary>
/// <param name="socket">The connection's.</param>
internal sealed class SocketWire(Socket socket) : IViewerWire
{
    /// <inheritdoc/>
    public async ValueTask SendAsync(List<ArraySegment<byte>> frames)
    {
        var left = frames.Sum(frame => frame.Count);
        while (left > 0)
        {
            var sent = frames.Count == 1
                ? await socket.SendAsync(frames[0], SocketFlags.None)
                : await socket.SendAsync(frames, SocketFlags.None);
            left -= sent;
            if (left > 0)
                Cut(frames, sent);
        }
    }

    private static void Cut(List<ArraySegment<byte>> frames, int sent)
    {
        var whole = 0;
        while (sent >= frames[whole].Count)
            sent -= frames[whole++].Count;
        frames.RemoveRange(0, whole);
        frames[0] = frames[0][sent..];
    }
}
