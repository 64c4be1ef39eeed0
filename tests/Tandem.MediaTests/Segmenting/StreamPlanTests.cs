using Tandem.Media.Native;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

public class StreamPlanTests
{
    [Theory]
    [InlineData(LibAvCodec.IdH264, LibAvCodec.IdAac, Container.MpegTs, false)]
    [InlineData(LibAvCodec.IdHevc, LibAvCodec.IdAacLatm, Container.MpegTs, false)]
    [InlineData(LibAvCodec.IdH264, LibAvCodec.IdMp2, Container.MpegTs, false)]
    [InlineData(LibAvCodec.IdH264, LibAvCodec.IdMp1, Container.MpegTs, true)]
    [InlineData(LibAvCodec.IdH264, LibAvCodec.IdOpus, Container.FragmentedMp4, false)]
    [InlineData(LibAvCodec.IdAv1, LibAvCodec.IdEac3, Container.FragmentedMp4, false)]
    [InlineData(LibAvCodec.IdVp9, LibAvCodec.IdMp2, Container.FragmentedMp4, true)]
    public void The_container_is_one_that_holds_everything(int picture, int sound, Container container, bool encoded)
    {
        var plan = StreamPlan.Make([Picture(0, picture), Sound(1, sound)], out _)!;
        Assert.Equal(container, plan.Container);
        Assert.Equal(encoded, plan.Streams[1].Encoded);
        Assert.Equal(encoded, plan.Note is not null);
    }

    [Fact]
    public void Aac_that_adts_cannot_describe_goes_into_mp4()
    {
        var plan = StreamPlan.Make([Picture(0, LibAvCodec.IdH264), Sound(1, LibAvCodec.IdAac) with { Plain = false }], out _)!;
        Assert.Equal((Container.FragmentedMp4, false), (plan.Container, plan.Streams[1].Encoded));
    }

    [Fact]
    public void The_largest_picture_and_the_sounds_of_its_programme_are_carried()
    {
        var plan = StreamPlan.Make(
            [
                Picture(0, LibAvCodec.IdH264, 100), Sound(1, LibAvCodec.IdAac), Picture(2, LibAvCodec.IdH264, 200) with { Program = 2 },
                Sound(3, LibAvCodec.IdAac) with { Program = 2 }, Sound(4, LibAvCodec.IdAc3) with { Program = 2 },
            ],
            out _)!;
        Assert.Equal([2, 3, 4], plan.Streams.Select(stream => stream.Source.Index));
        Assert.Equal("picture 0 is left out: the largest is carried; 1 sound streams of other programmes are left out", plan.Note);
    }

    [Fact]
    public void A_cover_is_no_picture_and_what_cannot_be_decoded_is_left_out()
    {
        var plan = StreamPlan.Make(
            [Picture(0, LibAvCodec.IdH264) with { Cover = true }, Sound(1, LibAvCodec.IdMp3), Sound(2, 99) with { Decodable = false }], out _)!;
        Assert.Equal([1], plan.Streams.Select(stream => stream.Source.Index));
        Assert.Equal("sound 2 (codec99) is left out: it cannot be carried or decoded", plan.Note);
    }

    [Fact]
    public void Nothing_to_carry_is_said()
    {
        Assert.Null(StreamPlan.Make([], out var problem));
        Assert.Equal("no sound and no picture in it", problem);
        Assert.Null(StreamPlan.Make([Picture(0, 99), Picture(1, 99)], out problem));
        Assert.Equal("neither sound nor picture that can be carried (codec99)", problem);
    }

    [Theory]
    [InlineData(LibAvCodec.IdH264, "014D401FFFE1", "avc1.4D401F")]
    [InlineData(LibAvCodec.IdH264, "00000001674D401FAB", "avc1.4D401F")]
    [InlineData(LibAvCodec.IdHevc, "0101600000009000000000005DF000", "hvc1.1.6.L93.90")]
    [InlineData(LibAvCodec.IdHevc, "00000001420101016000000300900000030000030 05DA0", "hvc1.1.6.L93.90")]
    [InlineData(LibAvCodec.IdAv1, "81084C00", "av01.0.08M.10")]
    [InlineData(LibAvCodec.IdAac, "1190", "mp4a.40.2")]
    [InlineData(LibAvCodec.IdAac, "2B920800", "mp4a.40.5")]
    [InlineData(LibAvCodec.IdH264, "", null)]
    [InlineData(LibAvCodec.IdHevc, "00000001", null)]
    public void Codecs_have_their_names(int codec, string header, string? name) =>
        Assert.Equal(name, CodecNames.Of(codec, Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal)), 0, 0));

    private static SourceStream Picture(int index, int codec, int area = 100) =>
        new(index, TrackKind.Picture, codec, $"codec{codec}", area, true, false, 0, true, true);

    private static SourceStream Sound(int index, int codec) =>
        new(index, TrackKind.Sound, codec, $"codec{codec}", 0, true, false, 0, true, true);
}
