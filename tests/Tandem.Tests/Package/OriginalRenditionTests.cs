using System.Buffers.Binary;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class OriginalRenditionTests
{
    private const int FrameTicks = 1920;
    private const int FrameSamples = 1024;
    private static readonly Epoch First = new(0, EpochReason.Start, 900_000, ChannelTime.Zero, 0, 0);
    private static readonly Epoch Second = new(1, EpochReason.Discontinuity, 50_000, new ChannelTime(40 * FrameSamples), 1, 0);
    private int _generations;

    /// <summary>Rows are heard a whole delay before they are due: the old epoch's last rows still wait when the new one begins.</summary>
    [Fact]
    public void An_epoch_that_begins_does_not_take_away_the_sound_of_the_one_before()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20), Row(First, 2, 20, 40), Row(Second, 3, 40, 60)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select(row => original.Package(row)!).ToList();

        Assert.Equal(["g1", "g1", "g2"], made.Select(segment => segment.Generation));
        Assert.Equal([900_000, 900_000 + (20 * FrameTicks), 50_000], made.Select(segment => Time(segment.Body!)));
        Assert.All(made, segment => Assert.Equal(PackedAudio.TagBytes + (20 * 107), segment.Body!.Length));
    }

    [Fact]
    public void Rows_that_could_not_be_heard_are_silent_and_what_comes_after_them_is_in_its_place()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 0..16), Row(First, 2, 20, 40, heard: false), Row(First, 3, 40, 60, frames: 36..60)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select(row => original.Package(row)!.Body!).ToList();

        Assert.Equal([900_000, 900_000 + (20 * FrameTicks), 900_000 + (40 * FrameTicks)], made.Select(Time));
        Assert.All(made, segment => Assert.Equal(20, Frames(segment)));

        // ADTS header and a silent frame; the source's frames have 100 bytes.
        Assert.Equal(PackedAudio.TagBytes + (16 * 16) + (4 * 107), made[1].Length);
        Assert.Equal(PackedAudio.TagBytes + (20 * 107), made[2].Length);
    }

    /// <summary>Cuts lie between frames: silence that ends a segment reaches into the next one, and what follows begins behind it.</summary>
    [Fact]
    public void Silence_joins_what_is_before_and_behind_it()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 0..16, late: 300), Row(First, 2, 20, 40, heard: false, late: 300), Row(First, 3, 40, 60, frames: 40..60)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select((row, index) => original.Package(row, isLast: index == 0)!.Body!).ToList();

        Assert.Equal([900_000, 900_000 + (21 * FrameTicks), 900_000 + (41 * FrameTicks)], made.Select(Time));
        Assert.Equal([21, 20, 19], made.Select(Frames));
    }

    /// <summary>What was lost before a sender's first sound: the first segment covers its own time all the same.</summary>
    [Fact]
    public void Sound_that_is_missing_at_the_beginning_of_an_epoch_is_silence()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 8..20), Row(First, 2, 20, 40)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select(row => original.Package(row)!.Body!).ToList();

        Assert.Equal([20, 20], made.Select(Frames));
        Assert.Equal([900_000, 900_000 + (20 * FrameTicks)], made.Select(Time));
    }

    /// <summary>A sender that broke off: its last picture has no sound, and the segment before less than it should.</summary>
    [Fact]
    public void Sound_that_is_missing_before_a_segment_without_any_is_silence_where_it_is_missing()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 0..12), Row(First, 2, 20, 22, frames: 0..0), Row(Second, 3, 40, 60)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select(row => original.Package(row)!.Body!).ToList();

        Assert.Equal([20, 2, 20], made.Select(Frames));
        Assert.Equal([900_000, 900_000 + (20 * FrameTicks), 50_000], made.Select(Time));
    }

    /// <summary>design.md, section 3, "Encoding": at a discontinuity the old epoch is padded to its end.</summary>
    [Fact]
    public void Sound_that_is_missing_at_the_end_of_an_epoch_is_silence()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20), Row(First, 2, 20, 40, frames: 20..33), Row(Second, 3, 40, 60)];
        foreach (var row in rows)
            original.Accept(row);

        Assert.All(rows, row => Assert.Equal(20, Frames(original.Package(row)!.Body!)));
    }

    [Fact]
    public void A_gap_of_the_source_is_a_gap()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20), Row(First, 2, 20, 40, heard: false, gap: true), Row(First, 3, 40, 60)];
        foreach (var row in rows)
            original.Accept(row);

        Assert.Equal([true, false, true], rows.Select(row => original.Package(row)!.Body is not null));
    }

    /// <summary>Encoders send a segment's last frames with the next segment; of a source that stands still those are not there when it is due.</summary>
    [Fact]
    public void Frames_that_come_after_their_segment_was_due_were_silence()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 0..16), Row(First, 2, 20, 40, frames: 16..36)];
        original.Accept(rows[0]);
        var cutOff = original.Package(rows[0], isLast: true)!.Body!;
        original.Accept(rows[1]);
        var next = original.Package(rows[1])!.Body!;

        Assert.Equal(20, Frames(cutOff));
        Assert.Equal(900_000 + (20 * FrameTicks), Time(next));
        Assert.Equal(16, Frames(next));
    }

    [Fact]
    public void Frames_that_come_with_the_next_segment_are_not_lost()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, frames: 0..16), Row(First, 2, 20, 40, frames: 16..40)];
        foreach (var row in rows)
            original.Accept(row);

        Assert.All(rows, row => Assert.Equal(20, Frames(original.Package(row)!.Body!)));
    }

    /// <summary>Counts ADTS headers by their lengths.</summary>
    private static int Frames(byte[] segment)
    {
        var count = 0;
        for (var at = PackedAudio.TagBytes; at < segment.Length; count++)
            at += ((segment[at + 3] & 3) << 11) | (segment[at + 4] << 3) | (segment[at + 5] >> 5);
        return count;
    }

    [Fact]
    public void A_stray_time_stamp_costs_one_frame()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, stray: 5), Row(First, 2, 20, 40), Row(First, 3, 40, 60)];
        foreach (var row in rows)
            original.Accept(row);
        var made = rows.Select(row => original.Package(row)!.Body!).ToList();
        Assert.Equal([900_000, 900_000 + (20 * FrameTicks), 900_000 + (40 * FrameTicks)], made.Select(Time));
        Assert.All(made.Skip(1), body => Assert.Equal(PackedAudio.TagBytes + (20 * 107), body.Length));
    }

    private static long Time(byte[] segment) => BinaryPrimitives.ReadInt64BigEndian(segment.AsSpan(PackedAudio.TagBytes - 8));

    private static SegmentRow Row(Epoch epoch, long number, int from, int to, bool heard = true, Range? frames = null, bool gap = false, int late = 0, int? stray = null)
    {
        var start = new ChannelTime(from * FrameSamples);
        var (first, last) = frames is { } range ? (range.Start.Value, range.End.Value) : (from, to);
        var coded = Enumerable.Range(first, last - first)
            .Select(index => new CodedFrame(epoch.ToMedia(new ChannelTime(index * FrameSamples)).Ticks, FrameSamples, new byte[100])).ToList();
        if (stray is { } at)
            coded[at] = coded[at] with { Ticks = coded[at].Ticks + (3600 * MediaTime.Rate) };
        var row = new SegmentRow
        {
            Number = number,
            Epoch = epoch,
            Discontinuity = false,
            Incarnation = 0,
            Source = new MediaSegment(number, 0, new Uri("https://cdn.test/a.ts"), TimeSpan.FromSeconds(1), "", null, null, [], null, false, false, []),
            From = start,
            Duration = TimeSpan.FromSeconds(1),
            Date = DateTimeOffset.UnixEpoch,
            AppearedAt = DateTimeOffset.UnixEpoch,
            Due = DateTimeOffset.UnixEpoch,
            Gap = gap,
            Heard = heard,
            Coded = heard ? new CodedSound("aac", 48_000, 2, AudioSpecificConfig.LowComplexity(48_000, 2), coded) : null,
            Container = Container.MpegTs,
        };
        row.EndAt(new ChannelTime((to * FrameSamples) + late));
        return row;
    }
}
