using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tandem.Live.Captions;
using Tandem.Live.Ingest;

namespace Tandem.Live.Film;

/// <summary>
/// Fetches a playlist that has an end: the largest variant and, where the sound is apart, the sound in the source language; decrypted, each
/// into a file without a name that is read like any film.
/// </summary>
internal sealed class VodFetcher(FilmJob job, string folder, FilmServices services, SourceHttp http) : IDisposable
{
    private const int Attempts = 5;
    private const int MostCues = 200_000;
    private readonly MediaFetcher _media = new(http.FetchAsync);
    private int _total;
    private int _done;
    private List<VttFile>? _captions;

    /// <summary>Does it; null with the reason, one line.</summary>
    public static async Task<(IReadOnlyList<SafeFileHandle>? Files, IReadOnlyList<VttFile>? Captions, string? Problem)> FetchAsync(
        FilmJob job, string folder, FilmServices services, CancellationToken stop)
    {
        using var http = new SourceHttp(SourceOptions.Of(job.Voices), services.Time);
        using var fetcher = new VodFetcher(job, folder, services, http);
        var (files, problem) = await fetcher.FetchAsync(stop);
        return (files, fetcher._captions, problem);
    }

    /// <inheritdoc/>
    public void Dispose() => _media.Dispose();

    private async Task<(IReadOnlyList<SafeFileHandle>? Files, string? Problem)> FetchAsync(CancellationToken stop)
    {
        var (input, fault) = await ReadAsync(job.Voices.Input, stop);
        if (input is null)
            return (null, fault);
        var playlists = new List<MediaPlaylist>();
        if (input is PlaylistOutcome.Master(var master))
        {
            foreach (var address in Choose(master, job.Voices.From))
            {
                (var media, fault) = await ReadAsync(address, stop, master);
                if (media is not PlaylistOutcome.Media(var playlist))
                    return (null, fault ?? $"{ShownAddress.Of(address)} is a master playlist where a media playlist was expected");
                playlists.Add(playlist);
            }

            if (job.Engine.ReadsCaptions && job.Captions is null && await FetchCaptionsAsync(master, stop) is { } uncaptioned)
                return (null, uncaptioned);
        }
        else if (input is PlaylistOutcome.Media(var single))
        {
            playlists.Add(single);
        }

        if (playlists.Count == 0)
            return (null, $"{FilmDub.Shown(job)} names no variant with sound");
        foreach (var playlist in playlists)
        {
            if (Unfit(playlist) is { } unfit)
                return (null, unfit);
        }

        return await FetchAsync(playlists, stop);
    }

    /// <summary>Fetches the WebVTT rendition in the source language, if there is one; what is wrong, or null. Otherwise the picture is asked.</summary>
    private async Task<string?> FetchCaptionsAsync(MasterPlaylist master, CancellationToken stop)
    {
        if (SourceCatalog.Of(master, job.Voices.From, SourceOptions.Of(job.Voices).Limits.Playlists).Catalog is not { } catalog)
            return null;
        var (source, problem) = CaptionSource.Of(new SourceEvent.MasterFound(catalog.Master, catalog.Playlists, catalog.Heard), job.Voices.From);
        if (source is not { Channel: null })
            return problem is null ? null : $"{FilmDub.Shown(job)}: {problem}";
        var (read, fault) = await ReadAsync(source.Playlist.Address, stop, master);
        if (read is not PlaylistOutcome.Media(var playlist))
            return fault ?? $"{ShownAddress.Of(source.Playlist.Address)} is a master playlist where a media playlist was expected";
        _captions = [];
        foreach (var segment in playlist.Segments.Where(segment => !segment.Gap))
        {
            var media = await FetchAsync(segment, stop);
            if (media.Fault is { } lost)
                return lost.Detail;
            var (file, unreadable) = media.Init.IsEmpty ? VttParser.Parse(media.Data.Span) : (null, "subtitles in MP4; WebVTT text is read only");
            if (file is null)
                return $"{ShownAddress.Of(segment.Address)}: {unreadable}";
            _captions.Add(file);
            if (_captions.Sum(one => one.Cues.Length) > MostCues)
                return $"{ShownAddress.Of(playlist.Address)}: more captions than a day holds";
        }

        return null;
    }

    /// <summary>The largest variant, and what is heard where that is a rendition of its own.</summary>
    internal static IReadOnlyList<Uri> Choose(MasterPlaylist master, string language)
    {
        var largest = master.Variants
            .OrderBy(variant => SoundCodecs.IsSoundOnly(variant.Attributes["CODECS"]))
            .ThenByDescending(variant => long.TryParse(variant.Attributes["BANDWIDTH"], NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : 0)
            .FirstOrDefault();
        if (largest is null)
            return [];
        var sound = HeardSelection.Rank(master with { Variants = [largest] }, language).FirstOrDefault()?.Rendition?.Address;
        return sound is null || sound == largest.Address ? [largest.Address] : [largest.Address, sound];
    }

    private static string? Unfit(MediaPlaylist playlist)
    {
        var shown = ShownAddress.Of(playlist.Address);
        if (!playlist.EndList)
            return $"{shown} has no end (EXT-X-ENDLIST): it is live; dub it with serve";
        if (playlist.Segments.IsEmpty)
            return $"{shown} has no segments";
        if (playlist.Segments.Skip(1).Any(segment => segment.Discontinuity))
            return $"{shown} has discontinuities, which a film cannot have; dub its parts one by one, or serve it as a channel";
        return playlist.Segments.Select(segment => segment.Map?.Address).Distinct().Count() > 1
            ? $"{shown} changes its init segment, which a film cannot; dub its parts one by one"
            : null;
    }

    private async Task<(PlaylistOutcome? Playlist, string? Problem)> ReadAsync(Uri address, CancellationToken stop, MasterPlaylist? master = null)
    {
        SourceFault? last = null;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var outcome = await http.FetchAsync(new FetchRequest(address, FetchKind.Playlist), stop);
            if (outcome.Succeeded)
            {
                return PlaylistParser.Parse(Encoding.UTF8.GetString(outcome.Body.Span), outcome.Address, master?.Variables, PlaylistParser.MaxSegments) switch
                {
                    PlaylistOutcome.Rejected rejected => (null, rejected.AsFault(outcome.Address).Detail),
                    var read => (read, null),
                };
            }

            last = outcome.Fault;
            if (!last.Retry || attempt == Attempts)
                break;
            await Task.Delay(PollPace.Heed(PollPace.Retry(attempt, hopeful: true, Random.Shared.NextDouble()), last), services.Time, stop);
        }

        return (null, last!.Detail);
    }

    private async Task<(IReadOnlyList<SafeFileHandle>? Files, string? Problem)> FetchAsync(List<MediaPlaylist> playlists, CancellationToken stop)
    {
        _total = playlists.Sum(playlist => playlist.Segments.Length);
        var files = new List<SafeFileHandle>();
        var whole = false;
        try
        {
            foreach (var playlist in playlists)
            {
                files.Add(Nameless());
                if (await FetchAsync(playlist, files[^1], stop) is { } problem)
                    return (null, problem);
            }

            whole = true;
            return (files, null);
        }
        finally
        {
            if (!whole)
                files.ForEach(file => file.Dispose());
        }
    }

    private async Task<string?> FetchAsync(MediaPlaylist playlist, SafeFileHandle file, CancellationToken stop)
    {
        const int AtOnce = 3;
        var pending = new Queue<Task<FetchedMedia>>();
        var next = 0;
        long position = 0;
        ReadOnlyMemory<byte> init = default;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            while (next < playlist.Segments.Length || pending.Count > 0)
            {
                while (pending.Count < AtOnce && next < playlist.Segments.Length)
                    pending.Enqueue(FetchAsync(playlist.Segments[next++], both.Token));
                var media = await pending.Dequeue();
                if (media.Fault is { } fault)
                    return fault.Detail;
                if (init.IsEmpty && !media.Init.IsEmpty)
                {
                    init = media.Init;
                    RandomAccess.Write(file, init.Span, position);
                    position += init.Length;
                }

                RandomAccess.Write(file, media.Data.Span, position);
                position += media.Data.Length;
                services.Report(new FilmReport(FilmStage.Fetching, ++_done / (double)_total, 0));
            }

            return null;
        }
        finally
        {
            await both.CancelAsync();
            await Task.WhenAll(pending.Select(task => task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
        }
    }

    private async Task<FetchedMedia> FetchAsync(MediaSegment segment, CancellationToken stop)
    {
        if (segment.Gap)
            return FetchedMedia.Failed(new SourceFault("segment", "gap", $"{ShownAddress.Of(segment.Address)}: the playlist marks it as missing (EXT-X-GAP)", Retry: false));
        for (var attempt = 1; ; attempt++)
        {
            var media = await _media.FetchAsync(segment, patience: null, stop);
            if (media.Fault is not { } fault || !fault.Retry || attempt == Attempts)
                return media;
            await Task.Delay(PollPace.Heed(PollPace.Retry(attempt, hopeful: true, Random.Shared.NextDouble()), fault), services.Time, stop);
        }
    }

    private SafeFileHandle Nameless()
    {
        var path = Path.Combine(folder, $".tandem-{Guid.NewGuid():N}.film");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.Delete(path);
        return file;
    }
}
