using Tandem.Media.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Cutting of packets that hold nothing.</summary>
public class CutterTests
{
    private const long Second = 90_000;
    private const long Frame = 3600;
    private readonly List<CutSegment> _segments = [];

    [Theory]
    [InlineData(2.0, 2.0, true)]
    [InlineData(1.96, 1.96, true)]
    [InlineData(1.92, 1.92, true)]
    [InlineData(1.5, 0.5, false)]
    [InlineData(0.9, 0.9, false)]
    [InlineData(1.8, 1.0, true)]
    [InlineData(1.4, 1.4, true)]
    public void A_key_frame_that_comes_closest_to_the_target_cuts(double elapsed, double distance, bool cuts) =>
        Assert.Equal(cuts, new CutRule(2 * Second, 12 * Second).AtKeyFrame((long)(elapsed * Second), (long)(distance * Second)));

    [Fact]
    public void Sound_that_lags_or_leads_in_the_source_is_cut_with_the_picture()
    {
        // Sound comes 0.7 s late: what belongs to the first segment stands behind the key frame of the second.
        var cutter = Cutter(picture: true, sounds: 1);
        for (var at = 0L; at < 9 * Second; at += Frame)
        {
            cutter.Add(new CutPacket(0, at, at, Frame, at % (2 * Second) == 0, 100, null), _segments);
            if (at >= 63_000)
                cutter.Add(new CutPacket(1, at - 63_000, at - 63_000, Frame, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.Equal([0, 2 * Second, 4 * Second, 6 * Second, 8 * Second], _segments.Select(segment => segment.Start));
        foreach (var segment in _segments)
        {
            Assert.All(segment.Packets, packet => Assert.InRange(packet.Pts, segment.Start, segment.Start + segment.Duration - 1));
            Assert.True(segment.Packets.Zip(segment.Packets.Skip(1)).All(pair => pair.First.Dts <= pair.Second.Dts));
        }
    }

    [Fact]
    public void A_sound_that_never_comes_holds_up_for_a_second_only()
    {
        var cutter = Cutter(picture: true, sounds: 2);
        for (var at = 0L; at < 3.1 * Second; at += Frame)
        {
            cutter.Add(new CutPacket(0, at, at, Frame, at % (2 * Second) == 0, 100, null), _segments);
            cutter.Add(new CutPacket(1, at, at, Frame, true, 10, null), _segments);
        }

        Assert.Equal(2 * Second, Assert.Single(_segments).Duration);
    }

    [Fact]
    public void Joined_midway_everything_before_the_first_key_frame_is_dropped()
    {
        var cutter = Cutter(picture: true, sounds: 1, lead: false);
        for (var at = 0L; at < 5 * Second; at += Frame)
        {
            cutter.Add(new CutPacket(0, at, at, Frame, at % (2 * Second) == Second, 100, null), _segments);
            cutter.Add(new CutPacket(1, at, at, Frame, true, 10, null), _segments);
        }

        Assert.Equal(Second, _segments[0].Start);
        Assert.Equal(Second, _segments[0].Packets.Min(packet => packet.Pts));
        Assert.True(_segments[0].Independent);
    }

    [Fact]
    public void Without_key_frames_it_begins_and_cuts_anyway_in_decoding_order()
    {
        var cutter = Cutter(picture: true, sounds: 1, lead: false);
        for (var at = 0L; at < 40 * Second; at += Frame)
        {
            // Each second picture is shown after the one that is decoded next.
            var shown = at + ((at / Frame) % 2 == 0 ? 3 * Frame : Frame);
            cutter.Add(new CutPacket(0, shown, at, Frame, false, 100, null), _segments);
            cutter.Add(new CutPacket(1, at, at, Frame, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.InRange(_segments.Count, 3, 4);
        Assert.All(_segments, segment => Assert.False(segment.Independent));
        Assert.All(_segments, segment => Assert.InRange(segment.Duration, 1, 12.2 * Second));
        var decoded = _segments.SelectMany(segment => segment.Packets).Where(packet => packet.Stream == 0).Select(packet => packet.Dts).ToList();
        Assert.Equal(decoded.Order(), decoded);
        Assert.Equal(1000, decoded.Count);
    }

    [Fact]
    public void A_picture_that_stops_does_not_stop_the_sound()
    {
        var cutter = Cutter(picture: true, sounds: 1);
        for (var at = 0L; at < 40 * Second; at += Frame)
        {
            if (at < 3 * Second)
                cutter.Add(new CutPacket(0, at, at, Frame, at % Second == 0, 100, null), _segments);
            cutter.Add(new CutPacket(1, at, at, Frame, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.Equal(40 * Second, _segments.Sum(segment => segment.Duration));
        Assert.InRange(_segments.Max(segment => segment.Duration), 1, 12.2 * Second);
    }

    [Fact]
    public void What_is_held_is_bounded_in_bytes()
    {
        var cutter = Cutter(picture: true, sounds: 1);
        for (var at = 0L; at < 8 * Second; at += Frame)
            cutter.Add(new CutPacket(0, at, at, Frame, at == 0, 10_000, null), _segments);
        Assert.All(_segments, segment => Assert.InRange(segment.Packets.Sum(packet => packet.Size), 1, 400_000));
        Assert.InRange(_segments.Count, 4, 20);
    }

    [Fact]
    public void Sound_alone_is_cut_by_time()
    {
        var cutter = Cutter(picture: false, sounds: 2);
        for (var at = 0L; at < 7 * Second; at += 1920)
        {
            cutter.Add(new CutPacket(0, at, at, 1920, true, 10, null), _segments);
            cutter.Add(new CutPacket(1, at + 100, at + 100, 1920, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.Equal(4, _segments.Count);
        Assert.All(_segments.SkipLast(1), segment => Assert.InRange(segment.Duration, 2 * Second, (2 * Second) + 1920));
    }

    /// <summary>Its sound comes 0.3 s late, and it breaks off when it has sent one picture of the next segment.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_sender_that_breaks_off_leaves_no_picture_without_sound_and_a_file_keeps_what_it_has(bool file, int segments)
    {
        var cutter = Cutter(picture: true, sounds: 1, lead: file);
        for (var at = 0L; at <= 2 * Second; at += Frame)
        {
            cutter.Add(new CutPacket(0, at, at, Frame, at % (2 * Second) == 0, 100, null), _segments);
            if (at >= 27_000)
                cutter.Add(new CutPacket(1, at - 27_000, at - 27_000, Frame, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.Equal(segments, _segments.Count);
        Assert.Equal((0, 2 * Second), (_segments[0].Start, _segments[0].Duration));
        Assert.Equal(2, _segments[0].Packets.Select(packet => packet.Stream).Distinct().Count());
    }

    [Fact]
    public void A_sender_that_breaks_off_in_the_middle_of_a_segment_leaves_what_it_sent()
    {
        var cutter = Cutter(picture: true, sounds: 1, lead: false);
        for (var at = 0L; at < 3.5 * Second; at += Frame)
        {
            cutter.Add(new CutPacket(0, at, at, Frame, at % (2 * Second) == 0, 100, null), _segments);
            if (at >= 27_000)
                cutter.Add(new CutPacket(1, at - 27_000, at - 27_000, Frame, true, 10, null), _segments);
        }

        cutter.Finish(_segments);
        Assert.Equal([2 * Second, (long)(1.52 * Second)], _segments.Select(segment => segment.Duration));
    }

    private static Cutter Cutter(bool picture, int sounds, bool lead = true) => new(new CutterOptions(
        new CutRule(2 * Second, 12 * Second), sounds + (picture ? 1 : 0), picture ? 0 : null, 200_000, lead));
}
