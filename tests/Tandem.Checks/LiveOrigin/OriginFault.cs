namespace Tandem.Checks.LiveOrigin;

/// <summary>Things a channel serves.</summary>
[Flags]
public enum Resource
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The master playlist.</summary>
    Master = 1,

    /// <summary>Media playlists.</summary>
    Playlist = 2,

    /// <summary>Media segments.</summary>
    Segment = 4,

    /// <summary>Init segments.</summary>
    Init = 8,

    /// <summary>Keys.</summary>
    Key = 16,

    /// <summary>Everything.</summary>
    All = Master | Playlist | Segment | Init | Key,
}

/// <summary>One request that a channel got.</summary>
/// <param name="Time">When.</param>
/// <param name="Resource">What for.</param>
/// <param name="Track">Name of the track; empty where it belongs to none.</param>
/// <param name="Entry">The segment; null for other resources.</param>
/// <param name="Agent">User-Agent.</param>
/// <param name="Path">Without query.</param>
public sealed record OriginRequest(DateTimeOffset Time, Resource Resource, string Track, OriginEntry? Entry, string Agent, string Path);

/// <summary>A way to fail. Applies to requests that <see cref="When"/> names, as long as it is injected.</summary>
/// <param name="Resource">What fails.</param>
public abstract record OriginFault(Resource Resource)
{
    /// <summary>Which requests fail; by default all.</summary>
    public Func<OriginRequest, bool> When { get; init; } = _ => true;
}

/// <summary>Answers with a status and nothing else: 503, 404, 403, …</summary>
public sealed record StatusFault(Resource Resource, int Status) : OriginFault(Resource);

/// <summary>Cuts the connection, as a host does that went away.</summary>
public sealed record ResetFault(Resource Resource) : OriginFault(Resource);

/// <summary>Answers 200 with a web page.</summary>
public sealed record HtmlFault(Resource Resource) : OriginFault(Resource);

/// <summary>Answers only after a while.</summary>
public sealed record SlowFault(Resource Resource, TimeSpan Wait) : OriginFault(Resource);

/// <summary>Sends only the first part of the bytes, with a length that says that this is all.</summary>
public sealed record TruncateFault(Resource Resource, double Share = 0.5) : OriginFault(Resource);

/// <summary>Overwrites bytes all over with noise; sizes stay.</summary>
public sealed record DamageFault(Resource Resource, double Share = 0.02) : OriginFault(Resource);

/// <summary>Sends zeros without end.</summary>
public sealed record EndlessFault(Resource Resource) : OriginFault(Resource);

/// <summary>Sends a playlist whose gzip grows to gigabytes.</summary>
public sealed record GzipBombFault(Resource Resource) : OriginFault(Resource);

/// <summary>Redirects elsewhere.</summary>
public sealed record RedirectFault(Resource Resource, Uri To) : OriginFault(Resource);

/// <summary>Playlists stay as they were so long ago.</summary>
public sealed record BackwardsFault(TimeSpan By) : OriginFault(Resource.Playlist);

/// <summary>Playlists stay as they were at <paramref name="Since"/>.</summary>
public sealed record StaleFault(DateTimeOffset Since) : OriginFault(Resource.Playlist);

/// <summary>The newest segment's address leads elsewhere, into a private network for instance.</summary>
public sealed record ElsewhereFault(Uri Segment) : OriginFault(Resource.Playlist);

/// <summary>Playlists name a key of a method that is not served.</summary>
public sealed record SampleAesFault() : OriginFault(Resource.Playlist);
