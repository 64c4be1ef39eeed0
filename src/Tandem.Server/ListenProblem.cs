using System.Net;
using System.Net.Sockets;

namespace Tandem.Server;

/// <summary>Why an address cannot be listened on.</summary>
/// <param name="Problem">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
public sealed record ListenProblem(string Problem, string Remedy)
{
    /// <summary>For people.</summary>
    /// <param name="where">What was to be listened on.</param>
    /// <param name="code">The socket's error, if it was one.</param>
    /// <param name="otherwise">What to say about an error that has no words here.</param>
    public static ListenProblem Of(IPEndPoint where, SocketError? code, string otherwise)
    {
        var (why, remedy) = code switch
        {
            SocketError.AddressAlreadyInUse => ("another program does", "stop it, or choose another port with --port"),
            SocketError.AccessDenied => ("not permitted", "choose a port from 1024 on with --port"),
            SocketError.AddressNotAvailable => ("this machine does not have that address", "change listen"),
            _ => (otherwise.ReplaceLineEndings(" "), "choose another address with listen, or another port with --port"),
        };
        return new ListenProblem($"cannot listen on {where}: {why}", remedy);
    }

    /// <summary>One line.</summary>
    public override string ToString() => $"{Problem}; {Remedy}";
}
