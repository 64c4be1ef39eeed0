namespace Tandem.Checks.Hls;

/// <summary>The rules that are checked; numbers in brackets are those of design.md, section 3a.</summary>
public enum HlsRule
{
    /// <summary>The text is a playlist as RFC 8216 has it.</summary>
    Syntax,

    /// <summary>EXT-X-VERSION allows what is used (RFC 8216, section 7).</summary>
    Version,

    /// <summary>Tags that promise what Tandem does not keep are absent (5).</summary>
    ForbiddenTag,

    /// <summary>EXT-X-TARGETDURATION is the same in all playlists and never changes (1).</summary>
    TargetDuration,

    /// <summary>Every EXTINF, rounded, is within the target duration (RFC 8216, 4.3.3.1).</summary>
    DurationWithinTarget,

    /// <summary>A date stands at the first segment and after every discontinuity of every media playlist (1).</summary>
    DatePresent,

    /// <summary>Within a discontinuity, dates go on by EXTINF (1).</summary>
    DateContinuous,

    /// <summary>A date belongs to the same discontinuity sequence in every playlist (1).</summary>
    DiscontinuityAgreement,

    /// <summary>A discontinuity has the same date in every playlist (1).</summary>
    DateAgreement,

    /// <summary>Voices come from one segment table: the same number has the same date, EXTINF and discontinuity in all (1).</summary>
    VoiceAgreement,

    /// <summary>What was published of a segment never changes: EXTINF, URI, date, byte range, discontinuity sequence (1).</summary>
    Immutable,

    /// <summary>Media and discontinuity sequence never decrease, and the newest segment is never taken back (1).</summary>
    Monotonic,

    /// <summary>Nothing is removed that leaves less than three target durations (RFC 8216, 6.2.2).</summary>
    Window,

    /// <summary>One URL never means two contents (3).</summary>
    UrlContent,

    /// <summary>A voice's generation changes only at a discontinuity (3).</summary>
    Generation,

    /// <summary>What the picture's playlists list, every voice has (Working ahead).</summary>
    VoiceCoverage,

    /// <summary>A voice has no EXT-X-GAP where the picture has none: never silence, never a stall (Fallback).</summary>
    VoiceGap,

    /// <summary>A playlist grows within 1.5 target durations (AVPlayer, facts.md).</summary>
    Growth,

    /// <summary>The init segment is stated again after a discontinuity, and fragmented MP4 has one.</summary>
    Map,

    /// <summary>Absolute URIs in the master (5).</summary>
    AbsoluteUri,

    /// <summary>Names in a group are unique (5).</summary>
    UniqueName,

    /// <summary>One default in an audio group, at most one in the others (5).</summary>
    OneDefault,

    /// <summary>LANGUAGE, CHANNELS and a URI where they belong (5).</summary>
    RenditionAttributes,

    /// <summary>Every group that a variant names exists, and every audio group has every voice (5).</summary>
    Groups,

    /// <summary>CODECS name what is really in the voices (5).</summary>
    CodecsTrue,

    /// <summary>BANDWIDTH covers what is really fetched (5).</summary>
    BandwidthTrue,

    /// <summary>Time and date of a voice's segments agree all through a discontinuity (4).</summary>
    MediaTime,

    /// <summary>A voice's segments join without gap or repeat (Encoding).</summary>
    VoiceJoin,

    /// <summary>WebVTT segments have a map, the same all through a discontinuity, and cues that belong to them (7).</summary>
    Captions,

    /// <summary>A carried segment holds a picture and no sound, in time with its date and with the voices.</summary>
    CarriedPicture,

    /// <summary>What is listed can be fetched.</summary>
    Fetch,
}

/// <summary>A rule that was broken.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Address">Playlist or segment.</param>
/// <param name="At">When it was seen.</param>
/// <param name="What">One line: what was seen, and what should have been.</param>
public sealed record HlsViolation(HlsRule Rule, Uri Address, DateTimeOffset At, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{At:HH:mm:ss.fff} {Rule} {Address.AbsolutePath}: {What}";
}
