using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>Bytes of an address: all of them, or a range.</summary>
internal sealed record HlsBytes(Uri Address, (long Offset, long Length)? Range)
{
    /// <summary>Names them among viewers; a token in the query is no part of it.</summary>
    public string Name => Range is { } range ? $"{Address.GetLeftPart(UriPartial.Path)}@{range.Offset}+{range.Length}"
        : Address.GetLeftPart(UriPartial.Path);
}

/// <summary>A segment of a media playlist.</summary>
/// <param name="Number">Media sequence number.</param>
/// <param name="Epoch">Discontinuity sequence number.</param>
/// <param name="Bytes">Where it is.</param>
/// <param name="Duration">µs.</param>
/// <param name="Date">µs since 1970, counted on from the last one written; null where none was written.</param>
/// <param name="Map">Its init segment; null for none.</param>
/// <param name="IsEncrypted">Whether a key applies.</param>
/// <param name="IsGap">Whether it is not there, and the playlist says so.</param>
internal sealed record HlsSegment(long Number, long Epoch, HlsBytes Bytes, long Duration, long? Date, HlsBytes? Map, bool IsEncrypted,
    bool IsGap);

/// <summary>What a viewer heeds of a media playlist.</summary>
/// <param name="Target">Target duration, µs.</param>
/// <param name="Ended">Whether nothing will be added.</param>
/// <param name="Segments">In order.</param>
internal sealed record HlsMedia(long Target, bool Ended, IReadOnlyList<HlsSegment> Segments)
{
    private const int MostSegments = 20_000;

    /// <summary>Reads one, or says in one line what is wrong with it.</summary>
    public static (HlsMedia? Media, string? Problem) Read(string text, Uri address)
    {
        if (HlsText.Lines(text) is not { } lines)
            return (null, "no playlist: it does not begin with #EXTM3U");
        var state = new Reading(address);
        foreach (var line in lines)
        {
            state.Take(line);
            if (state.Segments.Count > MostSegments)
                return (null, $"more than {MostSegments} segments");
        }

        return state.Target is { } target and > 0 and < 3600
            ? (new HlsMedia(target * 1_000_000, state.Ended, state.Segments), null)
            : (null, "a media playlist without a target duration");
    }

    /// <summary>The state of reading: tags hold for segments after them.</summary>
    private sealed class Reading(Uri address)
    {
        private long _number;
        private long _epoch;
        private long? _date;
        private long? _duration;
        private HlsBytes? _map;
        private (long Offset, long Length)? _range;
        private long _rangeEnd;
        private bool _encrypted;
        private bool _gap;

        public List<HlsSegment> Segments { get; } = [];

        public long? Target { get; private set; }

        public bool Ended { get; private set; }

        public void Take(string line)
        {
            if (!line.StartsWith('#'))
                TakeSegment(line);
            else if (line == "#EXT-X-DISCONTINUITY")
                _epoch++;
            else if (line == "#EXT-X-ENDLIST")
                Ended = true;
            else if (line == "#EXT-X-GAP")
                _gap = true;
            else if (line.Contains(':', StringComparison.Ordinal))
                TakeTag(line);
        }

        private void TakeTag(string line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..];
            switch (line[1..colon])
            {
                case "EXTINF":
                    _duration = HlsText.Seconds(value.Split(',')[0].Trim()) is { } seconds ? (long)Math.Round(seconds * 1e6) : null;
                    break;
                case "EXT-X-TARGETDURATION":
                    Target = HlsText.Whole(value);
                    break;
                case "EXT-X-MEDIA-SEQUENCE":
                    _number = HlsText.Whole(value) ?? 0;
                    break;
                case "EXT-X-DISCONTINUITY-SEQUENCE":
                    _epoch = HlsText.Whole(value) ?? 0;
                    break;
                case "EXT-X-PROGRAM-DATE-TIME":
                    _date = DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
                        ? RunClock.Microseconds(date) : null;
                    break;
                case "EXT-X-BYTERANGE":
                    _range = HlsText.Range(value, _rangeEnd);
                    break;
                case "EXT-X-KEY":
                    _encrypted = HlsText.Attributes(value).GetValueOrDefault("METHOD") is not (null or "NONE");
                    break;
                case "EXT-X-MAP":
                    TakeMap(HlsText.Attributes(value));
                    break;
                default:
                    break;
            }
        }

        private void TakeMap(IReadOnlyDictionary<string, string> attributes)
        {
            _map = attributes.TryGetValue("URI", out var text) && Uri.TryCreate(address, text, out var map)
                ? new HlsBytes(map, attributes.TryGetValue("BYTERANGE", out var range) ? HlsText.Range(range, 0) : null)
                : null;
        }

        private void TakeSegment(string line)
        {
            if (_duration is { } duration && Uri.TryCreate(address, line, out var segment))
            {
                Segments.Add(new HlsSegment(_number, _epoch, new HlsBytes(segment, _range), duration, _date, _map, _encrypted, _gap));
                _number++;
                _date += duration;
            }

            _rangeEnd = _range is { } range ? range.Offset + range.Length : 0;
            (_duration, _range, _gap) = (null, null, false);
        }
    }
}
