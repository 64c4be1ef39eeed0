using System.Collections.Immutable;
using System.Globalization;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Media.Film;

namespace Tandem.Live.Film;

/// <summary>
/// Dubs a film from its file or playlist to a new file: the same stages as a channel's, without a clock. It is read twice: once its
/// sound is heard, dubbed and encoded; then picture, original, voices and captions are joined. The picture is never encoded anew.
/// </summary>
public static class FilmDub
{
    /// <summary>Does it.</summary>
    /// <returns>The summary, or why there is no film, one line with the thing and the remedy.</returns>
    public static async Task<(FilmSummary? Summary, string? Problem)> RunAsync(FilmJob job, FilmServices services, CancellationToken stop)
    {
        using var output = FilmOutput.Open(job.Output, job.Overwrite, out var problem);
        if (output is null)
            return (null, problem);
        if (job is { Engine.ReadsCaptions: true, Captions: { } captions } && FilmCues.ReadFile(captions).Problem is { } unreadable)
            return (null, $"{Shown(job)} {unreadable}");
        try
        {
            var (sources, refused) = await FilmSources.OpenAsync(job, output.Folder, services, stop);
            if (sources is null)
                return (null, refused);
            using (sources)
                return await RunAsync(job, sources, output, services, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{job.Output} cannot be written: {FilmOutput.Reason(e)}; make room or choose another folder");
        }
    }

    private static async Task<(FilmSummary? Summary, string? Problem)> RunAsync(
        FilmJob job, FilmSources sources, FilmOutput output, FilmServices services, CancellationToken stop)
    {
        var began = services.Time.GetTimestamp();
        var files = sources.Files;
        var (hearing, unreadable) = await FilmHearing.OpenAsync(files, job.Child, services.Time, stop);
        if (hearing is null)
            return (null, $"{Shown(job)} cannot be read: {unreadable}; give a film or a recording, such as MP4, Matroska, a transport stream or WAV");
        await using (hearing)
        {
            if (Hear(hearing, job.Voices.From) is not { } heard)
                return (null, $"{Shown(job)} has no sound, so there is nothing to dub");
            if (Unfit(job, hearing.Sources, heard.Stream) is { } unfit)
                return (null, unfit);
            var clock = FilmClock.Of(hearing.Sources);
            IReadOnlyList<SourceCue>? cues = null;
            if (job.Engine.ReadsCaptions)
            {
                (cues, var uncaptioned) = await FilmCues.ReadAsync(job, sources, hearing.Sources, clock, services, stop);
                if (cues is null)
                    return (null, $"{Shown(job)} {uncaptioned}");
            }

            var encodeOriginal = !FilmTracks.CanCarry(job.Container, heard.Stream);
            await using var voices = FilmVoices.Start(job, output.Folder, encodeOriginal, services, cues);
            hearing.Hear(heard.Source, heard.Stream);
            if (await new FilmListening(hearing, hearing.Sources[heard.Source], clock.Starts[heard.Source], voices, services).RunAsync(stop) is { } broken)
                return (null, $"{Shown(job)} {broken}");
            await hearing.DisposeAsync();

            var tracks = FilmTracks.Of(hearing.Sources, heard, job.Container, job.Voices.From, voices.Facts, voices.Original);
            var plan = new FilmPlan(job.Container, clock.Starts, tracks.Tracks);
            var total = files.Sum(RandomAccess.GetLength);
            var failure = await FilmJoining.JoinAsync(
                files,
                plan,
                voices.Packets(tracks.Tracks, job.Container),
                output.File,
                read => services.Report(new FilmReport(FilmStage.Joining, total > 0 ? Math.Clamp(read / (double)total, 0, 1) : null, 0)),
                job.Child,
                services.Time,
                stop);
            if (failure is not null)
                return (null, $"{Shown(job)} cannot be joined to {job.Output}: {failure}{Remedy(job)}");
            output.Keep();
            var took = services.Time.GetElapsedTime(began).TotalSeconds;
            return (voices.Summary(job, Shown(job), Math.Round(took, 3), Notes(tracks, voices, encodeOriginal, heard.Stream)), null);
        }
    }

    /// <summary>Where sound and picture are apart, in the source that has the wanted language, else the first that has any.</summary>
    private static (int Source, FilmStream Stream)? Hear(FilmHearing hearing, string language)
    {
        for (var source = hearing.Sources.Count - 1; source >= 0; source--)
        {
            // What was fetched for its sound stands last.
            if (hearing.Sources[source].Hear(language) is { } stream)
                return (source, stream);
        }

        return null;
    }

    private static string? Unfit(FilmJob job, IReadOnlyList<FilmDescription> sources, FilmStream heard)
    {
        if (heard.Encrypted)
            return $"{Shown(job)} is encrypted; give a copy that is not";
        var pictures = sources.SelectMany(source => source.Streams).Where(stream => stream is { Kind: Media.Worker.TrackKind.Picture, Absent: false }).ToList();
        if (pictures.Find(stream => stream.Encrypted) is not null)
            return $"{Shown(job)} is encrypted; give a copy that is not";
        if (pictures.Find(stream => !FilmTracks.CanCarry(job.Container, stream)) is not { } picture)
            return null;
        return job.Container == FilmContainer.Mp4 && picture.InMatroska
            ? $"the picture of {Shown(job)} ({picture.Codec}) does not go into an MP4; name the output {Path.ChangeExtension(job.Output, ".mkv")}"
            : $"the picture of {Shown(job)} ({picture.Codec}) goes into no container that can be made; encode it anew first, such as with ffmpeg -i INPUT -c:a copy OUTPUT.mp4";
    }

    private static string Remedy(FilmJob job) => job.Container == FilmContainer.Mp4 ? "; try an output that ends in .mkv" : "";

    private static ImmutableArray<string> Notes(FilmTracks tracks, FilmVoices voices, bool encodedOriginal, FilmStream heard) =>
    [
        .. tracks.LeftOut.Select(stream => $"{stream} is left out: the container does not carry it"),
        .. encodedOriginal ? [$"the original ({heard.Codec}) was encoded anew to AAC: the container does not carry it"] : Array.Empty<string>(),
        .. voices.Troubles,
    ];

    /// <summary>The input as it may be shown.</summary>
    internal static string Shown(FilmJob job) => job.IsPlaylist ? ChannelSnapshot.WithoutSecrets(new Uri(job.Input)) : job.Input;

    /// <summary>A length for people.</summary>
    internal static string Time(ChannelTime time) =>
        TimeSpan.FromSeconds(time.Seconds).ToString(time.Seconds < 3600 ? @"m\:ss\.f" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
