using System.Collections.Immutable;
using System.Threading.Channels;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Captions;

/// <summary>Takes the caption bytes out of a segment's pictures: <see cref="MediaWorker.ReadCaptionsAsync"/>.</summary>
public delegate Task<CaptionOutcome> ExtractCaptions(CaptionRequest request, CancellationToken cancellation);

/// <summary>
/// The stage from the source's segments to its captions: chooses where they are read, has what is not heard fetched, and reads it. WebVTT
/// is read here; pictures are taken apart by the worker, which is confined, and of them two bytes a field come back, which are decoded here,
/// so that a worker that dies costs no caption's beginning.
/// </summary>
/// <param name="fetched">What the follower fetches for captions.</param>
/// <param name="fetch">From now on these playlists are fetched, what appeared so long ago at most among them.</param>
/// <param name="extract">Takes the bytes out of pictures.</param>
/// <param name="language">BCP 47 tag of the source language.</param>
/// <param name="backFill">How far back captions are of use at the start.</param>
/// <param name="time">The clock.</param>
public sealed class CaptionReading(
    ChannelReader<CarriedMedia> fetched,
    Action<ImmutableHashSet<PlaylistId>, TimeSpan> fetch,
    ExtractCaptions extract,
    string language,
    TimeSpan backFill,
    TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Segments with pictures are megabytes.
    private const int MostHeard = 32;
    private const long MostHeardBytes = 64 << 20;

    private readonly Channel<CarriedMedia> _heard = Channel.CreateBounded<CarriedMedia>(MostHeard);
    private readonly Channel<CaptionSegment> _messages = Channel.CreateBounded<CaptionSegment>(64);
    private volatile Reader? _reader;
    private volatile string? _problem;
    private volatile SourceFault? _playlistFault;
    private long _heardBytes;

    /// <summary>What was read, each playlist's in order.</summary>
    public ChannelReader<CaptionSegment> Messages => _messages.Reader;

    /// <summary>Where captions are read; null before the master playlist is known, and where there are none.</summary>
    public CaptionSource? Source => _reader?.Source;

    /// <summary>Why there can be no captions, one line; null where there may be.</summary>
    public string? Problem => _problem;

    /// <summary>Why the playlist that holds them cannot be had; null while it can.</summary>
    public SourceFault? PlaylistFault => _playlistFault;

    /// <summary>Takes what the follower tells, in its order, and what is heard; never waits.</summary>
    public void Offer(SourceEvent happened)
    {
        switch (happened)
        {
            case SourceEvent.MasterFound found:
                Choose(found);
                break;
            case SourceEvent.SourceFaulted { Playlist: { } id } faulted when id == Source?.Playlist.Id:
                _playlistFault = faulted.Fault;
                break;
            case SourceEvent.SourceRecovered { Playlist: { } id } when id == Source?.Playlist.Id:
                _playlistFault = null;
                break;
            case SourceEvent.SegmentFetched got when got.Id == Source?.Playlist.Id:
                Offer(new CarriedMedia(got.Id, got.Segment, got.Incarnation, got.AppearedAt, got.Init, got.Data, null));
                break;
            case SourceEvent.SegmentLost lost when lost.Id == Source?.Playlist.Id:
                Offer(new CarriedMedia(lost.Id, lost.Segment, lost.Incarnation, lost.AppearedAt, default, default, lost.Fault));
                break;
        }
    }

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="arrived">Called after each message.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action arrived, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (beside, heard) = (RunAsync(fetched, false, arrived, both.Token), RunAsync(_heard.Reader, true, arrived, both.Token));
        await Task.WhenAny(beside, heard);
        await both.CancelAsync();
        await Task.WhenAll(beside, heard);
    }

    private void Choose(SourceEvent.MasterFound found)
    {
        var (source, problem) = CaptionSource.Of(found, language);
        _problem = problem;
        if (source is not null && source.Playlist.Id == Source?.Playlist.Id && source.Channel == Source?.Channel)
            return;
        _playlistFault = null;
        _reader = source is null ? null : new Reader(source);
        fetch(source is null || source.Playlist.Id == found.Heard ? [] : [source.Playlist.Id], backFill);
    }

    private void Offer(CarriedMedia media)
    {
        // What the machine is too slow for is left out here; it must not hold up what is heard.
        if (Interlocked.Read(ref _heardBytes) + media.Data.Length <= MostHeardBytes && _heard.Writer.TryWrite(media))
            Interlocked.Add(ref _heardBytes, media.Data.Length);
    }

    private async Task RunAsync(ChannelReader<CarriedMedia> source, bool isHeard, Action arrived, CancellationToken stop)
    {
        await foreach (var media in source.ReadAllAsync(stop))
        {
            if (isHeard)
                Interlocked.Add(ref _heardBytes, -media.Data.Length);
            if (_reader is not { } reader || media.Id != reader.Source.Playlist.Id)
                continue;
            var said = reader.Source.Channel is null ? ReadVtt(reader, media) : await ReadPictureAsync(reader, media, stop);
            await _messages.Writer.WriteAsync(said with { IsHeard = isHeard }, stop);
            arrived();
        }
    }

    private static CaptionSegment ReadVtt(Reader reader, CarriedMedia media)
    {
        if (media.Fault is { } fault)
            return Said(reader, media, [], fault);
        if (!media.Init.IsEmpty)
            return NoVtt("subtitles in MP4; WebVTT text is read only");

        var (file, problem) = VttParser.Parse(media.Data.Span);
        return file is null
            ? NoVtt(problem!)
            : Said(reader, media, [.. file.Cues.Select(cue => new TimedText(file.TicksOf(cue.Start), file.TicksOf(cue.End), cue.Text))], null);

        CaptionSegment NoVtt(string why) => Said(
            reader, media, [], new SourceFault("captions", "not_webvtt", $"{ShownAddress.Of(media.Segment.Address)}: {why}", Retry: true));
    }

    private async Task<CaptionSegment> ReadPictureAsync(Reader reader, CarriedMedia media, CancellationToken stop)
    {
        var goesOn = reader.Incarnation == media.Incarnation && reader.Next == media.Segment.Sequence && !media.Segment.Discontinuity;
        var texts = new List<TimedText>();
        if (!goesOn)
            texts.AddRange(reader.Break());
        if (media.Fault is { } lost)
            return Said(reader, media, texts, lost);
        var outcome = await extract(new CaptionRequest(media.Data, media.Init, goesOn), stop);
        if (outcome.Fault is DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable)
        {
            await Task.Delay(Pause, time, stop);
            outcome = await extract(new CaptionRequest(media.Data, media.Init, Continues: false), stop);
        }

        if (outcome.Pairs is not { } pairs)
        {
            var reason = Hearing.Word(outcome.Fault ?? DecodeFault.Unavailable);
            return Said(reader, media, texts, new SourceFault("captions", reason, outcome.Detail ?? "", Retry: true));
        }

        reader.Incarnation = media.Incarnation;
        reader.Next = media.Segment.Sequence + 1;
        foreach (var pair in pairs)
        {
            reader.Ticks = reader.Ticks is { } near ? MediaTime.Unwrap(pair.Ticks, near) : pair.Ticks;
            texts.AddRange(reader.Decoder.Take(reader.Ticks.Value, pair.Field, pair.First, pair.Second));
        }

        return Said(reader, media, texts, null);
    }

    private static CaptionSegment Said(Reader reader, CarriedMedia media, IReadOnlyList<TimedText> texts, SourceFault? fault) =>
        new(reader.Source, media.Segment, media.AppearedAt, IsHeard: false, texts, fault)
        {
            Open = reader.Decoder.Since,
            HasSpoken = reader.Source.Channel is null || reader.Decoder.HasSpoken,
        };

    /// <summary>What is remembered from segment to segment.</summary>
    private sealed class Reader(CaptionSource source)
    {
        public CaptionSource Source { get; } = source;

        public Cea608Decoder Decoder { get; } = new(source.Channel ?? 1);

        public int Incarnation { get; set; } = -1;

        public long Next { get; set; } = -1;

        public long? Ticks { get; set; }

        public IReadOnlyList<TimedText> Break()
        {
            Ticks = null;
            return Decoder.Finish();
        }
    }
}
