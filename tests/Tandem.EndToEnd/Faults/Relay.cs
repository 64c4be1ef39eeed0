using System.Net;
using System.Net.Sockets;

namespace Tandem.EndToEnd.Faults;

/// <summary>A TCP port that leads to another, until it is shut: then connections break and new ones are refused, as when a host is down.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly int _port;
    private CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    /// <summary>Opens a port that leads to <paramref name="target"/>'s.</summary>
    public Relay(Uri target)
    {
        _target = new IPEndPoint(IPAddress.Parse(target.Host), target.Port);
        _port = Open(0);
        Root = new Uri($"http://127.0.0.1:{_port}/");
    }

    /// <summary>Its address.</summary>
    public Uri Root { get; }

    /// <summary>The same resource through this port.</summary>
    public Uri Through(Uri address) => new(Root, address.PathAndQuery);

    /// <summary>Breaks everything off and refuses what comes.</summary>
    public async Task ShutAsync()
    {
        await _stop.CancelAsync();
        await _run;
    }

    /// <summary>Opens the same port again.</summary>
    public void Reopen()
    {
        _stop = new CancellationTokenSource();
        Open(_port);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ShutAsync();
        _stop.Dispose();
    }

    private int Open(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        _run = AcceptAsync(listener, _stop.Token);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
                _ = PassAsync(await listener.AcceptTcpClientAsync(stop), stop);
        }
        catch (OperationCanceledException)
        {
            // Shut.
        }
        finally
        {
            listener.Dispose();
        }
    }

    private async Task PassAsync(TcpClient from, CancellationToken stop)
    {
        using (from)
        using (var to = new TcpClient())
        {
            try
            {
                await to.ConnectAsync(_target, stop);
                await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), stop), to.GetStream().CopyToAsync(from.GetStream(), stop));
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // One of the two is gone; so is the other.
            }
        }
    }
}
