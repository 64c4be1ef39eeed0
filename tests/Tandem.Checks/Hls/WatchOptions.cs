namespace Tandem.Checks.Hls;

/// <summary>How a <see cref="ChannelWatcher"/> watches.</summary>
public sealed record WatchOptions
{
    /// <summary>Pause between two looks at all playlists.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Whether every segment of voices and captions is fetched and read.</summary>
    public bool FetchVoices { get; init; } = true;

    /// <summary>Whether the picture's segments are fetched too, to hold BANDWIDTH against them.</summary>
    public bool FetchPictures { get; init; }

    /// <summary>Sent as <c>Origin</c>, as a browser does; answers must allow it. Null to send none.</summary>
    public string? Origin { get; init; } = "https://page.test";

    /// <summary>Bound of one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the checker expects.</summary>
    public CheckerOptions Checker { get; init; } = new();

    /// <summary>The clock; requests themselves run on the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
