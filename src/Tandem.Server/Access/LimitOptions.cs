namespace Tandem.Server.Access;

/// <summary>How much one address or one token may ask for; 0 is no limit. Docs: docs/configuration.md.</summary>
public sealed record LimitOptions
{
    /// <summary>Requests a second from one address; five seconds' worth may come at once.</summary>
    public int AddressRequests { get; init; } = 100;

    /// <summary>Connections from one address at once; WebSockets that came through a trusted proxy count for the address it names.</summary>
    public int AddressConnections { get; init; } = 500;

    /// <summary>Requests a second with one token; five seconds' worth may come at once.</summary>
    public int TokenRequests { get; init; } = 20;

    /// <summary>WebSockets with one token at once.</summary>
    public int TokenConnections { get; init; } = 4;
}
