using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Film;
using Tandem.Media.Worker;

namespace Tandem.Live.Film;

/// <summary>
/// A film's captions in its own language, all of them before its sound is heard: a WebVTT file beside it or in its playlist, a subtitle
/// stream, or CEA-608 in a track or in its pictures.
/// </summary>
internal static class FilmCues
{
    // A cue without an end shows this long, or until the next.
    private const long Assumed = 5 * MediaTime.Rate;

    private const string Remedy = "give them with --captions FILE.vtt, or choose another recogniser";

    private static readonly string[] s_texts = ["mov_text", "subrip", "text", "webvtt", "ass", "ssa"];

    /// <summary>Reads them; null with what is wrong, to be read after the film's name.</summary>
    /// <param name="job">The film.</param>
    /// <param name="sources">Its open files, and what was fetched beside them.</param>
    /// <param name="described">What they hold.</param>
    /// <param name="clock">Where the film begins.</param>
    /// <param name="services">The process around.</param>
    /// <param name="stop">Gives it up.</param>
    public static async Task<(IReadOnlyList<SourceCue>? Cues, string? Problem)> ReadAsync(
        FilmJob job, FilmSources sources, IReadOnlyList<FilmDescription> described, FilmClock clock, FilmServices services, CancellationToken stop)
    {
        if (job.Captions is { } path)
            return ReadFile(path);
        if (sources.Captions is { } fetched)
        {
            var all = OfVtt(fetched, From(clock.Start));
            return all.Count > 0 ? (all, null) : (null, $"has a WebVTT rendition in {job.Voices.From} without a cue; {Remedy}");
        }

        var language = job.Voices.From;
        foreach (var (source, stream) in Candidates(described, language))
        {
            var (read, problem) = await FilmCaptions.ReadAsync(sources.Files, source, stream, job.Child, services.Time, stop);
            if (read is null)
                return (null, $"cannot be read for its captions: {problem}");
            var texts = stream.Kind == TrackKind.Other && stream.Codec != "eia_608" ? OfPackets(stream.Codec, read.Texts) : OfPairs(read.Pairs);
            var epoch = From(clock.Starts[source]);
            var cues = new List<SourceCue>();
            foreach (var text in texts)
                Add(cues, epoch.ToChannel(text.Start), epoch.ToChannel(text.End), text.Text);
            if (cues.Count > 0)
                return (cues, null);
        }

        var others = described.SelectMany(one => one.Streams).Where(IsText)
            .Select(stream => stream.Language ?? "an unnamed language").Distinct().ToList();
        return (null, $"has no captions in {language}: "
            + (others.Count > 0 ? $"its subtitles are in {string.Join(", ", others)}" : "it has no subtitles")
            + $", and its picture carries no CEA-608 (CC1); {Remedy}");
    }

    /// <summary>Cues of WebVTT files that were cut as HLS cuts them.</summary>
    internal static IReadOnlyList<SourceCue> OfVtt(IEnumerable<VttFile> files, Epoch epoch)
    {
        var cues = new List<SourceCue>();
        foreach (var file in files)
        {
            // Without a map players let the file's clock begin with the film, whatever RFC 8216 says of time 0.
            foreach (var cue in file.Cues)
            {
                var begin = file.Map is null
                    ? ChannelTime.Zero + SoundLength.Of(cue.Start)
                    : epoch.ToChannel(MediaTime.Unwrap(file.TicksOf(cue.Start), epoch.StartTicks));
                Add(cues, begin, begin + SoundLength.Of(cue.End - cue.Start), cue.Text);
            }
        }

        return cues;
    }

    /// <summary>Cues of a WebVTT file beside the film; null with what is wrong, to be read after the film's name.</summary>
    internal static (IReadOnlyList<SourceCue>? Cues, string? Problem) ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > VttParser.Largest } large)
                return (null, $"has captions that are no WebVTT: {path} has {large.Length} bytes");

            // A pipe tells no length, and could be waited for without end.
            if (new FileInfo(path) is { Exists: true, Length: 0 })
                return (null, $"cannot be dubbed: its captions {path} are empty or no regular file");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be dubbed: its captions {path} cannot be read: {FilmOutput.Reason(e)}");
        }

        var (file, problem) = VttParser.Parse(bytes);
        if (file is null || file.Cues.IsEmpty)
            return (null, $"cannot be dubbed: its captions {path} are {problem ?? "without a cue"}; give WebVTT in the source language");
        return (OfVtt([file with { Map = null }], From(0)), null);
    }

    private static IEnumerable<(int Source, FilmStream Stream)> Candidates(IReadOnlyList<FilmDescription> described, string language)
    {
        var all = described.SelectMany((one, source) => one.Streams.Select(stream => (Source: source, Stream: stream))).ToList();
        var texts = all.Where(entry => IsText(entry.Stream)).ToList();
        return texts
            .Where(entry => SourceLanguage.Match(language, entry.Stream.Language) is LanguageMatch.Same or LanguageMatch.Related
                || (entry.Stream.Language is null && texts.Count == 1))
            .OrderBy(entry => entry.Stream.Special)
            .Concat(all.Where(entry => entry.Stream.Codec == "eia_608"))
            .Concat(all.Where(entry => entry.Stream is { Kind: TrackKind.Picture, Codec: "h264" or "hevc" }).Take(1));
    }

    private static bool IsText(FilmStream stream) => stream.Kind == TrackKind.Other && s_texts.Contains(stream.Codec);

    private static Epoch From(long start) => new(0, EpochReason.Start, start, ChannelTime.Zero, 0, 0);

    /// <summary>What shows before the film's beginning begins with it.</summary>
    private static void Add(List<SourceCue> cues, ChannelTime start, ChannelTime end, string text)
    {
        if (end > ChannelTime.Zero)
            cues.Add(new SourceCue(ChannelTime.Max(start, ChannelTime.Zero), end, text));
    }

    private static List<TimedText> OfPairs(IReadOnlyList<Tandem.Media.Captions.CaptionPair> pairs)
    {
        var decoder = new Cea608Decoder(1);
        var texts = new List<TimedText>();
        foreach (var pair in pairs)
            texts.AddRange(decoder.Take(pair.Ticks, pair.Field, pair.First, pair.Second));
        texts.AddRange(decoder.Finish());
        return texts;
    }

    private static List<TimedText> OfPackets(string codec, IReadOnlyList<FilmText> packets)
    {
        var texts = new List<TimedText>();
        for (var index = 0; index < packets.Count; index++)
        {
            var packet = packets[index];
            var end = packet.Ticks + packet.Length;
            if (packet.Length == 0)
                end += index + 1 < packets.Count && packets[index + 1].Ticks > end ? Math.Min(packets[index + 1].Ticks - end, Assumed) : Assumed;
            var text = SubtitlePacket.Text(codec, packet.Data);
            if (text.Length > 0)
                texts.Add(new TimedText(packet.Ticks, end, text));
        }

        return texts;
    }
}
