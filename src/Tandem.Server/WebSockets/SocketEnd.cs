namespace Tandem.Server.WebSockets;

/// <summary>Why and how a socket ends.</summary>
/// <param name="Cause">Word of <c>tandem_websocket_disconnects_total</c>.</param>
/// <param name="Planned">Whether it was meant to end: nobody failed.</param>
/// <param name="Code">Close code.</param>
/// <param name="Reason">Of <c>bye</c>; null where none can be sent.</param>
/// <param name="Detail">One line for people.</param>
/// <param name="Reconnect">Whether coming again helps.</param>
/// <param name="After">When to come again.</param>
internal sealed record SocketEnd(string Cause, bool Planned, int Code, string? Reason, string Detail, bool Reconnect, TimeSpan After)
{
    /// <summary>The client closed.</summary>
    public static SocketEnd Client(int code) => new("client", true, code == 1005 ? 1000 : code, null, "", false, TimeSpan.Zero);

    /// <summary>The connection broke.</summary>
    public static SocketEnd Lost { get; } = new("lost", false, 1006, null, "", true, TimeSpan.Zero);

    /// <summary>No answer to pings.</summary>
    public static SocketEnd Silent { get; } = new("silent", false, 1006, null, "", true, TimeSpan.Zero);

    /// <summary>Nothing could be sent for too long.</summary>
    public static SocketEnd Frozen { get; } = new("slow", false, 1006, null, "", true, TimeSpan.Zero);

    /// <summary>The server stops.</summary>
    public static SocketEnd Shutdown(TimeSpan after) => new("shutdown", true, 1001, "shutdown", "the server is being restarted", true, after);

    /// <summary>It is old enough.</summary>
    public static SocketEnd Lifetime(TimeSpan after) =>
        new("lifetime", true, 1001, "lifetime", "a connection lasts less than an hour; come again", true, after);

    /// <summary>The viewer's token has run out.</summary>
    public static SocketEnd Expired { get; } =
        new("token_expired", true, 1008, "token_expired", "the token has expired; come again with a new one", true, TimeSpan.Zero);

    /// <summary>The channel has ended or was taken away.</summary>
    public static SocketEnd Gone(bool ended) => new(
        "channel_gone", true, 1001, "channel_gone", ended ? "the source has ended" : "the channel was stopped", !ended, TimeSpan.FromSeconds(ended ? 0 : 5));

    /// <summary>There is no room for it.</summary>
    public static SocketEnd Admission(string detail, TimeSpan after) => new("admission", false, 1013, "admission", detail, true, after);

    /// <summary>The client did what it may not.</summary>
    public static SocketEnd Violation(int code, string detail) => new(
        code switch
        {
            1008 => "too_often",
            1009 => "too_large",
            _ => "protocol",
        },
        false,
        code,
        "protocol",
        detail,
        false,
        TimeSpan.Zero);

    /// <summary>What the client is sent last: <c>bye</c> and a close frame, as far as the way it ends has them.</summary>
    public IEnumerable<byte[]> Frames()
    {
        if (Reason is { } reason)
            yield return SocketJson.Frame(new ByeMessage(reason, Detail, Reconnect, (long)After.TotalMilliseconds));
        if (Code != Lost.Code)
            yield return ServerFrames.Close(Code, Detail);
    }
}
