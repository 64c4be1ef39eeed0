using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>The tags that stand before a segment and apply to it alone (RFC 8216, section 4.3.2).</summary>
internal sealed class SegmentTags
{
    public TimeSpan? Duration { get; private set; }

    public string Title { get; private set; } = string.Empty;

    public long? RangeLength { get; private set; }

    public long? RangeOffset { get; private set; }

    public bool Gap { get; set; }

    public bool Discontinuity { get; set; }

    public ImmutableArray<string>.Builder Others { get; } = ImmutableArray.CreateBuilder<string>();

    public bool ReadInformation(string value)
    {
        var comma = value.IndexOf(',', StringComparison.Ordinal);
        Title = comma < 0 ? string.Empty : value[(comma + 1)..].Trim();
        var read = PlaylistValues.TryDuration(comma < 0 ? value : value.AsSpan(0, comma), out var duration);
        Duration = duration;
        return read;
    }

    public bool ReadRange(string value)
    {
        var read = PlaylistValues.TryRange(value, out var length, out var offset);
        RangeLength = length;
        RangeOffset = offset;
        return read;
    }

    public void Clear()
    {
        Duration = null;
        Title = string.Empty;
        RangeLength = null;
        RangeOffset = null;
        Gap = false;
        Discontinuity = false;
        Others.Clear();
    }
}
