namespace Tandem.Server.Access;

/// <summary>What somebody wants of a channel.</summary>
internal enum ViewerKind
{
    /// <summary>A media playlist or segment over HTTP; each request is asked about.</summary>
    Hls,

    /// <summary>The master playlist: a viewer who is about to join.</summary>
    HlsMaster,

    /// <summary>A WebSocket; asked about once, before the upgrade, and counted as a viewer until its request ends.</summary>
    WebSocket,

    /// <summary>No media: the channel's state for a page, or feedback on it.</summary>
    Page,
}
