using Tandem.Live.Timeline;

namespace Tandem.Live.Captions;

/// <summary>
/// Finds the channel time of a media time that a caption names. A source's clock may show the same time again and again, as looped ones do:
/// of all rows that hold it the one counts that appeared nearest to the caption's segment. Pure.
/// </summary>
/// <param name="Time">Where it is; null where no row holds it.</param>
/// <param name="IsAhead">Whether it may lie in a row that is still to come.</param>
public readonly record struct CaptionPlace(ChannelTime? Time, bool IsAhead)
{
    // Captions and media of one time appear within some segments of each other, or do not belong together.
    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(30);
    private const long MostAhead = 60L * MediaTime.Rate;

    /// <summary>Finds it.</summary>
    /// <param name="ticks">Media time, 90 kHz; of a transport stream the lower 33 bits count.</param>
    /// <param name="appearedAt">When the caption's segment appeared.</param>
    /// <param name="rows">The channel's rows, in order.</param>
    public static CaptionPlace Of(long ticks, DateTimeOffset appearedAt, IReadOnlyList<SegmentRow> rows)
    {
        ChannelTime? best = null;
        var least = s_apart;
        foreach (var row in rows)
        {
            var start = row.Epoch.ToMedia(row.From).Ticks;
            var place = MediaTime.Unwrap(ticks, start);
            if (place < start || place >= row.Epoch.ToMedia(row.To).Ticks)
                continue;
            var apart = (row.AppearedAt - appearedAt).Duration();
            if (apart > least)
                continue;
            least = apart;
            best = row.Epoch.ToChannel(place);
        }

        if (best is not null)
            return new CaptionPlace(best, false);
        if (rows.Count == 0)
            return new CaptionPlace(null, true);
        var end = rows[^1].Epoch.ToMedia(rows[^1].To).Ticks;
        var after = MediaTime.Unwrap(ticks, end) - end;
        return new CaptionPlace(null, after is >= 0 and < MostAhead);
    }
}
