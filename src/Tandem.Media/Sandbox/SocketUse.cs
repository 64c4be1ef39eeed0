namespace Tandem.Media.Sandbox;

/// <summary>What a confined child may do with sockets of its own. One that it inherited it may read and write in any case.</summary>
internal enum SocketUse
{
    /// <summary>Nothing: it makes none.</summary>
    None,

    /// <summary>TCP: bind, listen and accept, never connect. Which port, Landlock says where the kernel has ABI 4.</summary>
    TcpListener,

    /// <summary>UDP: bind, receive, and send to anywhere, which no kernel here restricts; never connect.</summary>
    Datagrams,
}
