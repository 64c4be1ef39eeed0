using System.Collections.Immutable;
using Tandem.Live;

namespace Tandem.Server.Pages;

/// <summary>
/// Remembers what was heard of each voice of a channel, by the programme's time: viewers are behind the end of what is published, so what
/// is true there is not yet true for them. Safe on any thread.
/// </summary>
internal sealed class HeardDiary
{
    // Longer than the longest window that is published, so that whoever plays from it is told the truth.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(3);

    // A state that flickers at every look for three minutes.
    private const int MostEntries = 400;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ImmutableList<HeardSince>> _voices = new(StringComparer.Ordinal);
    private long _last = long.MinValue;

    /// <summary>Takes a look at the channel. Nothing is noted while nothing is published.</summary>
    public void Look(ChannelSnapshot snapshot)
    {
        if (snapshot.LastPublished?.Ends is not { } ends)
            return;
        var since = ends.ToUnixTimeMilliseconds();
        lock (_lock)
        {
            // A source whose dates went back: what was noted belongs to another time.
            if (since < _last)
                _voices.Clear();
            _last = since;
            foreach (var language in snapshot.Languages)
            {
                var now = new HeardSince(since, language.State, WhyOf(language, snapshot.Engine.Healthy));
                var noted = _voices.GetValueOrDefault(language.Language, []);
                if (noted.Count > 0 && noted[^1] with { Since = since } == now)
                    continue;
                if (noted.Count > 0 && noted[^1].Since == since)
                    noted = noted.RemoveAt(noted.Count - 1);
                var old = noted.FindLastIndex(entry => entry.Since <= since - (long)Kept.TotalMilliseconds);
                _voices[language.Language] = noted.RemoveRange(0, Math.Max(Math.Max(old, 0), noted.Count - MostEntries)).Add(now);
            }
        }
    }

    /// <summary>What was heard of a voice, oldest first.</summary>
    public ImmutableArray<HeardSince> Of(string language)
    {
        lock (_lock)
            return [.. _voices.GetValueOrDefault(language, [])];
    }

    /// <summary>Why a voice is no dub, in a word that a page can put in any language; null where it is one.</summary>
    public static HeardWhy? WhyOf(LanguageSnapshot language, bool engineWorks) => language switch
    {
        { State: LanguageState.Dubbed } => null,
        { State: LanguageState.Fallback, Reason: LanguageSnapshot.NotReady } => engineWorks ? HeardWhy.NotReady : HeardWhy.EngineAway,
        { State: LanguageState.Fallback } => engineWorks ? HeardWhy.EngineFailed : HeardWhy.EngineAway,
        { Reason: LanguageSnapshot.Advertisement } => HeardWhy.Advertisement,
        { Reason: LanguageSnapshot.OfSource } => HeardWhy.OfSource,
        _ => engineWorks ? HeardWhy.NoSpeech : HeardWhy.EngineAway,
    };
}
