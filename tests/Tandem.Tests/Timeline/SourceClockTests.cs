using System.Collections.Immutable;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Timeline;

public sealed class SourceClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(8);

    private readonly SoundTrack _track = new(ChannelTime.Zero);

    [Fact]
    public void Rows_keep_the_sources_numbers_and_follow_one_another_without_a_hole()
    {
        var clock = Clock();
        var rows = Enumerable.Range(0, 5).Select(index => Take(clock, 100 + index, 900_000 + (index * 180_000))!).ToArray();
        Assert.Equal([100, 101, 102, 103, 104], rows.Select(row => row.Number));
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(rows, row => Assert.Equal(96_000, (row.To - row.From).Samples));
        Assert.All(rows, row => Assert.Equal(row.AppearedAt + Delay, row.Due));
        Assert.Single(rows.Select(row => row.Epoch).Distinct());
        Assert.DoesNotContain(rows, row => row.Discontinuity);
    }

    /// <summary>The last frames of a segment's sound come with the next segment.</summary>
    [Fact]
    public void Nothing_is_due_before_the_next_segment_has_come()
    {
        var clock = new SourceClock(new SoundPlacer(new SoundTrack(ChannelTime.Zero)), TimeSpan.FromSeconds(1.5), null);
        Assert.All(
            Enumerable.Range(0, 5).Select(index => Take(clock, 100 + index, 900_000 + (index * 180_000))!),
            row => Assert.Equal(row.AppearedAt + row.Duration + TimeSpan.FromSeconds(0.25), row.Due));
    }

    [Fact]
    public void Rounded_durations_do_not_add_up()
    {
        // EXTINF says 2 s, the cuts are 1.92 s apart: the row follows the next one's measured beginning.
        var clock = Clock();
        var rows = Enumerable.Range(0, 50).Select(index => Take(clock, index, 900_000 + (index * 172_800))!).ToArray();
        Assert.Equal(49 * 92_160, (rows[49].From - rows[0].From).Samples);
    }

    [Fact]
    public void A_tagged_discontinuity_begins_an_epoch_with_the_next_number()
    {
        var clock = Clock();
        var first = Take(clock, 7, 900_000)!;
        var row = Take(clock, 8, 50, discontinuity: true)!;
        Assert.Equal(8, row.Number);
        Assert.True(row.Discontinuity);
        Assert.Equal(EpochReason.Discontinuity, row.Epoch.Reason);
        Assert.Equal(first.Epoch.DiscontinuitySequence + 1, row.Epoch.DiscontinuitySequence);
        Assert.Equal(50, row.Epoch.ToMedia(row.From).Ticks);
        Assert.Equal(96_000, row.From.Samples);
    }

    [Theory]
    [InlineData(-200_000)]
    [InlineData(900_000)]
    public void A_jump_of_time_without_a_tag_begins_an_epoch(long jump)
    {
        var clock = Clock();
        Take(clock, 7, 900_000);
        var row = Take(clock, 8, 900_000 + 180_000 + jump)!;
        Assert.Equal(EpochReason.Jump, row.Epoch.Reason);
        Assert.True(row.Discontinuity);
    }

    [Fact]
    public void The_33_bit_wrap_is_no_jump()
    {
        var clock = Clock();
        var first = Take(clock, 1, MediaTime.Wrap - 100_000)!;
        var second = Take(clock, 2, 80_000)!;
        Assert.Same(first.Epoch, second.Epoch);
        Assert.Equal(96_000, (second.From - first.From).Samples);
        Assert.Equal(MediaTime.Wrap + 80_000, second.Epoch.ToMedia(second.From).Ticks);
    }

    [Fact]
    public void A_source_that_starts_anew_goes_on_at_the_last_number_plus_one()
    {
        var clock = Clock();
        Take(clock, 500, 900_000);
        Take(clock, 501, 1_080_000);
        clock.See(Shown(0, 1), reset: true, 1);
        var row = Take(clock, 0, 126_000)!;
        Assert.Equal(502, row.Number);
        Assert.Equal(EpochReason.Reset, row.Epoch.Reason);
        Assert.Equal(503, Take(clock, 1, 306_000)!.Number);
    }

    [Fact]
    public void Another_stream_that_shows_the_window_once_more_is_not_heard_twice()
    {
        var clock = Clock();
        for (var index = 0; index < 5; index++)
            Take(clock, 100 + index, 900_000 + (index * 180_000));
        Change(clock, 102, 3);
        var end = _track.End;
        Assert.Null(Take(clock, 102, 900_000 + 360_000));
        Assert.Null(Take(clock, 103, 900_000 + 540_000));
        Assert.Null(clock.Accept(new HeardSegment(Segment(104), Noon, null, 0), ChannelTime.Zero));
        Assert.Equal(end, _track.End);
        var next = Take(clock, 105, 900_000 + 900_000)!;
        Assert.Equal(105, next.Number);
        Assert.Equal(EpochReason.Start, next.Epoch.Reason);
    }

    /// <summary>Redundant packagers share the encoder's times but not their numbers: nothing was published until those had caught up.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(4990)]
    [InlineData(4999)]
    [InlineData(5007)]
    [InlineData(9000)]
    public void Another_stream_with_numbers_of_its_own_is_heard_from_where_the_first_one_ended(long number)
    {
        var clock = Clock();
        SegmentRow? last = null;
        for (var index = 0; index < 10; index++)
            last = Take(clock, 5000 + index, 900_000 + (index * 180_000));

        // It lists the last six that were heard, and two more.
        Change(clock, number, 8);
        for (var index = 0; index < 6; index++)
            Assert.Null(Take(clock, number + index, 900_000 + ((4 + index) * 180_000), later: (int)(2 * (5004 - number))));
        var next = Take(clock, number + 6, 900_000 + 1_800_000, later: (int)(2 * (5004 - number)))!;
        Assert.Equal((5010, true), (next.Number, next.Discontinuity));
        Assert.Equal(last!.To, next.From);
        Assert.Equal(5011, Take(clock, number + 7, 900_000 + 1_980_000)!.Number);
    }

    /// <summary>A backup that started an hour later: its numbers and times lag by that hour, and it was dropped for as long.</summary>
    [Fact]
    public void Another_stream_with_times_of_its_own_is_heard_from_what_appeared_last()
    {
        var clock = Clock();
        for (var index = 0; index < 5; index++)
            Take(clock, 2000 + index, 360_000_000 + (index * 180_000));
        Change(clock, 202, 4);
        Assert.Null(Take(clock, 203, 36_000_000, later: 3600));
        Assert.Null(Take(clock, 204, 36_180_000, later: 3600));
        var next = Take(clock, 205, 36_360_000, later: 3600)!;
        Assert.Equal((2005, true, EpochReason.Reset), (next.Number, next.Discontinuity, next.Epoch.Reason));
        Assert.Equal(2006, Take(clock, 206, 36_540_000, later: 3600)!.Number);
    }

    /// <summary>An encoder that restarts from nothing and calls its sound something else.</summary>
    [Fact]
    public void Another_stream_that_begins_at_nought_is_heard_at_once()
    {
        var clock = Clock();
        for (var index = 0; index < 5; index++)
            Take(clock, 5000 + index, 900_000_000 + (index * 180_000));
        Change(clock, 0, 1);
        Assert.Equal(5005, Take(clock, 0, 0, later: 10_020)!.Number);
        Assert.Equal(5006, Take(clock, 1, 180_000, later: 10_020)!.Number);
    }

    /// <summary>Only what is listed at the change can be shown once more; whatever times the source writes, it is heard after that.</summary>
    [Fact]
    public void Another_stream_whose_times_lag_a_little_is_heard_at_the_latest_after_its_window()
    {
        var clock = Clock();
        for (var index = 0; index < 40; index++)
            Take(clock, 5000 + index, 900_000 + (index * 180_000));
        Change(clock, 0, 3);
        for (var index = 0; index < 3; index++)
            Assert.Null(Take(clock, index, 7_200_000 + (index * 180_000), later: 10_080));
        Assert.Equal(5040, Take(clock, 3, 7_740_000 - 900_000, later: 10_080)!.Number);
    }

    /// <summary>Another packager answers under the same address: other numbers, the same media. Its whole window was played again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_packager_behind_the_same_address_is_heard_from_where_the_first_one_ended(bool dates)
    {
        var clock = Clock();
        DateTimeOffset? At(int index) => dates ? Noon.AddSeconds(2 * index) : null;
        SegmentRow? last = null;
        for (var index = 0; index < 10; index++)
            last = Take(clock, 5000 + index, 900_000 + (index * 180_000), date: At(index));

        // All of a window whose numbers begin anew appears between two polls.
        clock.See(Shown(300, 8), reset: true, 1);
        for (var index = 0; index < 6; index++)
            Assert.Null(Take(clock, 300 + index, 900_000 + ((4 + index) * 180_000), date: At(4 + index), later: 9420 - (2 * index)));
        var next = Take(clock, 306, 900_000 + 1_800_000, date: At(10), later: 9420)!;
        Assert.Equal((5010, 1, EpochReason.Reset), (next.Number, next.Incarnation, next.Epoch.Reason));
        Assert.Equal(last!.To, next.From);
        Assert.Equal(5011, Take(clock, 307, 900_000 + 1_980_000, date: At(11), later: 9420)!.Number);
    }

    [Fact]
    public void A_source_that_starts_anew_with_old_times_and_new_dates_is_heard_at_once()
    {
        var clock = Clock();
        for (var index = 0; index < 3; index++)
            Take(clock, index, 126_000 + (index * 180_000), date: Noon.AddSeconds(2 * index));
        clock.See(Shown(0, 2), reset: true, 1);
        Assert.Equal(3, Take(clock, 0, 126_000, date: Noon.AddSeconds(20))!.Number);
    }

    [Fact]
    public void Old_numbers_with_other_times_are_a_source_that_started_anew()
    {
        var clock = Clock();
        for (var index = 0; index < 5; index++)
            Take(clock, 100 + index, 90_000_000 + (index * 180_000));
        var row = Take(clock, 101, 126_000)!;
        Assert.Equal(105, row.Number);
        Assert.True(row.Discontinuity);
    }

    [Fact]
    public void Segments_missed_in_an_outage_cost_a_discontinuity_and_no_number()
    {
        var clock = Clock();
        Take(clock, 10, 900_000);
        var row = Take(clock, 20, 900_000 + 1_800_000)!;
        Assert.Equal(11, row.Number);
        Assert.Equal(EpochReason.Outage, row.Epoch.Reason);
    }

    [Fact]
    public void A_segment_that_cannot_be_read_keeps_its_number_and_its_time()
    {
        var clock = Clock();
        Take(clock, 1, 900_000);
        var lost = clock.Accept(new HeardSegment(Segment(2), Noon, null, 0), ChannelTime.Zero)!;
        var after = Take(clock, 3, 900_000 + 360_000)!;
        Assert.False(lost.Heard);
        Assert.Equal(2, lost.Number);
        Assert.Equal(96_000, (lost.To - lost.From).Samples);
        Assert.Equal(lost.To, after.From);
        Assert.Equal(lost.Epoch, after.Epoch);
    }

    [Fact]
    public void A_restart_gives_known_segments_their_old_numbers_and_dates_and_new_ones_a_discontinuity()
    {
        var before = Clock();
        var old = Enumerable.Range(0, 4).Select(index => Take(before, 100 + index, 900_000 + (index * 180_000))!).ToArray();
        var resumption = new Resumption([.. old.Select(row => new PublishedRow(
            row.Number, row.Source.Sequence, row.Epoch.ToMedia(row.From).Ticks, row.Epoch.DiscontinuitySequence, row.Date))]);

        var track = new SoundTrack(ChannelTime.Zero);
        var after = new SourceClock(new SoundPlacer(track), Delay, resumption);
        var rows = Enumerable.Range(2, 4).Select(index => Take(after, 100 + index, 900_000 + (index * 180_000), later: 60)!).ToArray();
        Assert.Equal([102, 103, 104, 105], rows.Select(row => row.Number));
        Assert.Equal([true, true, false, false], rows.Select(row => row.Repeated));
        Assert.Equal(old[2].Date, rows[0].Date);
        Assert.Equal([false, false, true, false], rows.Select(row => row.Discontinuity));
        var counted = old[3].Epoch.DiscontinuitySequence;
        Assert.Equal([counted, counted, counted + 1, counted + 1], rows.Select(row => row.Epoch.DiscontinuitySequence));
        Assert.Equal(EpochReason.Takeover, rows[2].Epoch.Reason);

        // The time line goes on: no sound is lost at the seam.
        Assert.Equal(1_620_000, rows[2].Epoch.ToMedia(rows[2].From).Ticks);
    }

    [Fact]
    public void A_restart_on_a_source_that_started_anew_goes_on_behind_a_discontinuity()
    {
        var resumption = new Resumption([new PublishedRow(700, 700, 900_000, 3, Noon)]);
        var clock = new SourceClock(new SoundPlacer(_track), Delay, resumption);
        var row = Take(clock, 4, 5000)!;
        Assert.Equal(701, row.Number);
        Assert.Equal(4, row.Epoch.DiscontinuitySequence);
        Assert.True(row.Discontinuity);
    }

    [Fact]
    public void Made_up_dates_go_on_and_the_sources_own_are_kept()
    {
        var clock = Clock();
        var first = Take(clock, 1, 900_000)!;
        var second = Take(clock, 2, 1_080_000)!;
        Assert.Equal(first.Date + TimeSpan.FromSeconds(2), second.Date);
        var own = Noon.AddYears(-3);
        Assert.Equal(own, Take(clock, 3, 1_260_000, date: own)!.Date);
    }

    /// <summary>EXTINF in whole seconds: dates that added it up ran away from channel time, and the axis of sockets jumped after them.</summary>
    [Fact]
    public void Made_up_dates_go_on_as_channel_time_does()
    {
        var clock = Clock();
        var rows = Enumerable.Range(0, 50).Select(index => Take(clock, index, 900_000 + (index * 172_800))!).ToArray();
        Assert.All(rows, row => Assert.Equal(row.From.Time(), row.Date - rows[0].Date));
        var broken = Take(clock, 50, 50, discontinuity: true)!;
        Assert.Equal(broken.From.Time(), broken.Date - rows[0].Date);
    }

    [Fact]
    public void A_damaged_time_stamp_does_not_become_hours_of_silence()
    {
        var clock = Clock();
        Take(clock, 1, 900_000);
        var sound = Sound(1_080_000);
        sound[40] = sound[40] with { Ticks = 5_000_000_000 };
        var row = clock.Accept(new HeardSegment(Segment(2), Noon, Decoded(1_080_000, sound), 1000), ChannelTime.Zero);
        Assert.NotNull(row);
        Assert.Equal(1, clock.StrayFrames);
        Assert.InRange(_track.End.Seconds, 3.9, 4.1);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(0.001)]
    public void A_wrong_duration_does_not_move_the_time_line(double seconds)
    {
        var clock = Clock();
        Take(clock, 1, 900_000);
        var wrong = clock.Accept(
            new HeardSegment(Segment(2) with { Duration = TimeSpan.FromSeconds(seconds) }, Noon, Decoded(1_080_000, Sound(1_080_000)), 1000), ChannelTime.Zero)!;
        var next = Take(clock, 3, 1_260_000)!;
        Assert.Same(wrong.Epoch, next.Epoch);
        Assert.Equal(96_000, (wrong.To - wrong.From).Samples);
        Assert.InRange(_track.End.Seconds, 5.9, 6.1);
    }

    /// <summary>A silent advertisement after a cut: its pictures have a place on the time line, and the sound comes back in step.</summary>
    [Fact]
    public void Pictures_without_sound_begin_an_epoch()
    {
        var clock = Clock();
        Take(clock, 1, 900_000);
        var pictures = new DecodedSegment(Container.MpegTs, [], null, 5_000, 185_000, null, [], 0);
        var silent = clock.Accept(new HeardSegment(Segment(2, discontinuity: true), Noon, pictures, 1000), ChannelTime.Zero)!;
        Assert.Equal((2, true, false), (silent.Number, silent.Discontinuity, silent.Heard));
        var next = Take(clock, 3, 185_000)!;
        Assert.Same(silent.Epoch, next.Epoch);
        Assert.True(next.Heard);
        Assert.Equal(96_000, (next.From - silent.From).Samples);
        Assert.Equal(185_000, next.Epoch.ToMedia(next.From).Ticks);
    }

    [Fact]
    public void A_broken_encoder_gets_a_discontinuity_on_the_same_time_line()
    {
        var clock = Clock();
        var first = Take(clock, 1, 900_000)!;
        clock.BreakNext();
        var next = Take(clock, 2, 1_080_000)!;
        Assert.True(next.Discontinuity);
        Assert.Equal((2, first.Epoch.DiscontinuitySequence + 1), (next.Number, next.Epoch.DiscontinuitySequence));
        Assert.Equal(1_080_000, next.Epoch.ToMedia(next.From).Ticks);
        Assert.Same(next.Epoch, Take(clock, 3, 1_260_000)!.Epoch);
    }

    [Fact]
    public void An_instance_that_knows_of_none_before_it_counts_discontinuities_from_where_none_can_have_come()
    {
        var later = new SourceClock(new SoundPlacer(new SoundTrack(ChannelTime.Zero)), Delay, null);
        var first = Take(Clock(), 1, 900_000)!;
        var second = Take(later, 1, 900_000, later: 3600)!;
        Assert.True(second.Epoch.DiscontinuitySequence >= first.Epoch.DiscontinuitySequence + 60);
    }

    [Fact]
    public void A_change_of_the_picture_begins_an_epoch_with_the_first_segment_that_appears_after_it()
    {
        var clock = Clock();
        clock.Carry(true, Noon);
        var first = Take(clock, 1, 900_000)!;
        Assert.True(first.Epoch.Carried);

        // Decided while segment 2, which appeared a moment before, is on its way.
        clock.Carry(false, Noon.AddSeconds(4.5));
        var second = Take(clock, 2, 1_080_000)!;
        Assert.Same(first.Epoch, second.Epoch);
        var third = Take(clock, 3, 1_260_000)!;
        Assert.Equal((false, EpochReason.Video, true), (third.Epoch.Carried, third.Epoch.Reason, third.Discontinuity));
        Assert.Equal(first.Epoch.DiscontinuitySequence + 1, third.Epoch.DiscontinuitySequence);
        Assert.Equal(1_260_000, third.Epoch.ToMedia(third.From).Ticks);
        Assert.Same(third.Epoch, Take(clock, 4, 1_440_000)!.Epoch);
    }

    [Fact]
    public void A_discontinuity_of_the_sources_own_takes_the_change_with_it()
    {
        var clock = Clock();
        Take(clock, 1, 900_000);
        clock.Carry(true, Noon);
        var row = Take(clock, 2, 50, discontinuity: true)!;
        Assert.Equal((true, EpochReason.Discontinuity), (row.Epoch.Carried, row.Epoch.Reason));
        Assert.Same(row.Epoch, Take(clock, 3, 180_050)!.Epoch);
    }

    /// <summary>Another playlist is heard, and shows so many segments.</summary>
    private static void Change(SourceClock clock, long first, int count)
    {
        clock.Hear(new PlaylistId(PlaylistKind.Variant, "v0"), 0);
        clock.Hear(new PlaylistId(PlaylistKind.Variant, "v1"), 0);
        clock.See(Shown(first, count), reset: false, 0);
    }

    private static ImmutableArray<SeenSegment> Shown(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(index => new SeenSegment(Segment(first + index), Noon, Heard: true))];

    private SourceClock Clock() => new(new SoundPlacer(_track), Delay, null);

    private static SegmentRow? Take(
        SourceClock clock, long sequence, long ticks, bool discontinuity = false, DateTimeOffset? date = null, int later = 0) =>
        clock.Accept(
            new HeardSegment(Segment(sequence, discontinuity, date), Noon.AddSeconds((sequence * 2) + later), Decoded(ticks, Sound(ticks)), 1000),
            ChannelTime.Zero);

    private static MediaSegment Segment(long sequence, bool discontinuity = false, DateTimeOffset? date = null) =>
        new(sequence, 0, new Uri($"http://origin.test/{sequence}.ts"), TimeSpan.FromSeconds(2), "", null, null, [], date, false, discontinuity, []);

    private static DecodedSound[] Sound(long ticks) =>
        [.. Enumerable.Range(0, 94).Select(index => new DecodedSound((ticks + (index * 1920)) % MediaTime.Wrap, 48_000, new float[2048]))];

    private static DecodedSegment Decoded(long ticks, IReadOnlyList<DecodedSound> sound) => new(
        Container.MpegTs,
        [],
        256,
        ticks,
        ticks + 180_000,
        new CodedSound("aac", 48_000, 2, ImmutableArray.Create<byte>(0x11, 0x90).AsMemory(), [new CodedFrame(ticks, 1024, new byte[8])]),
        sound,
        0);
}
