using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>Media playlists (RFC 8216, sections 4.3.2 and 4.3.3). Tags of low-latency HLS are passed over: only whole segments count.</summary>
internal sealed class MediaPlaylistReader(PlaylistContext context, int kept)
{
    // No live source cuts longer; all else that hangs on it (waiting, windows, caching) would follow a slip of the packager.
    private static readonly TimeSpan LongestTarget = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestSegment = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly ImmutableArray<MediaSegment>.Builder _segments = ImmutableArray.CreateBuilder<MediaSegment>();
    private readonly ImmutableArray<DateRange>.Builder _dateRanges = ImmutableArray.CreateBuilder<DateRange>();
    private readonly KeysInForce _keys = new(context);
    private readonly SegmentTags _next = new();
    private int _version = 1;
    private TimeSpan? _target;
    private long _sequence;
    private long _discontinuitySequence;
    private long _discontinuities;
    private int _others;
    private bool _endList;
    private bool _iFramesOnly;
    private bool _independent;
    private string? _type;
    private AttributeList? _start;
    private MediaMap? _map;
    private (Uri Address, long End)? _previousRange;
    private DateTimeOffset? _date;

    public PlaylistOutcome Read(List<PlaylistLine> lines)
    {
        foreach (var line in lines)
        {
            // The numbers that all segments count from may stand anywhere before the first segment, and by mistake after it.
            if (!ReadNumbers(line))
                return context.Failure!;
        }

        foreach (var line in lines)
        {
            if (!ReadHeader(line))
                return context.Failure!;
        }

        // Of an event of many hours only the end matters to a live channel.
        ImmutableArray<MediaSegment> newest = _segments.Count <= kept
            ? _segments.ToImmutable()
            : [.. _segments.Skip(_segments.Count - kept)];
        return new PlaylistOutcome.Media(new MediaPlaylist(
            context.Address,
            _version,
            _target ?? LongestRounded(),
            _endList,
            _type,
            _iFramesOnly,
            _independent,
            newest.IsEmpty ? _sequence : newest[0].Sequence,
            newest.IsEmpty ? _discontinuitySequence : newest[0].DiscontinuitySequence - (newest[0].Discontinuity ? 1 : 0),
            _start,
            newest)
        {
            DateRanges = _dateRanges.ToImmutable(),
        });
    }

    private bool ReadNumbers(PlaylistLine line)
    {
        switch (line.Tag)
        {
            case "EXT-X-MEDIA-SEQUENCE":
                return PlaylistValues.TryNumber(line.Value, out _sequence) || NotANumber(line);
            case "EXT-X-DISCONTINUITY-SEQUENCE":
                return PlaylistValues.TryNumber(line.Value, out _discontinuitySequence) || NotANumber(line);
            case "EXT-X-TARGETDURATION":
                if (!PlaylistValues.TryDuration(line.Value, out var target))
                    return context.Fail(line, "EXT-X-TARGETDURATION without a number of seconds");
                _target = target < LongestTarget ? target : LongestTarget;
                return true;
            default:
                return true;
        }
    }

    private bool ReadHeader(PlaylistLine line)
    {
        switch (line.Tag)
        {
            case "EXT-X-VERSION":
                if (!PlaylistValues.TryNumber(line.Value, out var version) || version > int.MaxValue)
                    return NotANumber(line);
                _version = (int)version;
                return true;
            case "EXT-X-PLAYLIST-TYPE":
                _type = line.Value is "EVENT" or "VOD" ? line.Value : null;
                return true;
            case "EXT-X-ENDLIST":
                _endList = true;
                return true;
            case "EXT-X-I-FRAMES-ONLY":
                _iFramesOnly = true;
                return true;
            case "EXT-X-INDEPENDENT-SEGMENTS":
                _independent = true;
                return true;
            case "EXT-X-START":
                if (!context.TryAttributes(line, out var start))
                    return false;
                _start = start;
                return true;
            case "EXT-X-DEFINE":
                return context.TryDefine(line);
            case "EXT-X-SKIP":
                return context.Fail(line, "a delta update (EXT-X-SKIP), which was not asked for");
            case "EXTM3U" or "EXT-X-TARGETDURATION" or "EXT-X-MEDIA-SEQUENCE" or "EXT-X-DISCONTINUITY-SEQUENCE" or "EXT-X-ALLOW-CACHE":
            case "EXT-X-PART" or "EXT-X-PART-INF" or "EXT-X-PRELOAD-HINT" or "EXT-X-RENDITION-REPORT" or "EXT-X-SERVER-CONTROL":
                return true;
            default:
                return ReadSegmentTag(line);
        }
    }

    private bool ReadSegmentTag(PlaylistLine line)
    {
        switch (line.Tag)
        {
            case "":
                return ReadSegment(line);
            case "EXTINF":
                return _next.ReadInformation(line.Value) || context.Fail(line, "EXTINF without a duration in seconds");
            case "EXT-X-BYTERANGE":
                return _next.ReadRange(line.Value) || context.Fail(line, "EXT-X-BYTERANGE without a length");
            case "EXT-X-DISCONTINUITY":
                _next.Discontinuity = true;
                _discontinuities++;
                return true;
            case "EXT-X-GAP":
                _next.Gap = true;
                return true;
            case "EXT-X-PROGRAM-DATE-TIME":
                _date = PlaylistValues.Date(line.Value) ?? _date;
                return true;
            case "EXT-X-KEY":
                return _keys.Read(line);
            case "EXT-X-MAP":
                return ReadMap(line);
            default:
                if (context.Kept(line) is { } kept)
                {
                    if (++_others > PlaylistParser.MaxSegments)
                        return context.Fail(line, $"more than {PlaylistParser.MaxSegments} other tags", "too_large");
                    if (line.Tag != "EXT-X-DATERANGE")
                        _next.Others.Add(kept);
                    else if (ReadDateRange(kept) is { } range)
                        _dateRanges.Add(range);
                }

                return true;
        }
    }

    /// <summary>One that cannot be read is left out: a marker is no reason to lose the channel.</summary>
    private DateRange? ReadDateRange(string line) =>
        AttributeReader.TryRead(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], out var items)
            ? DateRange.Of(new AttributeList([.. items]), context.Address, Package.PlaylistText.Attributes)
            : null;

    private bool ReadSegment(PlaylistLine line)
    {
        if (_next.Duration is not { } written)
            return context.Fail(line, "a segment without EXTINF");
        var duration = Believed(written);
        if (_segments.Count >= PlaylistParser.MaxSegments)
            return context.Fail(line, $"more than {PlaylistParser.MaxSegments} segments", "too_large");
        if (!context.TryAddress(line, out var address) || !TryRange(line, address, out var range))
            return false;
        _segments.Add(new MediaSegment(
            _sequence + _segments.Count,
            _discontinuitySequence + _discontinuities,
            address,
            duration,
            _next.Title,
            range,
            _map,
            _keys.All,
            _date,
            _next.Gap,
            _next.Discontinuity,
            _next.Others.ToImmutable()));
        _date += duration;
        _next.Clear();
        return true;
    }

    /// <summary>The duration, or what is likely where it is none: a packager whose clock wraps writes days, or less than nothing.</summary>
    private TimeSpan Believed(TimeSpan written)
    {
        var target = _target ?? LongestSegment;
        var longest = 3 * target > LongestSegment ? 3 * target : LongestSegment;
        return written > longest ? target : written < Shortest ? Shortest : written;
    }

    private bool TryRange(PlaylistLine line, Uri address, out ByteRange? range)
    {
        range = null;
        if (_next.RangeLength is not { } length)
        {
            _previousRange = null;
            return true;
        }

        var offset = _next.RangeOffset ?? (_previousRange?.Address == address ? _previousRange?.End : null);
        if (offset is not { } start)
            return context.Fail(line, "EXT-X-BYTERANGE without an offset, and the segment before it is not of the same file");
        if (start > PlaylistValues.MaxNumber - length)
            return context.Fail(line, "EXT-X-BYTERANGE beyond any file");
        range = new ByteRange(length, start);
        _previousRange = (address, start + length);
        return true;
    }

    private bool ReadMap(PlaylistLine line)
    {
        if (!context.TryAttributes(line, out var attributes))
            return false;
        if (attributes["URI"] is not { Length: > 0 } written)
            return context.Fail(line, "EXT-X-MAP without URI");
        if (!context.TryAddress(line, written, out var address))
            return false;
        ByteRange? range = null;
        if (attributes["BYTERANGE"] is { } text)
        {
            if (!PlaylistValues.TryRange(text, out var length, out var offset))
                return context.Fail(line, "EXT-X-MAP with a BYTERANGE that is none");
            range = new ByteRange(length, offset ?? 0);
        }

        _map = new MediaMap(address, range) { Keys = _keys.All };
        return true;
    }

    private bool NotANumber(PlaylistLine line) => context.Fail(line, $"{line.Tag} without a number");

    private TimeSpan LongestRounded() =>
        _segments.Count == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Ceiling(_segments.Max(segment => segment.Duration).TotalSeconds));
}
