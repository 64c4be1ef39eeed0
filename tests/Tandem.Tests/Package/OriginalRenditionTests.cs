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
    public void A_row_that_could_not_be_heard_is_a_gap_and_the_next_one_has_its_sound()
    {
        var original = new OriginalRendition("en", () => $"g{++_generations}");
        SegmentRow[] rows = [Row(First, 1, 0, 20, heard: false), Row(First, 2, 20, 40)];
        foreach (var row in rows)
            original.Accept(row);

        Assert.Null(original.Package(rows[0])?.Body);
        Assert.Equal(900_000 + (20 * FrameTicks), Time(original.Package(rows[1])!.Body!));
    }

    private static long Time(byte[] segment) => BinaryPrimitives.ReadInt64BigEndian(segment.AsSpan(PackedAudio.TagBytes - 8));

    private static SegmentRow Row(Epoch epoch, long number, int from, int to, bool heard = true)
    {
        var start = new ChannelTime(from * FrameSamples);
        var frames = Enumerable.Range(0, to - from)
            .Select(index => new CodedFrame(epoch.ToMedia(start).Ticks + (index * FrameTicks), FrameSamples, new byte[100])).ToList();
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
            Gap = false,
            Heard = heard,
            Coded = heard ? new CodedSound("aac", 48_000, 2, AudioSpecificConfig.LowComplexity(48_000, 2), frames) : null,
            Container = Container.MpegTs,
        };
        row.EndAt(new ChannelTime(to * FrameSamples));
        return row;
    }
}
