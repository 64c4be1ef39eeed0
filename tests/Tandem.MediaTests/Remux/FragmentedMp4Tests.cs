using System.Buffers.Binary;
using Tandem.Media.Demux;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Remux;

/// <summary>Fragmented MP4 without its sound, held against the source with ffmpeg.</summary>
public sealed class FragmentedMp4Tests
{
    private const string Picture = "-f lavfi -i testsrc2=s=320x180:r=25 ";
    private const string Sound = "-f lavfi -i sine=997:r=48000 ";
    private const string H264 = "-c:v libx264 -preset veryfast -bf 3 -g 50 ";
    private const string Hls = "-f hls -hls_time 2 -hls_segment_type fmp4 -hls_segment_filename s%d.m4s ";

    [Theory]
    [InlineData(H264, "avc1.64000C", "")]
    [InlineData("-c:v libx265 -x265-params log-level=none -preset ultrafast -tag:v hvc1 -g 50 ", "hvc1.1.6.L60.90", "")]
    [InlineData("-c:v libx265 -x265-params log-level=none -preset ultrafast -g 50 ", "hev1.1.6.L60.90", "")]
    [InlineData("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 50 ", "vp09.00.11.08", "")]
    [InlineData("-c:v libsvtav1 -preset 12 -g 50 ", "av01.0.00M.08", "")]
    [InlineData(H264, "avc1.64000C", "-hls_segment_options movflags=+omit_tfhd_offset ")]
    public void The_picture_is_the_sources_and_the_sound_is_gone(string video, string tag, string muxer)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 6 -ac 2 {video}-c:a aac {Hls}{muxer}i.m3u8");
        byte[][] sources = media.All("s*.m4s");
        var init = media.Bytes("init.mp4");
        File.WriteAllBytes(media["source.mp4"], [.. init, .. sources.SelectMany(segment => segment)]);
        var segments = Remuxing.All(sources, init);
        Remuxing.IsSourceWithoutSound(media, media["source.mp4"], segments, ".mp4");
        Assert.All(segments, segment => Assert.True(segment.Init.Span.SequenceEqual(segments[0].Init.Span)));
        foreach (var (remuxed, original) in segments.Zip(SegmentDecoderTests.DecodeAll(sources, init)))
        {
            Assert.Equal((original.PictureStart, original.PictureEnd), (remuxed.PictureStart, remuxed.PictureEnd));
            Assert.Equal(tag, Assert.Single(remuxed.Tracks).CodecsTag);
        }
    }

    [Fact]
    public void A_segment_that_is_all_picture_passes_as_it_is()
    {
        using var media = new Generated().FFmpeg($"{Picture}-t 6 {H264}{Hls}i.m3u8");
        var init = media.Bytes("init.mp4");
        foreach (var (source, remuxed) in media.All("s*.m4s").Zip(Remuxing.All(media.All("s*.m4s"), init)))
        {
            Assert.Equal(source, remuxed.Data.ToArray());
            Assert.Equal(init, remuxed.Init.ToArray());
            Assert.NotNull(remuxed.PictureStart);
        }
    }

    [Theory]
    [InlineData("frag_keyframe+empty_moov+default_base_moof+delay_moov+global_sidx")]
    [InlineData("frag_every_frame+empty_moov+default_base_moof")]
    [InlineData("frag_keyframe+empty_moov")]
    [InlineData("frag_keyframe+empty_moov+separate_moof")]
    public void A_segment_with_an_init_segment_of_its_own_is_parted(string flags)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 4 {H264}-c:a aac -movflags {flags} -f mp4 whole.mp4");
        var segments = Remuxing.All([media.Bytes("whole.mp4")]);
        Remuxing.IsSourceWithoutSound(media, media["whole.mp4"], segments, ".mp4");
        Assert.Equal(["ftyp", "moov"], Boxes(segments[0].Init));
        Assert.Equal(["moof", "mdat"], Boxes(segments[0].Data).Distinct());
    }

    [Fact]
    public void Brands_events_and_the_pictures_clock_stay_and_an_index_goes()
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 2 {H264}-c:a aac {Hls}i.m3u8");
        var source = media.Bytes("s0.m4s");
        byte[] emsg = Box("emsg", [0, 0, 0, 0, .. "urn:x\0\0"u8, .. new byte[16], .. "text"u8]);
        byte[] clock = Box("prft", [1, 0, 0, 0, 0, 0, 0, 1, .. new byte[16]]);
        byte[] soundClock = Box("prft", [1, 0, 0, 0, 0, 0, 0, 2, .. new byte[16]]);
        byte[] segment = [.. emsg, .. clock, .. soundClock, .. source, .. emsg];
        var data = Remuxing.All([segment], media.Bytes("init.mp4"))[0].Data;
        Assert.Contains("sidx", Boxes(segment));
        Assert.Equal(["emsg", "prft", "styp", "moof", "mdat", "emsg"], Boxes(data));
        Assert.True(data.Span.StartsWith([.. emsg, .. clock]));
    }

    [Fact]
    public void Auxiliary_information_that_is_no_encryption_goes_without_a_fault()
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 2 {H264}-c:a aac {Hls}i.m3u8");
        var (source, init) = (media.Bytes("s0.m4s"), media.Bytes("init.mp4"));
        var plain = Box("saio", [0, 0, 0, 1, .. "test"u8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        var remuxed = Remuxing.All([InPicture(source, plain)], init)[0];
        Assert.Equal(Remuxing.All([source], init)[0].Data.ToArray(), remuxed.Data.ToArray());
        Assert.Equal(DecodeFault.Encrypted, Remuxing.Fault(InPicture(source, Box("senc", new byte[8])), init));
        Assert.Equal(DecodeFault.Encrypted, Remuxing.Fault(InPicture(source, Box("saiz", new byte[9])), init));
    }

    [Fact]
    public void What_cannot_be_carried_says_why()
    {
        const string Protect = "-encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8 ";
        const string Fragments = "-movflags frag_keyframe+empty_moov+default_base_moof -f mp4 ";
        using var media = new Generated()
            .FFmpeg($"{Picture}{Sound}-t 1 {H264}-c:a aac {Protect}{Fragments}cenc.mp4")
            .FFmpeg($"{Sound}-t 1 -c:a aac {Fragments}sound.mp4")
            .FFmpeg($"{Picture}{Sound}-t 1 {H264}-c:a aac {Hls}i.m3u8");
        Assert.Equal(DecodeFault.Encrypted, Remuxing.Fault(media.Bytes("cenc.mp4")));
        Assert.Equal(DecodeFault.NoPicture, Remuxing.Fault(media.Bytes("sound.mp4")));
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault(media.Bytes("s0.m4s")));
        Assert.Equal(DecodeFault.NoPicture, Remuxing.Fault(media.Bytes("s0.m4s")[..24], media.Bytes("init.mp4")));
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault(media.Bytes("s0.m4s")[..2000], media.Bytes("init.mp4")));
    }

    private static byte[] Box(string type, byte[] body)
    {
        byte[] box = [0, 0, 0, 0, .. type.Select(letter => (byte)letter), .. body];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        return box;
    }

    /// <summary>Puts a box into the picture's part of the first fragment, data offsets moved by its length.</summary>
    private static byte[] InPicture(byte[] segment, byte[] box)
    {
        var bytes = segment.ToList();
        var moof = IndexOf("moof", 0) - 4;
        var traf = IndexOf("traf", moof) - 4;
        Grow(moof);
        var end = traf + BinaryPrimitives.ReadInt32BigEndian(segment.AsSpan(traf));
        Grow(traf);
        for (var at = IndexOf("trun", moof); at > 0 && at < IndexOf("mdat", moof); at = IndexOf("trun", at))
            Grow(at + 12);
        bytes.InsertRange(end, box);
        return [.. bytes];

        int IndexOf(string type, int from)
        {
            var found = segment.AsSpan(from + 1).IndexOf(type.Select(letter => (byte)letter).ToArray());
            return found < 0 ? -1 : from + 1 + found;
        }

        void Grow(int at)
        {
            var value = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(value, BinaryPrimitives.ReadInt32BigEndian(segment.AsSpan(at)) + box.Length);
            for (var i = 0; i < 4; i++)
                bytes[at + i] = value[i];
        }
    }

    private static List<string> Boxes(ReadOnlyMemory<byte> data) =>
        [.. Mp4Box.ReadAll(data, out _).Select(box => string.Concat(Enumerable.Range(0, 4).Select(i => (char)((box.Type >> (24 - (8 * i))) & 255))))];
}
