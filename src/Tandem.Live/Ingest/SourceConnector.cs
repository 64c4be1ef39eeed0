using System.Net;
using System.Net.Sockets;

namespace Tandem.Live.Ingest;

/// <summary>A host whose every address the channel refuses.</summary>
internal sealed class RefusedAddressException(IPAddress address)
    : IOException($"{address} is not a public address")
{
    public IPAddress Refused { get; } = address;
}

/// <summary>
/// Opens connections to sources. The address is resolved here and the very address that was checked is connected to, so that a name
/// which changes its address between check and use (DNS rebinding) gains nothing; redirects, keys and segments all come this way.
/// </summary>
internal sealed class SourceConnector(Predicate<IPAddress> isAllowed)
{
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(host.Host.Trim('[', ']'), out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host.Host, cancellation);
        var allowed = Array.FindAll(addresses, isAllowed);
        if (allowed.Length == 0)
        {
            throw addresses.Length == 0
                ? new SocketException((int)SocketError.HostNotFound)
                : new RefusedAddressException(addresses[0]);
        }

        for (var index = 0; ; index++)
        {
            var last = index == allowed.Length - 1;
            try
            {
                return await ConnectAsync(new IPEndPoint(allowed[index], host.Port), last, cancellation);
            }
            catch (Exception error) when (!last && !cancellation.IsCancellationRequested
                && error is SocketException or OperationCanceledException)
            {
                // The next address of the host may answer.
            }
        }
    }

    private static async Task<Stream> ConnectAsync(IPEndPoint address, bool last, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A host with a broken IPv6 path must leave time for its IPv4 address. Sockets know no TimeProvider.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (!last)
                patience.CancelAfter(TimeSpan.FromSeconds(1.5));
            await socket.ConnectAsync(address, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
