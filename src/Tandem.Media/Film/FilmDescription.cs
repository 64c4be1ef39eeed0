using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>One stream of a film's file.</summary>
/// <param name="Index">libavformat's number of it.</param>
/// <param name="Kind">What it carries; subtitles are <see cref="TrackKind.Other"/>.</param>
/// <param name="Codec">FFmpeg's name of the codec, such as <c>h264</c> or <c>pcm_s16le</c>.</param>
/// <param name="Language">ISO 639 or BCP 47 tag; null where the file has none.</param>
/// <param name="Title">The file's own name for it; null where it has none.</param>
/// <param name="Channels">0 but for sound.</param>
/// <param name="SampleRate">Hz; 0 but for sound.</param>
/// <param name="Special">Whether it is for listeners who see or hear badly, or a commentary.</param>
/// <param name="Default">Whether the file wants it to be played first.</param>
/// <param name="InMp4">Whether an MP4 can carry it as it is, so that players play it.</param>
/// <param name="InMatroska">Whether Matroska can.</param>
/// <param name="Encrypted">Whether its samples are encrypted.</param>
public sealed record FilmStream(
    int Index,
    TrackKind Kind,
    string Codec,
    string? Language,
    string? Title,
    int Channels,
    int SampleRate,
    bool Special,
    bool Default,
    bool InMp4,
    bool InMatroska,
    bool Encrypted)
{
    /// <summary>Whether the file names it, but nothing of it was found.</summary>
    public bool Absent { get; init; }
}

/// <summary>What a film's file holds.</summary>
/// <param name="Format">libavformat's name of the container, such as <c>matroska,webm</c>.</param>
/// <param name="Start">Earliest time of picture and sound, 90 kHz as the file counts.</param>
/// <param name="Length">As the container tells it, 90 kHz; null where it does not.</param>
/// <param name="Streams">In the file's order; pictures that are only a cover are left out.</param>
public sealed record FilmDescription(string Format, long Start, long? Length, IReadOnlyList<FilmStream> Streams)
{
    /// <summary>Whether <see cref="Length"/> is read from an index, not guessed of a bit rate.</summary>
    public bool LengthIsSure => IsMp4 || (IsIndexed && Streams.All(stream => stream.Kind != TrackKind.Other));

    /// <summary>Whether its header tells the length of what was written, rather than of what is there.</summary>
    internal bool IsIndexed => IsMp4 || Format.StartsWith("matroska", StringComparison.Ordinal);

    private bool IsMp4 => Format.StartsWith("mov,", StringComparison.Ordinal);

    /// <summary>
    /// The sound to be heard: in the language asked for, else one without a language, else any; of these the main sound before special
    /// ones, the one that the file plays first, stereo before mono before more channels, the first. Null where there is none that is known to
    /// hold anything.
    /// </summary>
    /// <param name="language">BCP 47.</param>
    public FilmStream? Hear(string language) => Streams
        .Where(stream => stream is { Kind: TrackKind.Sound, SampleRate: > 0 })
        .OrderBy(stream => LanguageTag.SameLanguage(stream.Language, language) ? 0 : stream.Language is null ? 1 : 2)
        .ThenBy(stream => stream.Special ? 1 : 0)
        .ThenBy(stream => stream.Default ? 0 : 1)
        .ThenBy(stream => stream.Channels switch
        {
            2 => 0,
            1 => 1,
            _ => 2,
        })
        .FirstOrDefault();

    internal void Write(WireWriter wire)
    {
        wire.Text(Format);
        wire.I64(Start);
        wire.Optional(Length);
        wire.I32(Streams.Count);
        foreach (var stream in Streams)
        {
            wire.I32(stream.Index);
            wire.U8((int)stream.Kind);
            wire.Text(stream.Codec);
            wire.Text(stream.Language);
            wire.Text(stream.Title);
            wire.I32(stream.Channels);
            wire.I32(stream.SampleRate);
            foreach (var flag in new[] { stream.Special, stream.Default, stream.InMp4, stream.InMatroska, stream.Encrypted, stream.Absent })
                wire.U8(flag ? 1 : 0);
        }
    }

    internal static FilmDescription Read(ref WireReader wire)
    {
        const int LongestText = 200;
        const long LongestTime = 1L << 52;
        var format = wire.Text(LongestText) ?? "";
        var start = wire.I64();
        var length = wire.Optional();
        if (Math.Abs(start) > LongestTime || length is < 0 or > LongestTime)
            throw new WireException("an impossible time");
        var streams = new FilmStream[wire.Bounded(0, FilmReader.MostStreams)];
        for (var i = 0; i < streams.Length; i++)
        {
            var index = wire.Bounded(0, FilmReader.MostStreams);
            var kind = (TrackKind)wire.U8();
            if (!Enum.IsDefined(kind))
                throw new WireException($"a stream of kind {(int)kind}");
            streams[i] = new FilmStream(
                index,
                kind,
                wire.Text(LongestText) ?? "unknown",
                wire.Text(LongestText),
                wire.Text(LongestText),
                wire.Bounded(0, 1024),
                wire.Bounded(0, 10_000_000),
                wire.U8() != 0,
                wire.U8() != 0,
                wire.U8() != 0,
                wire.U8() != 0,
                wire.U8() != 0)
            {
                Absent = wire.U8() != 0,
            };
        }

        return new FilmDescription(format, start, length, streams);
    }
}
