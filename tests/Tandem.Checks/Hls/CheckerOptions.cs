using System.Collections.Immutable;

namespace Tandem.Checks.Hls;

/// <summary>What a test expects of a channel, and how exact sources are.</summary>
public sealed record CheckerOptions
{
    /// <summary>How far dates of mirrored playlists may be from what EXTINF says: sources round their EXTINF.</summary>
    public TimeSpan SourceDateTolerance { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The same for Tandem's own playlists, whose rows are the heard playlist's: sound that is cut at frames under dates that are not
    /// differs by one.
    /// </summary>
    public TimeSpan OwnDateTolerance { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How far the dates of one discontinuity may be apart in two playlists: sources cut sound at frames.</summary>
    public TimeSpan AgreementTolerance { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How much time and date of a voice's segments may move: one frame of the longest codec, HE-AAC, and rounding.</summary>
    public TimeSpan MediaTimeTolerance { get; init; } = TimeSpan.FromMilliseconds(45);

    /// <summary>Largest gap or repeat between segments of <c>original</c>: the source's own jitter and clock error. Dubs have none.</summary>
    public TimeSpan OriginalJoinTolerance { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>A playlist must grow within this many target durations.</summary>
    public double GrowthLimit { get; init; } = 1.5;

    /// <summary>Whether every variant must have CODECS; false where the source has none.</summary>
    public bool RequireCodecs { get; init; }

    /// <summary>Languages that must be among the dubs.</summary>
    public ImmutableArray<string> Languages { get; init; } = [];

    /// <summary>Rules that a test cannot hold, with its reason beside it.</summary>
    public ImmutableHashSet<HlsRule> Except { get; init; } = [];
}
