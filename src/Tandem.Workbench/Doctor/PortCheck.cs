using System.Net;
using System.Net.Sockets;
using Tandem.Server;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether the HTTP port can be listened on, by listening.</summary>
internal static class PortCheck
{
    public static IReadOnlyList<Finding> Examine(DoctorOptions options)
    {
        var where = new IPEndPoint(options.Listen, options.Port);
        try
        {
            using var socket = new Socket(where.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(where);
            socket.Listen(1);
            return [Finding.Ok("port", options.Port == 0 ? $"{where.Address}: any free port" : $"{where} is free")];
        }
        catch (SocketException problem)
        {
            var (found, remedy) = ListenProblem.Of(where, problem.SocketErrorCode, problem.Message);
            return [Finding.Failed("port", found, remedy)];
        }
    }
}
