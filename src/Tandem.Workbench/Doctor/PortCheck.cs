using System.Net;
using System.Net.Sockets;
using Tandem.Media.Segmenting;
using Tandem.Server;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether the ports can be listened on that the server and its channels' listeners would have, by listening.</summary>
internal static class PortCheck
{
    public static IReadOnlyList<Finding> Examine(DoctorOptions options)
    {
        var found = new List<Finding> { Examine("port", new IPEndPoint(options.Listen, options.Port), ProtocolType.Tcp, null) };
        if (options.Admin is { } admin)
            found.Add(Examine("admin port", admin, ProtocolType.Tcp, "stop it, or choose another admin_port"));
        foreach (var channel in options.Channels)
        {
            if (InputAddress.IsListener(channel.Input.OriginalString) && InputAddress.Parse(channel.Input.OriginalString, out _) is { } input && EndPointOf(input) is var (endPoint, protocol))
                found.Add(Examine($"port of {channel.Id}", endPoint, protocol, "stop it, or give the channel's input another port"));
        }

        return found;
    }

    private static (IPEndPoint Where, ProtocolType Protocol)? EndPointOf(SegmenterInput input) => input switch
    {
        RtmpInput rtmp => (rtmp.Address, ProtocolType.Tcp),
        SrtInput srt => (srt.Address, ProtocolType.Udp),
        UdpInput udp => (udp.IsMulticast ? new IPEndPoint(IPAddress.Any, udp.Address.Port) : udp.Address, ProtocolType.Udp),
        _ => null,
    };

    private static Finding Examine(string name, IPEndPoint where, ProtocolType protocol, string? remedy)
    {
        try
        {
            using var socket = new Socket(where.AddressFamily, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);
            socket.Bind(where);
            if (protocol == ProtocolType.Tcp)
                socket.Listen(1);
            return Finding.Ok(name, where.Port == 0 ? $"{where.Address}: any free port" : $"{where} is free");
        }
        catch (SocketException problem)
        {
            var (found, known) = ListenProblem.Of(where, problem.SocketErrorCode, problem.Message);
            return Finding.Failed(name, found, remedy ?? known);
        }
    }
}
