using System.Collections.Immutable;
using System.Text;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Timeline;

public sealed class DelayedPlaylistTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Epoch First = new(0, EpochReason.Start, 0, ChannelTime.Zero, 0, 0);

    [Fact]
    public void Aligned_playlists_take_number_and_date_from_the_rows_and_no_more_than_is_published()
    {
        var heard = Playlist(10, 6, 2);
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(10, 6, 2.02, name: "video"), false, Noon);
        var rows = Rows(10, 6);
        Assert.True(mirror.PublishUpTo(rows, 3, heard, 0));
        Assert.True(mirror.Aligned);
        var published = mirror.Segments.Where(segment => segment.Number is not null).ToArray();
        Assert.Equal([10, 11, 12], published.Select(segment => segment.Number!.Value));
        Assert.Equal(rows.Take(3).Select(row => row.Date), published.Select(segment => segment.Date));
        Assert.False(mirror.PublishUpTo(rows, 3, heard, 0));
    }

    [Fact]
    public void A_segment_that_never_came_becomes_a_gap_that_keeps_the_numbers()
    {
        var mirror = new DelayedPlaylist();
        var all = Playlist(10, 6, 2);
        mirror.See(all with { Segments = all.Segments.RemoveAt(2) }, false, Noon);
        mirror.PublishUpTo(Rows(10, 6), 6, all, 0);
        Assert.Equal([10, 11, 12, 13, 14, 15], mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([false, false, true, false, false, false], mirror.Segments.Select(segment => segment.Source.Gap));
    }

    [Fact]
    public void A_newest_segment_that_is_late_is_waited_for()
    {
        var mirror = new DelayedPlaylist();
        var all = Playlist(10, 6, 2);
        mirror.See(all with { Segments = all.Segments.RemoveAt(5) }, false, Noon);
        mirror.PublishUpTo(Rows(10, 6), 6, all, 0);
        Assert.Equal(5, mirror.Segments.Count(segment => segment.Number is not null));
        mirror.See(all, false, Noon);
        Assert.True(mirror.PublishUpTo(Rows(10, 6), 6, all, 0));
        Assert.Equal(15, mirror.Segments[^1].Number);
    }

    [Fact]
    public void Other_cuts_are_placed_by_date()
    {
        // Segments of 3 s beside heard ones of 2 s, under numbers of their own.
        var heard = Playlist(10, 9, 2, Noon);
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(700, 6, 3, Noon), false, Noon);
        var rows = Rows(10, 9, Noon);
        mirror.PublishUpTo(rows, 4, heard, 0);
        Assert.False(mirror.Aligned);
        var published = mirror.Segments.Where(segment => segment.Number is not null).ToArray();

        // Eight seconds are published: the middle of the third segment, at 7.5 s, is in.
        Assert.Equal([700, 701, 702], published.Select(segment => segment.Number!.Value));
        Assert.Equal([0.0, 3.0, 6.0], published.Select(segment => segment.Position.Seconds));
        Assert.Equal(Noon.AddSeconds(6), published[2].Date);
    }

    [Fact]
    public void Other_cuts_without_dates_are_placed_by_the_live_edge()
    {
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(3, 6, 3), false, Noon.AddSeconds(16));
        mirror.PublishUpTo(Rows(10, 9), 9, Playlist(10, 9, 2), 0);
        Assert.Equal([0.0, 3.0, 6.0, 9.0, 12.0, 15.0], mirror.Segments.Select(segment => segment.Position.Seconds));
    }

    /// <summary>Its packager was away for a minute and goes on counting as if it had not been; the heard playlist went on.</summary>
    [Fact]
    public void Behind_a_hole_of_its_own_a_playlist_without_dates_is_placed_by_when_it_goes_on()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 50);
        mirror.See(Playlist(700, 6, 2), false, rows[5].AppearedAt);
        mirror.PublishUpTo(rows, 6, Playlist(10, 6, 2), 0);
        Assert.Equal(rows[5].From, mirror.Segments[^1].Position);

        // It shows again what appeared with rows 38 to 41; of the rows, 20 are published.
        mirror.See(Playlist(732, 4, 2), false, rows[41].AppearedAt);
        mirror.PublishUpTo(rows, 20, Playlist(46, 6, 2), 0);
        Assert.Equal(6, mirror.Segments.Count(segment => segment.Number is not null));
        mirror.PublishUpTo(rows, 42, Playlist(46, 6, 2), 0);
        Assert.Equal(Enumerable.Range(38, 4).Select(row => rows[row].From), mirror.Segments.Skip(6).Select(segment => segment.Position));
        Assert.Equal(Enumerable.Range(38, 4).Select(row => rows[row].Date), mirror.Segments.Skip(6).Select(segment => segment.Date));
        Assert.Equal([706, 707, 708, 709], mirror.Segments.Skip(6).Select(segment => segment.Number!.Value));
    }

    /// <summary>A packager that stands still and goes on counting from where it was leaves no hole in its numbers.</summary>
    [Fact]
    public void A_playlist_without_dates_that_stood_still_is_placed_anew()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 50);
        mirror.See(Playlist(700, 6, 2), false, rows[5].AppearedAt);
        mirror.PublishUpTo(rows, 6, Playlist(10, 6, 2), 0);
        mirror.See(Playlist(703, 4, 2), false, rows[41].AppearedAt);
        mirror.PublishUpTo(rows, 50, Playlist(54, 6, 2), 0);
        Assert.Equal(rows[41].From, mirror.Segments[^1].Position);
    }

    /// <summary>EXTINF:2 for segments that last 1.9 s.</summary>
    [Fact]
    public void Rounded_durations_lead_a_playlist_without_dates_no_further_than_a_few_segments()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 210);
        for (var count = 1; count <= 200; count++)
        {
            var end = count * 1.9;
            mirror.See(Playlist(700, count, 2), false, Noon.AddSeconds(end - 2));
            var published = (int)Math.Ceiling(end / 2) + 3;
            mirror.PublishUpTo(rows, published, Playlist(10, published, 2), 0);
            Assert.InRange(mirror.Segments[^1].Position.Seconds + 2 - end, -6.1, 6.1);
        }
    }

    /// <summary>Its rows come late, all at once; the other playlist went on meanwhile.</summary>
    [Fact]
    public void A_heard_playlist_that_is_decoded_late_moves_no_other()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 40);
        mirror.See(Playlist(700, 6, 2), false, rows[5].AppearedAt);
        mirror.PublishUpTo(rows[..6], 4, Playlist(10, 6, 2), 0);
        mirror.See(Playlist(700, 26, 2), false, rows[25].AppearedAt);
        mirror.PublishUpTo(rows[..6], 6, Playlist(10, 26, 2), 0);
        Assert.Equal(6, mirror.Segments.Count(segment => segment.Number is not null));
        mirror.PublishUpTo(rows, 26, Playlist(10, 40, 2), 0);
        Assert.Equal(rows.Take(26).Select(row => row.From), mirror.Segments.Select(segment => segment.Position));
    }

    [Fact]
    public void A_playlist_that_is_polled_late_is_published_in_time()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 40);
        mirror.See(Playlist(700, 12, 2), false, rows[11].AppearedAt);
        mirror.PublishUpTo(rows[..12], 4, Playlist(10, 12, 2), 0);
        mirror.PublishUpTo(rows, 10, Playlist(10, 40, 2), 0);
        Assert.Equal(10, mirror.Segments.Count(segment => segment.Number is not null));
    }

    /// <summary>What it showed meanwhile belongs to no moment of the channel, and must not put off what came after.</summary>
    [Fact]
    public void A_hole_of_the_heard_playlist_does_not_hold_others_back()
    {
        var mirror = new DelayedPlaylist();
        var rows = Rows(10, 6).ToList();
        mirror.See(Playlist(700, 6, 2), false, rows[5].AppearedAt);
        mirror.PublishUpTo(rows, 6, Playlist(10, 6, 2), 0);

        // A minute is missing: the channel's time goes on, the clock's has jumped.
        rows.AddRange(Later(rows, 46, 9, incarnation: 0, away: 60));
        mirror.See(Playlist(700, 42, 2), false, rows[11].AppearedAt);
        mirror.PublishUpTo(rows, 15, Playlist(46, 9, 2), 0);
        Assert.Equal(741, mirror.Segments[^1].Number);
        Assert.InRange((rows[11].From - mirror.Segments[^1].Position).Seconds, -6, 6);
        var sequences = mirror.Segments.Select(segment => segment.Epoch!.DiscontinuitySequence).ToArray();
        Assert.Equal(sequences.Order(), sequences);
    }

    /// <summary>The voices have made-up dates then, and all playlists have the same (design.md, 3a, rule 1).</summary>
    [Fact]
    public void Dates_of_a_playlist_are_not_taken_where_the_heard_one_has_none()
    {
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(700, 6, 2, Noon.AddHours(-3)), false, Noon.AddSeconds(10));
        var rows = Rows(10, 6);
        mirror.PublishUpTo(rows, 6, Playlist(10, 6, 2), 0);
        Assert.Equal(rows.Select(row => row.Date), mirror.Segments.Select(segment => segment.Date));
    }

    [Fact]
    public void Newly_signed_addresses_replace_the_old_ones()
    {
        var mirror = new DelayedPlaylist();
        var list = Playlist(10, 3, 2);
        mirror.See(list, false, Noon);
        mirror.PublishUpTo(Rows(10, 3), 3, list, 0);
        mirror.See(list with { Segments = [.. list.Segments.Select(segment => segment with { Address = new Uri(segment.Address + "?sig=2") })] }, false, Noon);
        Assert.All(mirror.Segments, segment => Assert.EndsWith("?sig=2", segment.Source.Address.ToString(), StringComparison.Ordinal));
        Assert.Equal([10, 11, 12], mirror.Segments.Select(segment => segment.Number!.Value));
    }

    [Fact]
    public void After_a_reset_the_numbers_go_on_with_the_rows()
    {
        var mirror = new DelayedPlaylist();
        var before = Playlist(500, 2, 2);
        mirror.See(before, false, Noon);
        var second = First with { Index = 1, Start = new ChannelTime(192_000), DiscontinuitySequence = 1, NumberOffset = 502 };
        var rows = Rows(500, 2).ToList();
        mirror.PublishUpTo(rows, 2, before, 0);
        var after = Playlist(0, 2, 2);
        mirror.See(after, true, Noon);
        for (var index = 0; index < 2; index++)
            rows.Add(Row(index, 502 + index, second, index == 0, 1, new ChannelTime(192_000 + (index * 96_000)), Noon.AddSeconds(4 + (2 * index)), null));
        mirror.PublishUpTo(rows, 4, after, 1);
        Assert.Equal([500, 501, 502, 503], mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([false, false, true, false], mirror.Segments.Select(segment => segment.Discontinuity));
    }

    [Fact]
    public void A_playlist_that_starts_anew_before_the_heard_one_is_aligned_when_that_follows()
    {
        var mirror = new DelayedPlaylist();
        var before = Playlist(500, 2, 2);
        mirror.See(before, false, Noon);
        var rows = Rows(500, 2).ToList();
        mirror.PublishUpTo(rows, 2, before, 0);
        mirror.See(Playlist(0, 2, 2), true, Noon);
        mirror.PublishUpTo(rows, 2, before, 0);
        var second = First with { Index = 1, Start = new ChannelTime(192_000), DiscontinuitySequence = 1, NumberOffset = 502 };
        for (var index = 0; index < 2; index++)
            rows.Add(Row(index, 502 + index, second, index == 0, 1, new ChannelTime(192_000 + (index * 96_000)), Noon.AddSeconds(4 + (2 * index)), null));
        mirror.PublishUpTo(rows, 4, Playlist(0, 2, 2), 1);
        Assert.True(mirror.Aligned);
        Assert.Equal([500, 501, 502, 503], mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([false, false, true, false], mirror.Segments.Select(segment => segment.Discontinuity));
    }

    /// <summary>Another packager answers and lists what was published before: the heard playlist does not play it again, nor do others.</summary>
    [Fact]
    public void Other_cuts_that_are_shown_once_more_are_not_published_twice()
    {
        var heard = Playlist(10, 9, 2, Noon);
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(700, 6, 3, Noon), false, Noon.AddSeconds(18));
        var rows = Rows(10, 9, Noon);
        mirror.PublishUpTo(rows, 9, heard, 0);
        mirror.See(Playlist(20, 8, 3, Noon), true, Noon.AddSeconds(24));
        mirror.PublishUpTo(rows, 9, heard, 0);
        var second = First with { Index = 1, Start = new ChannelTime(9 * 96_000), DiscontinuitySequence = 1, NumberOffset = -981 };
        for (var index = 0; index < 3; index++)
        {
            var at = Noon.AddSeconds(18 + (2 * index));
            rows.Add(Row(1000 + index, 19 + index, second, index == 0, 1, new ChannelTime((9 + index) * 96_000), at, at));
        }

        mirror.PublishUpTo(rows, 12, Playlist(1000, 3, 2, Noon.AddSeconds(18)), 1);
        var published = mirror.Segments.Where(segment => segment.Number is not null).ToArray();
        Assert.Equal([0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0], published.Select(segment => segment.Position.Seconds));
        Assert.Equal(Enumerable.Range(700, 8).Select(number => (long)number), published.Select(segment => segment.Number!.Value));
        Assert.True(published[6].Discontinuity);
    }

    /// <summary>Each rendition is packaged by a process of its own; the machine is switched off and on, and all begin at 0.</summary>
    [Theory]
    [InlineData(14_361, 14_400)]
    [InlineData(14_400, 14_361)]
    public void A_playlist_with_numbers_of_its_own_keeps_them_when_both_start_anew(long heard, long own)
    {
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(own, 6, 2), false, Noon.AddSeconds(10));
        var rows = Rows(heard, 6).ToList();
        mirror.PublishUpTo(rows, 6, Playlist(heard, 6, 2), 0);
        Assert.Equal(own, mirror.Segments[0].Number);

        mirror.See(Playlist(0, 3, 2), true, Noon.AddSeconds(16));
        rows.AddRange(Later(rows, 0, 3, incarnation: 1));
        mirror.PublishUpTo(rows, 9, Playlist(0, 3, 2), 1);
        Assert.Equal(Enumerable.Range(0, 9).Select(index => own + index), mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([6], Enumerable.Range(0, 9).Where(index => mirror.Segments[index].Discontinuity));
        Assert.DoesNotContain(mirror.Segments, segment => segment.Missing);
    }

    /// <summary>The backup has numbers of its own, and was published under them beside the playlist that is heard no more.</summary>
    [Theory]
    [InlineData(9000)]
    [InlineData(4000)]
    public void A_playlist_that_is_heard_from_now_on_keeps_its_numbers(long own)
    {
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(own, 6, 2), false, Noon.AddSeconds(10));
        var rows = Rows(5000, 6).ToList();
        mirror.PublishUpTo(rows, 6, Playlist(5000, 6, 2), 0);

        mirror.Realign();
        mirror.See(Playlist(own + 3, 6, 2), false, Noon.AddSeconds(16));
        rows.AddRange(Later(rows, own + 6, 3, incarnation: 0));
        mirror.PublishUpTo(rows, 9, mirror.Playlist!, 0);
        Assert.Equal(Enumerable.Range(0, 9).Select(index => own + index), mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.DoesNotContain(mirror.Segments, segment => segment.Missing);
    }

    [Fact]
    public void A_playlist_that_had_the_rows_numbers_goes_on_from_them_when_another_is_heard()
    {
        var mirror = new DelayedPlaylist();
        var before = Playlist(5000, 6, 2);
        mirror.See(before, false, Noon.AddSeconds(10));
        var rows = Rows(5000, 6).ToList();
        mirror.PublishUpTo(rows, 6, before, 0);

        mirror.Realign();
        mirror.See(Playlist(5003, 6, 2), false, Noon.AddSeconds(16));
        rows.AddRange(Later(rows, 9006, 3, incarnation: 0));
        mirror.PublishUpTo(rows, 9, Playlist(9003, 6, 2), 0);
        Assert.Equal(Enumerable.Range(5000, 9).Select(number => (long)number), mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([6], Enumerable.Range(0, 9).Where(index => mirror.Segments[index].Discontinuity));
    }

    [Fact]
    public void An_aligned_playlist_that_lost_its_last_segments_before_a_reset_stays_aligned()
    {
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(500, 4, 2), false, Noon.AddSeconds(10));
        var rows = Rows(500, 6).ToList();
        mirror.PublishUpTo(rows, 6, Playlist(500, 6, 2), 0);

        mirror.See(Playlist(0, 3, 2), true, Noon.AddSeconds(16));
        rows.AddRange(Later(rows, 0, 3, incarnation: 1));
        mirror.PublishUpTo(rows, 9, Playlist(0, 3, 2), 1);
        Assert.True(mirror.Aligned);
        Assert.Equal(Enumerable.Range(500, 9).Select(number => (long)number), mirror.Segments.Select(segment => segment.Number!.Value));
        Assert.Equal([4, 5], Enumerable.Range(0, 9).Where(index => mirror.Segments[index].Missing));
    }

    [Fact]
    public void What_never_finds_a_place_does_not_pile_up()
    {
        var mirror = new DelayedPlaylist();
        for (var first = 0; first < 20_000; first += 500)
            mirror.See(Playlist(first, 500, 2), false, Noon);
        Assert.InRange(mirror.Segments.Count, 500, 5000);
    }

    [Theory]
    [InlineData(6, 11)]
    [InlineData(7, 12)]
    [InlineData(12, 16)]
    public void A_playlist_that_lags_behind_the_rows_keeps_three_target_durations(int segments, long first)
    {
        // Of 24 s of rows the window is the last 12; the source's other playlist was last seen with so many segments of 2 s.
        var mirror = new DelayedPlaylist();
        mirror.See(Playlist(10, segments, 2), false, Noon);
        mirror.PublishUpTo(Rows(10, 12), 12, Playlist(10, 12, 2), 0);
        var published = Playlists.OfMirror(mirror, ChannelTime.Zero + SoundLength.OfSeconds(12), targetDuration: 3, ended: false)!;

        Assert.Contains($"#EXT-X-MEDIA-SEQUENCE:{first}\n", Encoding.UTF8.GetString(published.Body.Span), StringComparison.Ordinal);
    }

    private static List<SegmentRow> Rows(long first, int count, DateTimeOffset? dates = null) =>
        [.. Enumerable.Range(0, count).Select(index => Row(
            first + index, first + index, First, false, 0, new ChannelTime(index * 96_000), Noon.AddSeconds(2 * index), dates?.AddSeconds(2 * index)))];

    /// <summary>Rows of another epoch that go on after <paramref name="rows"/>, so many seconds later.</summary>
    private static List<SegmentRow> Later(List<SegmentRow> rows, long first, int count, int incarnation, double away = 0)
    {
        var last = rows[^1];
        var epoch = new Epoch(last.Epoch.Index + 1, EpochReason.Outage, 0, last.To, last.Epoch.DiscontinuitySequence + 1, last.Number + 1 - first);
        return [.. Enumerable.Range(0, count).Select(index => Row(
            first + index, last.Number + 1 + index, epoch, index == 0, incarnation, last.To + SoundLength.OfSeconds(2 * index), last.Date.AddSeconds(away + 2 + (2 * index)), null))];
    }

    private static SegmentRow Row(
        long sequence, long number, Epoch epoch, bool discontinuity, int incarnation, ChannelTime from, DateTimeOffset date, DateTimeOffset? sourceDate)
    {
        var row = new SegmentRow
        {
            Number = number,
            Epoch = epoch,
            Discontinuity = discontinuity,
            Incarnation = incarnation,
            Source = Segment(sequence, 2, sourceDate, "heard"),
            From = from,
            Duration = TimeSpan.FromSeconds(2),
            Date = date,
            AppearedAt = date,
            Due = date,
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        row.EndAt(from + SoundLength.OfSeconds(2));
        return row;
    }

    private static MediaPlaylist Playlist(long first, int count, double seconds, DateTimeOffset? dates = null, string name = "heard") => new(
        new Uri("http://origin.test/x.m3u8"), 3, TimeSpan.FromSeconds(2), false, null, false, true, first, 0, null,
        [.. Enumerable.Range(0, count).Select(index => Segment(first + index, seconds, dates?.AddSeconds(seconds * index), name))]);

    private static MediaSegment Segment(long sequence, double seconds, DateTimeOffset? date, string name) => new(
        sequence, 0, new Uri($"http://origin.test/{name}/{sequence}.ts"), TimeSpan.FromSeconds(seconds), "", null, null,
        ImmutableArray<MediaKey>.Empty, date, false, false, []);
}
