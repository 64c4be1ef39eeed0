using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>A caption of the source on channel time.</summary>
/// <param name="Start">When it shows.</param>
/// <param name="End">When it goes; not before <paramref name="Start"/>.</param>
/// <param name="Text">What it says, without markup; lines apart by line feeds.</param>
public sealed record SourceCue(ChannelTime Start, ChannelTime End, string Text);

/// <summary>An engine that reads what is said from the source's captions.</summary>
public interface ICaptionListener
{
    /// <summary>Hands on captions, in any order; repeated ones are spoken once. Returns at once.</summary>
    /// <param name="cues">The captions.</param>
    /// <param name="upTo">No caption that begins before this will come any more, as far as can be told.</param>
    void Read(IReadOnlyList<SourceCue> cues, ChannelTime upTo);

    /// <summary>Says why there are no captions, one line with the remedy; null when there are again.</summary>
    void Miss(string? reason);
}
