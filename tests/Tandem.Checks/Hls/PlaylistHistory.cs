namespace Tandem.Checks.Hls;

/// <summary>What a media playlist is to the channel.</summary>
public enum PlaylistRole
{
    /// <summary>No master has named it.</summary>
    Unknown,

    /// <summary>A variant, or an alternate picture.</summary>
    Picture,

    /// <summary>An audio rendition that leads to the source.</summary>
    SourceSound,

    /// <summary>The original as Tandem publishes it: an audio rendition with segments of Tandem's own.</summary>
    Original,

    /// <summary>A dub.</summary>
    Dub,

    /// <summary>Subtitles of the source.</summary>
    Subtitles,

    /// <summary>Captions of a dub.</summary>
    Captions,

    /// <summary>I-frames.</summary>
    IFrames,
}

/// <summary>Everything that was seen at one playlist's address.</summary>
/// <param name="address">The address.</param>
internal sealed class PlaylistHistory(Uri address)
{
    /// <summary>One look at the playlist.</summary>
    /// <param name="Requested">When it was asked for.</param>
    /// <param name="Received">When it was there.</param>
    /// <param name="Last">The newest segment; null where it had none.</param>
    public sealed record Look(DateTimeOffset Requested, DateTimeOffset Received, HlsSegment? Last);

    public Uri Address { get; } = address;

    public PlaylistRole Role { get; set; }

    /// <summary>The newest state.</summary>
    public HlsPlaylist? Latest { get; set; }

    /// <summary>Every segment that was ever listed, as it was listed first.</summary>
    public SortedDictionary<long, HlsSegment> Segments { get; } = [];

    public List<Look> Looks { get; } = [];

    /// <summary>When the newest segment was first seen.</summary>
    public DateTimeOffset GrewAt { get; set; }

    /// <summary>Longest time that it certainly did not grow.</summary>
    public TimeSpan LongestPause { get; set; }

    /// <summary>Whether it is one of Tandem's own voices.</summary>
    public bool IsVoice => Role is PlaylistRole.Original or PlaylistRole.Dub;
}
