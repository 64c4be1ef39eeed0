using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>Order and times of chunks, and of media against source.</summary>
public sealed class TrackOrderTests
{
    private readonly List<FaultKind> _faults = [];

    [Fact]
    public void A_gap_that_was_announced_in_part_is_missing_for_the_rest()
    {
        var order = new TrackOrder();
        order.Take(Chunk(10), Report);
        order.Announce(12, 13);
        Assert.Equal(new OrderVerdict(true, Missing: 2, Skipped: 2), order.Take(Chunk(15), Report));
        Assert.Equal([FaultKind.Missing], _faults);
        Assert.Equal(16ul, order.Next);
    }

    [Fact]
    public void A_new_generation_may_count_anew_but_is_told()
    {
        var order = new TrackOrder();
        order.Take(Chunk(10), Report);
        Assert.True(order.Take(Chunk(3, generation: 2), Report).IsNew);
        Assert.True(order.Take(Chunk(4, generation: 2), Report).IsNew);
        Assert.Equal([FaultKind.Missing], _faults);
    }

    /// <summary>After a restart the frames of a voice lie on another grid; nothing else may.</summary>
    [Fact]
    public void Another_generation_may_begin_a_frame_off()
    {
        var order = new TrackOrder();
        order.Take(Chunk(1), Report);
        order.Take(Chunk(2, moved: -16_000, generation: 2), Report);
        order.Take(Chunk(3, moved: -16_000, generation: 2), Report);
        Assert.Empty(_faults);
        order.Take(Chunk(4, moved: -32_000, generation: 2), Report);
        Assert.Equal([FaultKind.Time], _faults);
        order.Take(Chunk(5, moved: 20_000, generation: 3), Report);
        Assert.Equal([FaultKind.Time, FaultKind.Time], _faults);
    }

    [Fact]
    public void A_discontinuity_may_jump_in_time()
    {
        var order = new TrackOrder();
        order.Take(Chunk(1), Report);
        order.Take(Chunk(2, moved: 5_000_000, flags: 2), Report);
        order.Take(Chunk(3, moved: 5_000_000), Report);
        Assert.Empty(_faults);
        order.Take(Chunk(4, moved: 4_997_000), Report);
        Assert.Equal([FaultKind.Time], _faults);
    }

    [Fact]
    public void One_wrong_time_is_one_fault_and_a_lasting_one_is_as_well()
    {
        var order = new TrackOrder();
        foreach (var (sequence, moved) in new (ulong, long)[] { (1, 0), (2, 90_000), (3, 0), (4, 0), (5, 70_000), (6, 70_000),
            (7, 70_000) })
            order.Take(Chunk(sequence, moved: moved), Report);
        Assert.Equal([FaultKind.Time, FaultKind.Time], _faults);
    }

    [Fact]
    public void Media_time_that_moves_against_source_time_is_told()
    {
        var clock = new MediaClock(0.03, 0.1);
        foreach (var (at, media) in new[] { (1.0, 11.0), (2, 12), (3, 13.2), (4, 14), (5, 15) })
            clock.Take(isVoice: true, 0, at, media, wraps: false, Report);
        Assert.Equal([FaultKind.Time], _faults);
    }

    [Fact]
    public void Voice_and_picture_that_disagree_are_told_once_an_epoch_and_across_the_wrap()
    {
        var clock = new MediaClock(0.03, 0.1);
        var wrap = (1L << 33) / 90_000.0;
        for (var second = 0; second < 10; second++)
        {
            clock.Take(isVoice: false, 0, second, (wrap - 3 + second) % wrap, wraps: true, Report);
            clock.Take(isVoice: true, 0, second, (wrap - 3 + second + 0.1) % wrap, wraps: true, Report);
        }

        Assert.Empty(_faults);
        for (var second = 10; second < 20; second++)
        {
            clock.Take(isVoice: false, 1, second, second, wraps: true, Report);
            clock.Take(isVoice: true, 1, second, second + 0.2, wraps: true, Report);
        }

        Assert.Equal([FaultKind.Sync], _faults);
    }

    [Fact]
    public void A_header_is_read_as_the_protocol_says()
    {
        byte[] bytes =
        [
            2, 1, 5, 44, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 2, 0, 6, 0, 0, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 2, 0, 7, 0xA1, 0x20, 0, 3, 0, 0,
        ];
        var header = ChunkHeader.Read(bytes);
        Assert.Equal(new ChunkHeader(2, 1, 5, 44, 9, 258, 0x0006000000000001, 0x0006000000000002, 500_000, 3), header);
        Assert.Equal((true, false), (header.CutPoint, header.Discontinuity));
    }

    private static ChunkHeader Chunk(ulong sequence, uint generation = 1, long moved = 0, byte flags = 0) =>
        new(2, 2, flags, 40, generation, sequence, ((long)sequence * 500_000) + moved, 0, 500_000, 1);

    private void Report(FaultKind kind, string what) => _faults.Add(kind);
}
