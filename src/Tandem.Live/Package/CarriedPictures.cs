using System.Globalization;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>A segment of a carried playlist, or why there is none.</summary>
/// <param name="Id">The playlist.</param>
/// <param name="Incarnation">How many times it had started its numbers anew.</param>
/// <param name="Sequence">The source's media sequence number.</param>
/// <param name="AppearedAt">When it appeared at the source.</param>
/// <param name="Duration">EXTINF.</param>
/// <param name="Body">What is served; null where there is a fault.</param>
/// <param name="Fault">Why there is nothing.</param>
public sealed record CarriedSegment(
    PlaylistId Id, int Incarnation, long Sequence, DateTimeOffset AppearedAt, TimeSpan Duration, CarriedBody? Body, SourceFault? Fault)
{
    /// <summary>Whether its fault is counted already, where it is heard.</summary>
    public bool Counted { get; init; }
}

/// <summary>
/// What is held of carried playlists: segments that wait until they are due, and those that viewers may ask for. Gives them addresses of
/// Tandem's own; what is not there when it is due is a gap, for good. The bytes held are bounded.
/// </summary>
/// <param name="most">Bytes of segments that are held at most.</param>
/// <param name="generations">Names generations.</param>
/// <param name="metrics">Counts gaps.</param>
public sealed class CarriedPictures(long most, Generations generations, ChannelMetrics metrics)
{
    // What a channel shows of the past when it starts is due as soon as it is heard; pictures are not there at the same moment.
    // On a busy machine a channel begins later rather than with gaps.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // What never found its place in a playlist is let go this long after its moment was published.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(PlaylistId Id, int Incarnation, long Sequence), CarriedSegment> _waiting = [];
    private readonly Dictionary<PlaylistId, Line> _lines = [];
    private readonly Dictionary<string, int> _sizes = [];
    private readonly Dictionary<string, int> _inits = [];
    private DateTimeOffset? _began;

    /// <summary>The playlists that are carried.</summary>
    public IReadOnlySet<PlaylistId> Wanted { get; set; } = new HashSet<PlaylistId>();

    /// <summary>Bytes of segments that are held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes a segment, in the order of its playlist.</summary>
    public void Accept(CarriedSegment segment)
    {
        var line = LineOf(segment.Id);
        line.Reached = segment.AppearedAt;
        var key = (segment.Id, segment.Incarnation, segment.Sequence);
        if (segment.Body is { } body)
        {
            line.Learn(body, segment.Duration);
            if (Bytes + body.Body.Body.Length > most)
            {
                var fault = new SourceFault("carry", "memory", "more than carry_memory allows is held already", Retry: true);
                segment = segment with { Body = null, Fault = fault };
            }
        }

        if (_waiting.TryAdd(key, segment))
            Bytes += SizeOf(segment);
    }

    /// <summary>
    /// Whether pictures of a row are on their way that could not be there yet: it was due before anything was heard. Of what comes later,
    /// nothing is waited for.
    /// </summary>
    public bool IsAwaited(SegmentRow row, DateTimeOffset now)
    {
        _began ??= row.HeardAt;
        if (!row.Epoch.Carried || row.Due > _began || now >= row.HeardAt + Patience)
            return false;
        return Wanted.Any(id => LineOf(id).Reached < row.AppearedAt - (row.Duration / 2));
    }

    /// <summary>Gives segments that a playlist lists by now their addresses, and puts their bytes there.</summary>
    /// <param name="id">The playlist.</param>
    /// <param name="mirror">As it is to be published.</param>
    /// <param name="from">Channel time before which an instance before this one published: what lies there has no address here.</param>
    /// <param name="former">What that instance listed for a number, as a gap; null where it is not known.</param>
    /// <param name="changes">Gets what is to be published.</param>
    public void Publish(
        PlaylistId id, DelayedPlaylist mirror, ChannelTime from, Func<long, RenditionSegment?> former,
        List<(string Path, PublishedResource? Resource)> changes)
    {
        foreach (var segment in mirror.Segments)
        {
            if (segment is not { Number: { } number, Epoch.Carried: true, Own: null })
                continue;
            if (segment.Position + SoundLength.Of(segment.Source.Duration / 2) <= from)
            {
                segment.Own = former(number);
                continue;
            }

            var key = (id, segment.Incarnation, segment.Source.Sequence);
            _waiting.Remove(key, out var had);
            segment.Own = had?.Body is { } body
                ? Place(id, segment, number, body, changes)
                : Gap(id, segment, number, changes);

            // Each gap once, but for the source's own, and what failed where it is heard.
            if (segment.Own.Gap && Wanted.Contains(id) && !segment.Source.Gap && !segment.Missing && had is not { Counted: true })
                metrics.SegmentFailed("carry", had?.Fault?.Reason ?? "late", segment.Source.Sequence);
        }
    }

    /// <summary>Takes away the bytes of segments that nobody asks for any more.</summary>
    public void Withdraw(IEnumerable<DelayedSegment> gone, List<(string Path, PublishedResource? Resource)> changes)
    {
        foreach (var own in gone.Select(segment => segment.Own).OfType<RenditionSegment>())
        {
            if (!own.Gap)
                changes.Add((own.Path, null));
            if (_sizes.Remove(own.Path, out var size))
                Bytes -= size;
            if (own.Init is not { } init || !_inits.TryGetValue(init, out var uses))
                continue;
            _inits[init] = uses - 1;
            if (uses > 1)
                continue;
            _inits.Remove(init);
            changes.Add((init, null));
        }
    }

    /// <summary>Lets go of what was never listed and never will be.</summary>
    /// <param name="published">When the newest published row appeared at the source.</param>
    public void Forget(DateTimeOffset published)
    {
        foreach (var (key, segment) in _waiting.Where(pair => pair.Value.AppearedAt < published - Grace || !Wanted.Contains(pair.Key.Id)).ToArray())
        {
            _waiting.Remove(key);
            Bytes -= SizeOf(segment);
        }
    }

    /// <summary>What was learned of a carried playlist; null where nothing was.</summary>
    public PlaylistFacts? FactsOf(PlaylistId id) => _lines.TryGetValue(id, out var line) ? line.Facts : null;

    private RenditionSegment Place(
        PlaylistId id, DelayedSegment segment, long number, CarriedBody body, List<(string Path, PublishedResource? Resource)> changes)
    {
        var line = LineOf(id);
        if (line.Generation is null || segment.Epoch != line.Epoch || segment.Incarnation != line.Incarnation || !line.Goes(body))
            (line.Generation, line.Epoch, line.Incarnation, line.Extension, line.Init) = (generations.Next(), segment.Epoch, segment.Incarnation, body.Extension, body.Init);
        var folder = $"source/{id.Slug}/{line.Generation}";
        var path = string.Create(CultureInfo.InvariantCulture, $"{folder}/{number}.{body.Extension}");
        changes.Add((path, body.Body));
        _sizes[path] = body.Body.Body.Length;
        if (body.Init is null)
            return new RenditionSegment(path, null, false);
        var init = folder + "/init.mp4";
        _inits[init] = _inits.GetValueOrDefault(init) + 1;
        changes.Add((init, body.Init));
        return new RenditionSegment(path, init, false);
    }

    /// <summary>
    /// A gap has an init segment as what is around it: the one that holds for it must not change when what is before it leaves the list, and
    /// behind a discontinuity there must be one.
    /// </summary>
    private RenditionSegment Gap(PlaylistId id, DelayedSegment segment, long number, List<(string Path, PublishedResource? Resource)> changes)
    {
        var line = LineOf(id);
        string? init = null;
        if (line.Init is not null)
        {
            if (segment.Epoch != line.Epoch || segment.Incarnation != line.Incarnation)
                (line.Generation, line.Epoch, line.Incarnation) = (generations.Next(), segment.Epoch, segment.Incarnation);
            init = $"source/{id.Slug}/{line.Generation}/init.mp4";
            _inits[init] = _inits.GetValueOrDefault(init) + 1;
            changes.Add((init, line.Init));
        }

        return new RenditionSegment(string.Create(CultureInfo.InvariantCulture, $"source/{id.Slug}/none/{number}.ts"), init, true);
    }

    private static int SizeOf(CarriedSegment segment) => segment.Body?.Body.Body.Length ?? 0;

    private Line LineOf(PlaylistId id)
    {
        if (!_lines.TryGetValue(id, out var line))
            _lines[id] = line = new Line();
        return line;
    }

    /// <summary>One playlist's way through time.</summary>
    private sealed class Line
    {
        private readonly RenditionRate _rate = new();
        private readonly RenditionRate _dropped = new();
        private string? _codecs;
        private bool? _hasPicture;

        public DateTimeOffset Reached { get; set; } = DateTimeOffset.MinValue;

        public string? Generation { get; set; }

        public Epoch? Epoch { get; set; }

        public int Incarnation { get; set; }

        public string? Extension { get; set; }

        public PublishedResource? Init { get; set; }

        public PlaylistFacts Facts => new(_codecs, _hasPicture, Known(_rate.Peak), Known(_rate.Average)) { SoundTaken = _dropped.Average };

        public bool Goes(CarriedBody body) => Extension == body.Extension && (body.Init is null ? Init is null : Init?.ETag == body.Init.ETag);

        public void Learn(CarriedBody body, TimeSpan duration)
        {
            _rate.Add(body.Body.Body.Length, duration);
            _dropped.Add(body.Dropped, duration);
            if (body.Pictures.IsDefault)
                return;
            _hasPicture = body.Pictures.Length > 0;
            _codecs = body.Pictures.Length == 0 || body.Pictures.Any(codec => codec is null) ? null : string.Join(',', body.Pictures);
        }

        private static int? Known(int rate) => rate > 0 ? rate : null;
    }
}
