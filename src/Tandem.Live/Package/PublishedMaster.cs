using System.Collections.Immutable;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>One published audio rendition.</summary>
/// <param name="Path">Of its media playlist, relative to the master, such as <c>voice/es.m3u8</c>.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="IsOriginal">Whether it is the source's sound repackaged; otherwise a machine speaks.</param>
/// <param name="CodecsTag">RFC 6381.</param>
/// <param name="Channels">Channels.</param>
/// <param name="BitRate">Largest rate of any segment with its framing, bits a second.</param>
/// <param name="AverageBitRate">Average rate with framing, bits a second.</param>
public sealed record Voice(string Path, string Language, bool IsOriginal, string CodecsTag, int Channels, int BitRate, int AverageBitRate);

/// <summary>The captions of one dub.</summary>
/// <param name="Path">Of their media playlist, relative to the master.</param>
/// <param name="Language">BCP 47.</param>
public sealed record CaptionTrack(string Path, string Language);

/// <summary>What was learned about a source playlist beyond what the master says; null where it was not.</summary>
/// <param name="Codecs">RFC 6381 names of all its tracks, separated by commas.</param>
/// <param name="HasPicture">Whether its segments hold a picture.</param>
/// <param name="BitRate">Largest rate of its segments, bits a second.</param>
/// <param name="AverageBitRate">Their average rate, bits a second.</param>
public sealed record PlaylistFacts(string? Codecs = null, bool? HasPicture = null, int? BitRate = null, int? AverageBitRate = null)
{
    /// <summary>Rate of the sound that was taken out of it, bits a second: what it lacks of the source's BANDWIDTH.</summary>
    public int SoundTaken { get; init; }
}

/// <summary>Everything that Tandem's master playlist says; <see cref="MasterWriter"/> turns it into text.</summary>
public sealed record PublishedMaster
{
    /// <summary>The source's master; where the input is a media playlist, a master with that as its one variant, without attributes.</summary>
    public required MasterPlaylist Source { get; init; }

    /// <summary>
    /// Path of the delayed copy of each source playlist, relative to the master. What has none is left out, with the groups that become
    /// empty.
    /// </summary>
    public required ImmutableDictionary<Uri, string> Paths { get; init; }

    /// <summary>The original and the dubs, in the configured order of the target languages.</summary>
    public required ImmutableArray<Voice> Voices { get; init; }

    /// <summary>Captions of the dubs.</summary>
    public ImmutableArray<CaptionTrack> Captions { get; init; } = [];

    /// <summary>A language or <c>original</c>; null for the first dub.</summary>
    public string? DefaultVoice { get; init; }

    /// <summary>Whether dubs into languages that the source has are listed all the same.</summary>
    public bool DubExisting { get; init; }

    /// <summary>Whether the picture is carried: there is no sound in the variants, and nothing is encrypted.</summary>
    public bool Carried { get; init; }

    /// <summary>By address of the source's playlist.</summary>
    public ImmutableDictionary<Uri, PlaylistFacts> Facts { get; init; } = ImmutableDictionary<Uri, PlaylistFacts>.Empty;
}
