using System.Globalization;

namespace Tandem.Checks.Hls;

/// <summary>What stands before a segment's URI, and what goes on from segment to segment.</summary>
internal sealed class NextSegment
{
    private string? _durationText;
    private string? _range;
    private bool _breaks;
    private bool _gap;
    private DateTimeOffset? _date;
    private DateTimeOffset? _runningDate;
    private string? _map;
    private bool _mapWritten;
    private long _discontinuities;

    /// <summary>Reads a tag where it belongs to a segment.</summary>
    public void Read(HlsPlaylist playlist, HlsTag tag)
    {
        switch (tag.Name)
        {
            case "EXTINF":
                if (_durationText is not null)
                    playlist.Faults.Add("two EXTINF for one segment");
                _durationText = tag.Value.Split(',')[0];
                if (!tag.Value.Contains(',', StringComparison.Ordinal))
                    playlist.Faults.Add($"EXTINF:{tag.Value} without a comma");
                break;
            case "EXT-X-BYTERANGE":
                _range = tag.Value;
                break;
            case "EXT-X-DISCONTINUITY":
                _breaks = true;
                _discontinuities++;
                _runningDate = null;
                break;
            case "EXT-X-GAP":
                _gap = true;
                break;
            case "EXT-X-MAP":
                ReadMap(playlist, tag);
                break;
            case "EXT-X-PROGRAM-DATE-TIME":
                if (DateTimeOffset.TryParse(tag.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
                    _date = date;
                else
                    playlist.Faults.Add($"\"{tag.Value}\" is no date");
                break;
        }
    }

    /// <summary>Ends the segment at its URI.</summary>
    public void Finish(HlsPlaylist playlist, string uri)
    {
        if (!double.TryParse(_durationText, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var duration))
            playlist.Faults.Add($"{uri}: no EXTINF, or \"{_durationText}\" is no duration");
        if (!Uri.TryCreate(playlist.Address, uri, out var address))
        {
            playlist.Faults.Add($"\"{uri}\" is no address");
            address = playlist.Address;
        }

        _runningDate = _date ?? _runningDate;
        playlist.Segments.Add(new HlsSegment
        {
            Number = playlist.Sequence + playlist.Segments.Count,
            Discontinuity = playlist.DiscontinuitySequence + _discontinuities,
            Breaks = _breaks,
            Address = address,
            DurationText = _durationText ?? "",
            Duration = duration,
            WrittenDate = _date,
            Date = _runningDate,
            Range = _range,
            Map = _map,
            MapWritten = _mapWritten,
            Gap = _gap,
        });
        _runningDate = _runningDate?.AddSeconds(duration);
        _durationText = _range = null;
        _breaks = _gap = _mapWritten = false;
        _date = null;
    }

    private void ReadMap(HlsPlaylist playlist, HlsTag tag)
    {
        var attributes = HlsReader.Attributes(playlist, tag);
        if (!attributes.TryGetValue("URI", out var uri) || !Uri.TryCreate(playlist.Address, uri, out var address))
        {
            playlist.Faults.Add("EXT-X-MAP without an address");
            return;
        }

        _map = attributes.TryGetValue("BYTERANGE", out var range) ? $"{address} {range}" : address.ToString();
        _mapWritten = true;
    }
}
