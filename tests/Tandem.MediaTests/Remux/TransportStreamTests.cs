using System.Globalization;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;
using Packet = Tandem.Checks.Demux.TsPacket;

namespace Tandem.MediaTests.Remux;

/// <summary>Transport streams without their sound, held against the source with ffmpeg.</summary>
public sealed class TransportStreamTests(TransportStreamTests.Source source) : IClassFixture<TransportStreamTests.Source>
{
    private const int Picture = 0x100;
    private const int Sound = 0x101;

    [Fact]
    public void The_picture_is_the_sources_and_the_sound_is_gone()
    {
        var segments = Remuxing.All(source.Segments);
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, segments, ".ts");
        Assert.All(segments, segment => Assert.Equal(Container.MpegTs, segment.Container));
        Assert.All(segments, segment => Assert.True(segment.Init.IsEmpty));
        foreach (var (remuxed, original) in segments.Zip(SegmentDecoderTests.DecodeAll(source.Segments)))
        {
            Assert.Equal((original.PictureStart, original.PictureEnd), (remuxed.PictureStart, remuxed.PictureEnd));
            var track = Assert.Single(remuxed.Tracks);
            Assert.Equal(original.Tracks.First(from => from.Kind == TrackKind.Picture), track);
        }
    }

    [Fact]
    public void Each_segment_begins_with_a_table_of_the_picture_alone_and_nothing_else_but_it()
    {
        foreach (var segment in Remuxing.All(source.Segments))
        {
            var ts = segment.Data.ToArray();
            Assert.Equal([0, 0x1000, Picture], TsEdit.Packets(ts).Take(3).Select(packet => Packet.Pid(packet)));
            Assert.Equal([0, Picture, 0x1000], TsEdit.Packets(ts).Select(packet => Packet.Pid(packet)).Distinct().Order());
            Assert.All(TsEdit.Sections(ts, 2), pmt => Assert.Equal([(Picture, (byte)0x1B)], TsEdit.Streams(pmt)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Counters_go_on_from_segment_to_segment_however_the_source_counts(int first)
    {
        var segments = Remuxing.All(source.Segments.Select(segment => TsEdit.CountFrom(segment.ToArray(), first)));
        Assert.Empty(TsEdit.Breaks([.. segments.SelectMany(segment => segment.Data.ToArray())]));
    }

    [Fact]
    public void Lost_packets_stay_visible_as_a_gap()
    {
        var pictures = 0;
        var holed = TsEdit.Join(TsEdit.Packets(source.Segments[0]).Where(packet => Packet.Pid(packet) != Picture || ++pictures != 40));
        Assert.Single(TsEdit.Breaks(Remuxing.All([holed])[0].Data.ToArray()));
    }

    [Theory]
    [InlineData(192, 4)]
    [InlineData(204, 0)]
    public void Packets_of_192_and_204_bytes_become_188(int stride, int before)
    {
        var wide = source.Segments.Select(segment => TsEdit.Join(TsEdit.Packets(segment).Select(packet =>
        {
            var whole = new byte[stride];
            packet.CopyTo(whole, before);
            return whole;
        })));
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, Remuxing.All(wide), ".ts");
    }

    [Fact]
    public void A_clock_that_rides_on_the_sound_is_moved_to_the_picture()
    {
        var moved = source.Segments.Select(segment => TsEdit.MoveClock(segment.ToArray(), Sound)).ToList();
        Assert.All(TsEdit.Clocks(moved[0]), clock => Assert.Equal(Sound, clock.Pid));
        var segments = Remuxing.All(moved);
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, segments, ".ts");
        byte[] whole = [.. segments.SelectMany(segment => segment.Data.ToArray())];
        Assert.Empty(TsEdit.Breaks(whole));
        Assert.Equal(source.Segments.SelectMany(TsEdit.Clocks).Select(clock => (Picture, clock.Clock)), TsEdit.Clocks(whole));
        Assert.All(TsEdit.Sections(whole, 2), pmt => Assert.Equal(Picture, ((pmt[8] & 31) << 8) | pmt[9]));
    }

    [Fact]
    public void A_clock_on_a_PID_of_its_own_stays_there()
    {
        const int Clock = 0x1F0;
        var segments = Remuxing.All(source.Segments.Select(segment => TsEdit.MoveClock(segment.ToArray(), Clock)));
        byte[] whole = [.. segments.SelectMany(segment => segment.Data.ToArray())];
        Assert.Equal(source.Segments.SelectMany(TsEdit.Clocks).Select(clock => (Clock, clock.Clock)), TsEdit.Clocks(whole));
        Assert.Empty(TsEdit.Breaks(whole));
        Assert.Equal("", Remuxing.Warnings(Remuxing.Write(source.Media, "clock.ts", segments)));
    }

    [Theory]
    [InlineData(0x15, true)]
    [InlineData(0x86, true)]
    [InlineData(0x06, false)]
    [InlineData(0x81, false)]
    public void Timed_metadata_and_splices_stay_and_private_data_goes(int type, bool stays)
    {
        const int Pid = 0x1F1;
        byte[] descriptors = [0x05, 4, .. "ID3 "u8];
        byte[] payload = [0, 0, 1, 0xBD, 0, 20, 0x84, 0x80, 5, 0x21, 0, 1, 0, 1, .. "ID3\x04\0\0\0\0\0\0\0\0"u8];
        var added = source.Segments.Select(segment => TsEdit.AddStream(segment.ToArray(), Pid, (byte)type, descriptors, payload)).ToList();
        byte[] whole = [.. Remuxing.All(added).SelectMany(segment => segment.Data.ToArray())];
        Assert.Empty(TsEdit.Breaks(whole));
        var before = added.SelectMany(TsEdit.Packets).Where(packet => Packet.Pid(packet) == Pid).Select(packet => packet[4..]);
        var after = TsEdit.Packets(whole).Where(packet => Packet.Pid(packet) == Pid).Select(packet => packet[4..]).ToList();
        Assert.Equal(stays ? before : [], after);
        var pmt = TsEdit.SectionOf(whole, 2);
        Assert.Equal(stays, TsEdit.Streams(pmt).Contains((Pid, (byte)type)));
        Assert.Equal(stays, pmt.AsSpan().IndexOf(descriptors) >= 0);
    }

    [Fact]
    public void The_first_of_several_programmes_is_taken_with_its_descriptors_and_version()
    {
        byte[] information = [0x25, 5, 1, 2, 3, 4, 5];
        var edited = TsEdit.Tables(source.Segments[0].ToArray(), 0, pat => [.. pat, 0, 7, 0xF0, 0]);
        edited = TsEdit.Tables(edited, 0, pat => [.. pat[..8], 0, 0, 0xE0, 16, .. pat[8..]]);
        edited = TsEdit.Tables(edited, 2, pmt => [.. pmt[..5], (byte)(pmt[5] | (11 << 1)), .. pmt[6..11], (byte)information.Length, .. information, .. pmt[12..]]);
        var ts = Remuxing.All([edited])[0].Data.ToArray();
        Assert.Equal(source.Pat[8..12], TsEdit.SectionOf(ts, 0)[8..]);
        Assert.Equal(11, (TsEdit.SectionOf(ts, 2)[5] >> 1) & 31);
        Assert.True(TsEdit.SectionOf(ts, 2).AsSpan().IndexOf(information) >= 0);
    }

    [Fact]
    public void Tables_may_stand_in_an_init_segment_or_in_the_segment_before()
    {
        var bare = source.Segments.Select(segment => TsEdit.Join(TsEdit.Packets(segment).Where(packet =>
            Packet.Pid(packet) is not (0 or 0x1000)))).ToList();
        var init = TsEdit.Join(TsEdit.Packets(source.Segments[0]).Where(packet => Packet.Pid(packet) is 0 or 0x1000).Take(2));
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, Remuxing.All(bare, init), ".ts");
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, Remuxing.All([source.Segments[0], .. bare[1..]]), ".ts");
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault(bare[0]));
    }

    [Fact]
    public void Null_packets_and_rubbish_between_packets_are_left_out()
    {
        var dirty = source.Segments.Select(segment => TsEdit.Join(TsEdit.Packets(segment).SelectMany((packet, i) => i % 29 == 7
            ? new[] { TsEdit.Payload(0x1FFF, 0, []), packet }
            : i % 53 == 11 ? [packet, [.. Enumerable.Repeat((byte)i, 77)]] : [packet])));
        Remuxing.IsSourceWithoutSound(source.Media, source.Path, Remuxing.All(dirty), ".ts");
    }

    [Fact]
    public void The_wrap_of_33_bits_falls_within_a_segment()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=997:r=48000 -t 6 -c:v libx264 -preset veryfast -c:a aac -muxdelay 0 -output_ts_offset 95441 -f mpegts whole.ts");
        var segment = Remuxing.All([media.Bytes("whole.ts")]);
        Assert.True(segment[0].PictureStart > segment[0].PictureEnd);
        Remuxing.IsSourceWithoutSound(media, media["whole.ts"], segment, ".ts");
    }

    [Fact]
    public void HEVC_is_taken_over_and_named()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=997:r=48000 -t 2 -c:v libx265 -x265-params log-level=none -preset ultrafast -c:a aac -f mpegts whole.ts");
        var segments = Remuxing.All([media.Bytes("whole.ts")]);
        Remuxing.IsSourceWithoutSound(media, media["whole.ts"], segments, ".ts");
        Assert.Equal("hvc1.1.6.L60.90", segments[0].Tracks[0].CodecsTag);
    }

    [Fact]
    public void What_cannot_be_carried_says_why()
    {
        using var media = new Generated().FFmpeg("-f lavfi -i sine=997:r=48000 -t 1 -c:a aac -f mpegts sound.ts -t 1 -c:a aac -f adts sound.aac");
        Assert.Equal(DecodeFault.NoPicture, Remuxing.Fault(media.Bytes("sound.ts")));
        Assert.Equal(DecodeFault.NoPicture, Remuxing.Fault(media.Bytes("sound.aac")));
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault(new byte[100_000]));
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault([.. "WEBVTT\n\n00:00.000 --> 00:01.000\nHello"u8]));
        var scrambled = source.Segments[0].ToArray();
        for (var at = 0; at < scrambled.Length; at += 188)
        {
            if (Packet.Pid(scrambled.AsSpan(at)) == Picture)
                scrambled[at + 3] |= 0x80;
        }

        Assert.Equal(DecodeFault.Encrypted, Remuxing.Fault(scrambled));
        var sampleAes = TsEdit.Tables(source.Segments[0].ToArray(), 2, pmt =>
        {
            pmt[pmt.AsSpan().IndexOf(new byte[] { 0x1B, 0xE1, 0x00 })] = 0xDB;
            return pmt;
        });
        Assert.Equal(DecodeFault.Encrypted, Remuxing.Fault(sampleAes));
    }

    /// <summary>Three segments with B-frames, cut by ffmpeg's HLS muxer.</summary>
    public sealed class Source : IDisposable
    {
        public Source()
        {
            Media = new Generated().FFmpeg(
                "-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=1000:r=48000 -t 6 -ac 2 -c:v libx264 -preset veryfast -bf 3 -g 50 -c:a aac "
                + "-f hls -hls_time 2 -hls_segment_filename s%d.ts i.m3u8");
            Segments = Media.All("s*.ts");
            Path = Media["source.ts"];
            File.WriteAllBytes(Path, [.. Segments.SelectMany(segment => segment)]);
            Pat = TsEdit.SectionOf(Segments[0], 0);
        }

        public Generated Media { get; }

        public byte[][] Segments { get; }

        public string Path { get; }

        public byte[] Pat { get; }

        public void Dispose() => Media.Dispose();
    }
}
