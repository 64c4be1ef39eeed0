namespace Tandem.Live.Ingest;

/// <summary>A segment that was fetched, or given up.</summary>
/// <param name="Segment">With the address that was asked last.</param>
/// <param name="Media">The bytes, or why there are none.</param>
/// <param name="Took">The attempt that brought it.</param>
internal sealed record TriedSegment(MediaSegment Segment, FetchedMedia Media, TimeSpan Took);

/// <summary>Fetches a segment, again and again while that can help and time is left; never throws but for cancellation.</summary>
internal sealed class SegmentTries(MediaFetcher media, TimeProvider time)
{
    /// <summary>Tries for a segment.</summary>
    /// <param name="listed">As the playlist showed it first.</param>
    /// <param name="allowed">How long.</param>
    /// <param name="latest">The newest state of its playlist: where segments can be had now, and which have left the window.</param>
    /// <param name="stretch">Whose segment it is.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<TriedSegment> FetchAsync(
        MediaSegment listed, TimeSpan allowed, Func<MediaPlaylist?> latest, SourceStretch stretch, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(allowed, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        SourceFault? last = null;
        try
        {
            for (var failures = 1; ; failures++)
            {
                var (segment, inWindow) = Now(listed, latest());
                var asked = time.GetTimestamp();
                var got = await media.FetchAsync(segment, allowed - time.GetElapsedTime(began), either.Token, stretch);
                if (got.Fault is null)
                    return new TriedSegment(segment, got, time.GetElapsedTime(asked));
                last = got.Fault;
                if (!last.Retry || (!inWindow && last.Reason is "not_found" or "forbidden"))
                    return Lost(last);
                await Task.Delay(PollPace.Heed(PollPace.Retry(failures, hopeful: true, Random.Shared.NextDouble()) / 2, last), time, either.Token);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return Lost(last ?? new SourceFault(
                "segment", "timeout", $"{ShownAddress.Of(listed.Address)}: not there within {allowed.TotalSeconds:0.#} s", Retry: true));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A defect must cost this segment only: those after it are waiting behind it.
            return Lost(new SourceFault("segment", "internal", $"a defect of Tandem's ingest: {error.GetType().Name}: {error.Message}", Retry: true));
        }

        TriedSegment Lost(SourceFault fault) => new(listed, FetchedMedia.Failed(fault), TimeSpan.Zero);
    }

    // Signed addresses are renewed from poll to poll: the newest is the one that still works.
    private static (MediaSegment Segment, bool InWindow) Now(MediaSegment segment, MediaPlaylist? latest)
    {
        if (latest is not { Segments.IsEmpty: false } playlist)
            return (segment, true);
        var index = segment.Sequence - playlist.MediaSequence;
        if (index < 0 || index >= playlist.Segments.Length)
            return (segment, false);
        var renewed = playlist.Segments[(int)index];
        var same = renewed.Address.AbsolutePath == segment.Address.AbsolutePath && renewed.Range == segment.Range;
        return same ? (segment with { Address = renewed.Address, Keys = renewed.Keys, Map = renewed.Map }, true) : (segment, false);
    }
}
