using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>From packaged segments to chunks: counts, sequences, source times, pace.</summary>
public sealed class ChunkPublisherTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SoundFormat Aac = SoundFormat.AacLc(48_000, 2);

    private readonly FakeTimeProvider _time = new(Begin);
    private readonly ChunkStream _stream = new("en", ["es"]);
    private readonly ChunkPublisher _chunks;
    private readonly Epoch _epoch = new(0, EpochReason.Start, 8_000_000_000, ChannelTime.Zero, 0, 0);
    private long _frame;

    public ChunkPublisherTests() => _chunks = new ChunkPublisher(_stream, _time);

    [Fact]
    public void All_renditions_have_the_same_sequences_and_each_frame_once()
    {
        for (var number = 100; number < 104; number++)
            Publish(number);
        Release(Begin.AddSeconds(60));
        foreach (var rendition in new[] { 0, 1 })
        {
            var view = _stream.Sound(rendition).View;
            Assert.Equal((500, 519), (view.First, view.Last));
            Assert.Equal(_frame, Chunks(rendition).Sum(Frames));
            Assert.All(Chunks(rendition), chunk => Assert.InRange(chunk.Duration, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.5)));
            Assert.Equal([4, 9, 14, 19], Enumerable.Range(0, 20).Where(index => (Chunks(rendition)[index].Flags & ChunkFlags.EndsSegment) != ChunkFlags.None));
            Assert.Single(view.Entries.ToArray().Select(entry => entry.Generation).Distinct());
        }
    }

    [Fact]
    public void Source_time_goes_on_within_a_millisecond_although_dates_are_rounded()
    {
        // Dates that are 2 ms off now and then, as encoders write them.
        for (var number = 100; number < 130; number++)
            Publish(number, TimeSpan.FromMilliseconds(number % 3 == 0 ? 2 : 0));
        Release(Begin.AddSeconds(120));
        var chunks = Chunks(1);
        Assert.Equal(150, chunks.Count);
        for (var index = 1; index < chunks.Count; index++)
        {
            Assert.InRange((chunks[index].SourceTime - chunks[index - 1].SourceTime - chunks[index - 1].Duration).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            Assert.Equal(ChunkFlags.None, chunks[index].Flags & ChunkFlags.Discontinuity);
        }

        // One frame may begin up to its length after the cut.
        Assert.InRange(chunks[50].SourceTime - Begin.AddSeconds(20), TimeSpan.FromMilliseconds(-3), TimeSpan.FromMilliseconds(24));
    }

    [Fact]
    public void The_decoding_time_is_the_media_time_and_goes_on_without_a_gap()
    {
        Publish(100);
        Publish(101);
        Release(Begin.AddSeconds(60));
        var expected = ((8_000_000_000L * 48_000) + 45_000) / 90_000;
        foreach (var chunk in Chunks(1))
        {
            Assert.Equal(expected, DecodeTime(chunk));
            expected += Frames(chunk) * 1024L;
        }
    }

    [Fact]
    public void A_chunk_goes_as_much_after_its_segments_moment_as_it_lies_behind_in_it()
    {
        var row = Publish(100);
        var moments = new List<double>();
        for (var now = row.Due - TimeSpan.FromSeconds(1); now < row.Due + TimeSpan.FromSeconds(3); now += TimeSpan.FromMilliseconds(100))
        {
            var before = Chunks(1).Count;
            Release(now);
            if (Chunks(1).Count > before)
                moments.Add(Math.Round((now - row.Due).TotalSeconds, 1));
        }

        Assert.Equal([0, 0.4, 0.8, 1.2, 1.6], moments);
        Assert.Equal([0, 0.4, 0.8, 1.2, 1.6], Chunks(1).Select(chunk => Math.Round((chunk.PublishedAt - row.Due).TotalSeconds, 1)));
    }

    [Fact]
    public void Before_a_shutdown_everything_goes_at_once()
    {
        var row = Publish(100);
        _stream.Paced = false;
        Release(row.Due);
        Assert.Equal(5, Chunks(1).Count);
    }

    [Fact]
    public void A_new_epoch_is_a_discontinuity_with_a_generation_of_its_own()
    {
        Publish(100);
        var later = new Epoch(1, EpochReason.Discontinuity, 90_000, new ChannelTime(2 * 48_000), 1, 0);
        _frame = 0;
        Publish(101, epoch: later);
        Release(Begin.AddSeconds(60));
        var entries = _stream.Sound(1).View.Entries.ToArray();
        Assert.NotEqual(entries[4].Generation.Number, entries[5].Generation.Number);
        Assert.Equal([5], Enumerable.Range(0, 10).Where(index => (entries[index].Chunk.Flags & ChunkFlags.Discontinuity) != ChunkFlags.None));
        Assert.Equal(505, entries[5].Chunk.Sequence);
    }

    [Fact]
    public void A_gap_of_one_voice_is_chunks_without_media_and_the_sequences_go_on()
    {
        Publish(100);
        Publish(101, gap: true);
        Publish(102);
        Release(Begin.AddSeconds(60));
        Assert.Equal((500, 514), (_stream.Sound(1).View.First, _stream.Sound(1).View.Last));
        Assert.Equal([5, 6, 7, 8, 9], Enumerable.Range(0, 15).Where(index => (Chunks(1)[index].Flags & ChunkFlags.Empty) != ChunkFlags.None));
        Assert.All(Chunks(1).Skip(5).Take(5), chunk => Assert.True(chunk.Payload.IsEmpty));
        Assert.All(Chunks(0), chunk => Assert.False(chunk.Payload.IsEmpty));
    }

    [Fact]
    public void What_is_not_listed_any_more_is_let_go()
    {
        for (var number = 100; number < 110; number++)
        {
            Publish(number);
            _chunks.Keep(number - 2);
            Release(Begin.AddSeconds(60));
        }

        Assert.Equal((535, 549), (_stream.Sound(1).View.First, _stream.Sound(1).View.Last));
    }

    [Fact]
    public void Longer_segments_make_more_chunks_and_the_sequences_go_on()
    {
        Publish(100);
        _chunks.Publish(Row(101, _epoch, TimeSpan.Zero), Made(Row(101, _epoch, TimeSpan.Zero), false), 4);
        Release(Begin.AddSeconds(60));
        Assert.Equal((500, 500 + 5 + 10 - 1), (_stream.Sound(1).View.First, _stream.Sound(1).View.Last));
    }

    [Fact]
    public void Another_instance_gives_the_same_sequences()
    {
        var other = new ChunkNumbers();
        Assert.Equal((515, 5), other.Of(103, 2));
        Assert.Equal((520, 5), other.Of(104, 2));
    }

    private SegmentRow Publish(long number, TimeSpan off = default, Epoch? epoch = null, bool gap = false)
    {
        var row = Row(number, epoch ?? _epoch, off);
        _chunks.Publish(row, Made(row, gap), 2);
        return row;
    }

    private List<PackagedSegment> Made(SegmentRow row, bool gap)
    {
        var first = _frame;
        var frames = new List<TimedFrame>();
        for (; row.Epoch.FrameStart(_frame) < row.To; _frame++)
            frames.Add(new TimedFrame(1024, new byte[300]));
        return [Segment("original", false), Segment("es", gap)];

        PackagedSegment Segment(string name, bool isGap) => new(name, new RenditionSegment($"{name}/1", null, isGap), null, null)
        {
            Sound = isGap ? null : new PackagedSound($"g{row.Epoch.Index}", Aac, row.Epoch.ToMedia(row.Epoch.FrameStart(first)), frames),
        };
    }

    private static SegmentRow Row(long number, Epoch epoch, TimeSpan off)
    {
        var row = new SegmentRow
        {
            Number = number,
            Epoch = epoch,
            Discontinuity = false,
            Incarnation = 0,
            Source = null!,
            From = new ChannelTime((number - 100) * 96_000),
            Duration = TimeSpan.FromSeconds(2),
            Date = Begin.AddSeconds(2 * (number - 100)) + off,
            AppearedAt = Begin.AddSeconds(2 * (number - 100)),
            Due = Begin.AddSeconds((2 * (number - 100)) + 4),
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        row.EndAt(new ChannelTime((number - 99) * 96_000));
        return row;
    }

    private void Release(DateTimeOffset now)
    {
        if (now > _time.GetUtcNow())
            _time.SetUtcNow(now);
        _chunks.Release(now);
    }

    private List<MediaMessage> Chunks(int rendition) => [.. _stream.Sound(rendition).View.Entries.ToArray().Select(entry => entry.Chunk)];

    // moof, mfhd, traf, tfhd of 24 bytes with two defaults; then tfdt and trun.
    private static long DecodeTime(MediaMessage chunk) => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(Box(chunk, "tfdt")[12..]);

    private static int Frames(MediaMessage chunk) =>
        chunk.Payload.IsEmpty ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Box(chunk, "trun")[12..]);

    private static ReadOnlySpan<byte> Box(MediaMessage chunk, string type)
    {
        var bytes = chunk.Payload.Span;
        return bytes[(bytes.IndexOf(System.Text.Encoding.ASCII.GetBytes(type)) - 4)..];
    }
}
