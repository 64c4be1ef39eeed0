using System.Collections.Immutable;
using Tandem.Live.Package;
using Tandem.Media.Film;
using Tandem.Media.Worker;

namespace Tandem.Live.Film;

/// <summary>A voice as the plan needs to know it.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Configuration">Its encoder's.</param>
/// <param name="BitRate">bit/s.</param>
public sealed record VoiceFacts(string Language, ReadOnlyMemory<byte> Configuration, int BitRate);

/// <summary>What goes into a film, in which order, and what cannot.</summary>
/// <param name="Tracks">Picture, voices, original and other sound of the source, captions.</param>
/// <param name="LeftOut">Streams of the source that the container cannot carry, each a few words for people.</param>
public sealed record FilmTracks(ImmutableArray<FilmTrack> Tracks, ImmutableArray<string> LeftOut)
{
    /// <summary>
    /// Decides it. The voices come before the original, the first one as what players begin with: they are what was asked for.
    /// </summary>
    /// <param name="sources">What the sources hold.</param>
    /// <param name="heard">Which source's stream is the original.</param>
    /// <param name="container">What is made.</param>
    /// <param name="from">BCP 47 tag of the source language.</param>
    /// <param name="voices">One for each language.</param>
    /// <param name="original">The original encoded anew; null where it is copied.</param>
    public static FilmTracks Of(
        IReadOnlyList<FilmDescription> sources,
        (int Source, FilmStream Stream) heard,
        FilmContainer container,
        string from,
        IReadOnlyList<VoiceFacts> voices,
        VoiceFacts? original)
    {
        var all = sources.SelectMany((source, index) => source.Streams.Select(stream => (Source: index, Stream: stream))).ToList();
        var tracks = ImmutableArray.CreateBuilder<FilmTrack>();
        foreach (var (source, stream) in all.Where(one => one.Stream.Kind == TrackKind.Picture && CanCarry(container, one.Stream)))
            tracks.Add(Copy(source, stream) with { Default = stream.Default });
        foreach (var voice in voices)
            tracks.Add(Voice(voice, false) with { Title = LanguageNames.Of(voice.Language), Default = voice == voices[0] });
        if (original is not null)
            tracks.Add(Voice(original, true) with { Title = LanguageNames.Original(from) });
        else
            tracks.Add(Copy(heard.Source, heard.Stream) with { Language = LanguageNames.ThreeLetters(from), Title = LanguageNames.Original(from) });
        foreach (var (source, stream) in all.Where(one => one.Stream.Kind == TrackKind.Sound && one != heard && CanCarry(container, one.Stream)))
            tracks.Add(Copy(source, stream));
        foreach (var voice in voices)
            tracks.Add(new CaptionsTrack { Language = LanguageNames.ThreeLetters(voice.Language), Title = LanguageNames.Of(voice.Language) });
        foreach (var (source, stream) in all.Where(one => one.Stream.Kind == TrackKind.Other && CanCarry(container, one.Stream)))
            tracks.Add(Copy(source, stream));
        var leftOut = all
            .Where(one => one != heard && !CanCarry(container, one.Stream) && (one.Stream.Kind != TrackKind.Other || one.Stream.Codec is not ("none" or "unknown" or "bin_data")))
            .Select(one => $"{Word(one.Stream.Kind)} {one.Stream.Index} ({one.Stream.Codec}{(one.Stream.Absent ? ", of which nothing was found" : "")})");
        return new FilmTracks(tracks.ToImmutable(), [.. leftOut]);
    }

    /// <summary>Whether a container carries a stream as it is.</summary>
    public static bool CanCarry(FilmContainer container, FilmStream stream) => container == FilmContainer.Mp4 ? stream.InMp4 : stream.InMatroska;

    private static CopiedTrack Copy(int source, FilmStream stream) => new(source, stream.Index)
    {
        Language = stream.Language is { } language ? LanguageNames.ThreeLetters(language) : null,
        Title = stream.Title,
    };

    private static VoiceTrack Voice(VoiceFacts voice, bool original) =>
        new(voice.Configuration, voice.BitRate, original) { Language = LanguageNames.ThreeLetters(voice.Language) };

    private static string Word(TrackKind kind) => kind switch
    {
        TrackKind.Picture => "picture",
        TrackKind.Sound => "sound",
        _ => "subtitles",
    };
}
