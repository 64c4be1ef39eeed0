using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>What a rendition has for a row: where, and the bytes.</summary>
/// <param name="Rendition">Language tag, <c>original</c>, or <c>subs/</c> and a language tag.</param>
/// <param name="Segment">Where.</param>
/// <param name="Body">The segment; null for a gap.</param>
/// <param name="Init">The init segment, where there is one.</param>
public sealed record PackagedSegment(string Rendition, RenditionSegment Segment, PublishedResource? Body, PublishedResource? Init)
{
    /// <summary>The frames of <see cref="Body"/>, until chunks were made of them; null for gaps and captions.</summary>
    public PackagedSound? Sound { get; set; }

    /// <summary>The captions in <see cref="Body"/>; default for sound.</summary>
    public ImmutableArray<Caption> Captions { get; init; }
}

/// <summary>
/// Keeps the table and the source's playlists, and publishes rows when they are due: all segments and all playlists of a row in one
/// change, so that no viewer sees a number in one playlist before it is in the others.
/// </summary>
public sealed class Publisher(
    Publication publication, ChannelMetrics metrics, StateRecord record, TimeProvider time, ILogger log, CarriedPictures? carried = null,
    ChunkPublisher? chunks = null)
{
    // Longer windows cost memory for every voice; players seek back no further in live dubbing.
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(2);

    // Half a second is more than any player's margin at the live edge.
    private static readonly TimeSpan TooLate = TimeSpan.FromSeconds(0.5);

    // Segments that are due while a channel starts are filled in as fast as they come.
    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(5);

    // What is due when a channel starts is worked through in a second or two; a machine that needs longer shows what it has.
    private static readonly TimeSpan FillPatience = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset _backFilled = time.GetUtcNow() + Starting;
    private readonly Dictionary<PlaylistId, DelayedPlaylist> _mirrors = [];
    private readonly Dictionary<SegmentRow, List<PackagedSegment>> _packaged = [];
    private readonly HashSet<string> _renditions = [];
    private readonly Dictionary<string, int> _inits = [];

    // Rows that are counted as published and whose bytes are not out yet.
    private readonly List<SegmentRow> _pending = [];
    private TimeSpan _window;

    // Number of the first row that is listed. It never falls (RFC 8216, section 6.2.2), though the window may grow.
    private long _first = long.MinValue;
    private bool _dirty;
    private bool _begun;
    private DateTimeOffset? _firstReady;

    /// <summary>The rows.</summary>
    public SegmentTable Table { get; } = new();

    /// <summary>The master playlist and what is heard; null until it was read.</summary>
    public SourceEvent.MasterFound? Source { get; private set; }

    /// <summary>The heard playlist's newest state.</summary>
    public MediaPlaylist? Heard => Source is { } source && _mirrors.TryGetValue(source.Heard, out var mirror) ? mirror.Playlist : null;

    /// <summary>How many times the heard playlist has started its numbers anew.</summary>
    public int HeardIncarnation => Source is { } source && _mirrors.TryGetValue(source.Heard, out var mirror) ? mirror.Incarnation : 0;

    /// <summary>Whether everything is published and the source has ended; false again when it goes on.</summary>
    public bool Ended { get; private set; }

    /// <summary>Where a playlist of the source is published, below the channel's address.</summary>
    public static string PathOf(PlaylistId id) => $"source/{id.Slug}.m3u8";

    /// <summary>Where a rendition's playlist is published.</summary>
    public static string PathOf(string rendition) => $"{rendition}/index.m3u8";

    /// <summary>How long the published window is, by what the heard playlist lists.</summary>
    /// <param name="listed">Length of all that it lists.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    public static TimeSpan WindowOf(TimeSpan listed, int targetDuration) =>
        TimeSpan.FromTicks(Math.Max(Math.Min(listed.Ticks, LongestWindow.Ticks), TimeSpan.FromSeconds(SegmentTable.FewestTargets * targetDuration).Ticks));

    /// <summary>The source's playlists that the master does not lead to: not published, unless they are already.</summary>
    public IReadOnlySet<PlaylistId> Unlisted { get; set; } = new HashSet<PlaylistId>();

    /// <summary>Whether a row that is not published yet fulfils a condition.</summary>
    public bool Awaits(Func<SegmentRow, bool> condition) => Table.Rows.Skip(Table.Published).Any(condition);

    /// <summary>Which variant's pictures are made chunks of, and whether somebody watches.</summary>
    public void Watch(PlaylistId? variant, bool watched, DateTimeOffset now)
    {
        if (chunks is null)
            return;
        if (chunks.Variant != variant)
            _dirty = true;
        chunks.Variant = variant;
        chunks.Watch(watched, now);
    }

    /// <summary>Takes the master playlist.</summary>
    public void Follow(SourceEvent.MasterFound source)
    {
        if (Source is not null && Source.Heard != source.Heard)
        {
            foreach (var mirror in _mirrors.Values)
                mirror.Realign();
        }

        Source = source;
        foreach (var playlist in source.Playlists)
            _mirrors.TryAdd(playlist.Id, new DelayedPlaylist());
        foreach (var gone in _mirrors.Keys.Except(source.Playlists.Select(playlist => playlist.Id)).ToArray())
        {
            var changes = new List<(string Path, PublishedResource? Resource)> { (PathOf(gone), null) };
            carried?.Withdraw(_mirrors[gone].Segments, changes);
            _mirrors.Remove(gone);
            publication.Change(changes);
        }

        _dirty = true;
    }

    /// <summary>Takes a new state of one of the source's playlists.</summary>
    public void See(SourceEvent.PlaylistSeen seen)
    {
        if (!_mirrors.TryGetValue(seen.Id, out var mirror))
            return;
        mirror.See(seen.Playlist, seen.Reset, seen.At);
        if (seen.Id.Kind != PlaylistKind.IFrames)
            Table.Cover(seen.Playlist.TargetDuration);
        if (seen.Id == Source?.Heard)
        {
            Ended &= seen.Appeared.IsEmpty;
            var length = TimeSpan.FromTicks(seen.Playlist.Segments.Sum(segment => segment.Duration.Ticks));
            _window = length < LongestWindow ? TimeSpan.FromTicks(Math.Max(length.Ticks, _window.Ticks)) : LongestWindow;
        }

        _dirty = true;
    }

    /// <summary>Holds what renditions have for <paramref name="row"/> until it is due.</summary>
    public void Offer(SegmentRow row, List<PackagedSegment> segments) => _packaged[row] = segments;

    /// <summary>Whether <paramref name="row"/> is packaged.</summary>
    public bool Has(SegmentRow row) => _packaged.ContainsKey(row);

    /// <summary>The source has ended: when the last row is published, the playlists end.</summary>
    public void End()
    {
        if (Table.Next is null && Table.Newest is not null && !Ended)
        {
            Ended = true;
            _dirty = true;
        }
    }

    /// <summary>Publishes every row that is due and packaged, and what else changed in the source's playlists.</summary>
    public void PublishDue(DateTimeOffset now)
    {
        var rows = IsFillingIn(now) ? [] : Table.Rows.Skip(Table.Published).TakeWhile(row => IsReady(row, now)).ToList();
        foreach (var _ in rows)
            Table.Publish(now);

        _pending.AddRange(rows);

        if (_pending.Count > 0 || _dirty)
            Change();
        var fetchable = time.GetUtcNow();
        foreach (var row in rows.Where(row => !row.Repeated))
        {
            metrics.SegmentPublished(row.Source.Sequence);
            row.Trace?.Published(row.Number, row.Due, now, fetchable);

            // A row that could not be back-filled in time was never late for a viewer; one that waited for its voices was.
            if (row.Due <= _backFilled)
                continue;
            metrics.PublishLateness(fetchable - row.Due);
            if (fetchable - row.Due > TooLate)
                metrics.SegmentFailed("publish", "late", row.Source.Sequence);
        }
    }

    private bool IsReady(SegmentRow row, DateTimeOffset now) => row.Due <= now && _packaged.ContainsKey(row) && carried?.IsAwaited(row, now) != true;

    /// <summary>
    /// Whether the first list would fall behind what is due: a player that joins by it begins where it ends, far behind live, and the rest of
    /// what is filled in takes that place out of the list. After a restart, players wait for the next segment and not for all.
    /// </summary>
    private bool IsFillingIn(DateTimeOffset now)
    {
        if (_begun || Table.Rows.Skip(Table.Published).TakeWhile(row => IsReady(row, now)).LastOrDefault() is not { } last)
            return false;
        _firstReady ??= now;
        var follows = Heard is { Segments: [.., var newest] } && (newest.Sequence > last.Source.Sequence || HeardIncarnation != last.Incarnation);
        _begun = last.Repeated || !follows || last.Due + (2 * last.Duration) >= now || now - _firstReady >= FillPatience;
        return !_begun;
    }

    private void Change()
    {
        _dirty = true;
        if (Table.Newest is null || Heard is null)
            return;
        var changes = new List<(string Path, PublishedResource? Resource)>();
        foreach (var segment in _pending.Where(row => !row.Repeated).SelectMany(row => _packaged[row]))
        {
            _renditions.Add(segment.Rendition);
            if (segment.Body is not null)
                changes.Add((segment.Segment.Path, segment.Body));
            if (segment.Segment.Init is { } init)
            {
                _inits[init] = _inits.GetValueOrDefault(init) + 1;
                changes.Add((init, segment.Init));
            }
        }

        var start = Table.WindowStart(_window);
        var window = Table.Rows.Skip(start).Take(Table.Published - start)
            .SkipWhile(row => row is { Repeated: true, Former: null } || row.Number < _first).ToArray();
        _first = window[0].Number;
        foreach (var rendition in _renditions)
        {
            changes.Add((PathOf(rendition), Playlists.OfRendition(
                window, Table.TargetDuration, row => SegmentOf(row, rendition), Depth(rendition), Ended)));
        }

        var before = Table.Rows.LastOrDefault(row => row.Repeated)?.To ?? new ChannelTime(long.MinValue);
        foreach (var (id, mirror) in _mirrors)
        {
            mirror.PublishUpTo(Table.Rows, Table.Published, Heard, HeardIncarnation);
            carried?.Publish(id, mirror, before, number => Former(number, Key(id)), changes);
            if (id == chunks?.Variant)
                chunks.See(mirror.Segments);
            if ((!Unlisted.Contains(id) || publication.Find(PathOf(id)) is not null) && Playlists.OfMirror(mirror, window[0].From, Table.TargetDuration, Ended) is { } playlist)
                changes.Add((PathOf(id), playlist));
        }

        Expire(changes);

        // The record comes first: a number that it holds and no viewer saw costs nothing, the reverse would give a number twice.
        if (_pending.Count > 0)
            record.Save(Table.Rows.Take(Table.Published), PathsOf, log);
        publication.Change(changes);
        foreach (var row in _pending.Where(row => !row.Repeated))
            chunks?.Publish(row, _packaged[row], Table.TargetDuration);
        chunks?.Keep(window[0].Number);
        _pending.Clear();
        _dirty = false;
        publication.TargetDuration = TimeSpan.FromSeconds(Table.TargetDuration);
    }

    private RenditionSegment SegmentOf(SegmentRow row, string rendition) => row.Repeated
        ? Former(row, rendition) ?? new RenditionSegment(string.Create(CultureInfo.InvariantCulture, $"{rendition}/none/{row.Number}"), null, true)
        : _packaged[row].Find(made => made.Rendition == rendition)!.Segment;

    private RenditionSegment? Former(long number, string playlist) =>
        Table.Rows.FirstOrDefault(row => row.Number == number) is { } row ? Former(row, playlist) : null;

    private static RenditionSegment? Former(SegmentRow row, string playlist) =>
        row.Former?.GetValueOrDefault(playlist) is { } path ? new RenditionSegment(path.Path, path.Init, Gap: true) : null;

    private static string Key(PlaylistId id) => $"source/{id.Slug}";

    /// <summary>What a restarted instance has to list of a row: of as many of the newest as a playlist has at least.</summary>
    private ImmutableDictionary<string, PublishedPath>? PathsOf(SegmentRow row)
    {
        if (row.From < Table.Rows[Table.Published - 1].From - SoundLength.OfSeconds(SegmentTable.FewestTargets * Table.TargetDuration))
            return null;
        if (row.Repeated)
            return row.Former?.ToImmutableDictionary();
        var made = _packaged[row].Select(segment => (Key: segment.Rendition, segment.Segment));
        var pictures = _mirrors.Select(pair => (Key: Key(pair.Key), Segment: pair.Value.Segments.FirstOrDefault(segment => segment.Number == row.Number)?.Own!))
            .Where(pair => pair.Segment is not null);
        return made.Concat(pictures).ToImmutableDictionary(pair => pair.Key, pair => new PublishedPath(pair.Segment.Path, pair.Segment.Init));
    }

    private void Expire(List<(string Path, PublishedResource? Resource)> changes)
    {
        foreach (var row in Table.Expire(_window))
        {
            foreach (var segment in row.Repeated ? [] : _packaged[row])
            {
                changes.Add((segment.Segment.Path, null));
                if (segment.Segment.Init is not { } init || --_inits[init] > 0)
                    continue;
                _inits.Remove(init);
                changes.Add((init, null));
            }

            _packaged.Remove(row);
        }

        if (Table.Rows.Count > 0)
        {
            foreach (var mirror in _mirrors.Values)
            {
                var gone = mirror.Trim(Table.Rows[0].From);
                carried?.Withdraw(gone, changes);
            }

            if (Table.Newest is { } newest)
                carried?.Forget(newest.AppearedAt);
        }
    }

    private static int Depth(string rendition) => 1 + rendition.Count(letter => letter == '/');
}
