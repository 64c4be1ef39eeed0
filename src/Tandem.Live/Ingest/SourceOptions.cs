using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>What a <see cref="SourceFollower"/> needs to know.</summary>
public sealed record SourceOptions
{
    /// <summary>Address of the master or media playlist.</summary>
    public required Uri Input { get; init; }

    /// <summary>BCP 47 tag of the source language.</summary>
    public required string Language { get; init; }

    /// <summary>Whether addresses may be loopback, link-local or private.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>
    /// Headers, cookies among them, that go to the input's own host, wherever in the source it is met, and to no other host: a playlist
    /// that leads elsewhere must not carry a channel's secrets there. Not sent over http where the input is https.
    /// </summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>How far back segments of the heard playlist are fetched when they are first seen; 0 to 15 min. The newest always is.</summary>
    public TimeSpan BackFill { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a heard segment is tried for at most; those after it wait for it. Two target durations (5 s to 60 s) where that is less.
    /// </summary>
    public TimeSpan SegmentPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long after its appearance a carried segment is of use; it is not fetched later.</summary>
    public TimeSpan CarriedPatience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Bounds of what is fetched.</summary>
    public SourceLimits Limits { get; init; } = new();

    /// <summary>
    /// As <paramref name="channel"/> says. What is late for the delay is given up in time for what comes after it; what a published
    /// window of a minute needs is fetched at the start.
    /// </summary>
    public static SourceOptions Of(ChannelOptions channel) => new()
    {
        SegmentPatience = channel.Delay * 0.6 > TimeSpan.FromSeconds(2) ? channel.Delay * 0.6 : TimeSpan.FromSeconds(2),
        CarriedPatience = channel.Delay * 0.9,
        BackFill = channel.Delay + TimeSpan.FromSeconds(60),
        Input = SourceAddress.HasAddresses(channel.Input) ? channel.Input : LocalInput.RootOf(channel),
        Language = channel.From,

        // What comes by itself leads to nothing else.
        AllowPrivate = channel.AllowPrivate || !SourceAddress.HasAddresses(channel.Input),
        Headers = channel.Headers,
    };
}

/// <summary>Bounds of what is fetched from a source; sizes in bytes, after decompression.</summary>
public sealed record SourceLimits
{
    /// <summary>Largest playlist.</summary>
    public int PlaylistBytes { get; init; } = PlaylistParser.MaxText;

    /// <summary>Largest init segment.</summary>
    public int InitBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest media segment; a 50 Mbit/s picture of 10 s is 60 MiB.</summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most playlists followed at once.</summary>
    public int Playlists { get; init; } = 100;

    /// <summary>Most segments that all playlists list together; 6 h of 2 s segments in 18 playlists are 200,000.</summary>
    public int Segments { get; init; } = 200_000;

    /// <summary>Most redirects in a row.</summary>
    public int Redirects { get; init; } = 5;

    /// <summary>Longest wait for a connection, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time for a playlist, key or init segment, redirects included.</summary>
    public TimeSpan SmallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time for a media segment, redirects included.</summary>
    public TimeSpan SegmentTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest time without a byte, the wait for the first one included.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
