using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>One track of the film that is made.</summary>
public abstract record FilmTrack
{
    private protected FilmTrack()
    {
    }

    /// <summary>ISO 639-2 code; null where it is not known.</summary>
    public string? Language { get; init; }

    /// <summary>Shown by players.</summary>
    public string? Title { get; init; }

    /// <summary>Whether players begin with it, among those of its kind.</summary>
    public bool Default { get; init; }
}

/// <summary>A stream of a source, packet by packet as it is.</summary>
/// <param name="Source">Which source.</param>
/// <param name="Stream">Its number there.</param>
public sealed record CopiedTrack(int Source, int Stream) : FilmTrack;

/// <summary>AAC of 48 kHz stereo, in packets that are handed in.</summary>
/// <param name="Configuration">ISO/IEC 14496-3, 1.6.2.1.</param>
/// <param name="BitRate">bit/s.</param>
/// <param name="Original">Whether it is the source's own sound, encoded anew.</param>
public sealed record VoiceTrack(ReadOnlyMemory<byte> Configuration, int BitRate, bool Original) : FilmTrack;

/// <summary>Captions, in packets that are handed in.</summary>
public sealed record CaptionsTrack : FilmTrack;

/// <summary>Containers that films are made in.</summary>
public enum FilmContainer
{
    /// <summary>MP4 (ISO/IEC 14496-14); captions as 3GPP timed text.</summary>
    Mp4,

    /// <summary>Matroska; captions as UTF-8 text.</summary>
    Matroska,
}

/// <summary>What is to be joined.</summary>
/// <param name="Container">What is made.</param>
/// <param name="Starts">For each source the time that becomes 0, 90 kHz as it counts.</param>
/// <param name="Tracks">In the order of the file that is made.</param>
public sealed record FilmPlan(FilmContainer Container, IReadOnlyList<long> Starts, IReadOnlyList<FilmTrack> Tracks)
{
    private const int LongestText = 200;

    internal void Write(WireWriter wire)
    {
        wire.U8((int)Container);
        wire.I32(Starts.Count);
        foreach (var start in Starts)
            wire.I64(start);
        wire.I32(Tracks.Count);
        foreach (var track in Tracks)
        {
            wire.Text(track.Language);
            wire.Text(track.Title);
            wire.U8(track.Default ? 1 : 0);
            switch (track)
            {
                case CopiedTrack copied:
                    wire.U8(0);
                    wire.I32(copied.Source);
                    wire.I32(copied.Stream);
                    break;
                case VoiceTrack voice:
                    wire.U8(1);
                    wire.Bytes(voice.Configuration.Span);
                    wire.I32(voice.BitRate);
                    wire.U8(voice.Original ? 1 : 0);
                    break;
                default:
                    wire.U8(2);
                    break;
            }
        }
    }

    internal static FilmPlan Read(ref WireReader wire)
    {
        var container = (FilmContainer)wire.U8();
        var starts = new long[wire.Bounded(1, 16)];
        for (var i = 0; i < starts.Length; i++)
            starts[i] = wire.I64();
        var tracks = new FilmTrack[wire.Bounded(1, 2 * FilmReader.MostStreams)];
        for (var i = 0; i < tracks.Length; i++)
        {
            var language = wire.Text(LongestText);
            var title = wire.Text(LongestText);
            var first = wire.U8() != 0;
            FilmTrack track = wire.U8() switch
            {
                0 => new CopiedTrack(wire.Bounded(0, 15), wire.Bounded(0, FilmReader.MostStreams)),
                1 => new VoiceTrack(wire.Bytes(64).ToArray(), wire.I32(), wire.U8() != 0),
                _ => new CaptionsTrack(),
            };
            tracks[i] = track with { Language = language, Title = title, Default = first };
        }

        return new FilmPlan(container, starts, tracks);
    }
}
