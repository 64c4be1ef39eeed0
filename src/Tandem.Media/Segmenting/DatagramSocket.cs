using System.Net;
using System.Net.Sockets;

namespace Tandem.Media.Segmenting;

/// <summary>The UDP socket that a child inherits: bound here, so that the child needs no right to make one.</summary>
internal static class DatagramSocket
{
    // Half a second of 32 Mbit/s; the kernel gives less where it is told to (net.core.rmem_max).
    private const int ReceiveBuffer = 2 << 20;

    /// <summary>Opens it, and joins the group of a multicast address.</summary>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public static Socket Open(UdpInput input)
    {
        var address = input.Address;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.ReceiveBufferSize = ReceiveBuffer;
            if (input.IsMulticast)
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);

            // Bound to the group itself: other groups on the same port are not for this channel.
            socket.Bind(address);
            if (input.IsMulticast && address.AddressFamily == AddressFamily.InterNetwork)
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(address.Address, input.Interface ?? IPAddress.Any));
            else if (input.IsMulticast)
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(address.Address));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
