using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Package;

/// <summary>What the packagers write, read back by FFmpeg: without a warning, with exact times, with the sound that went in.</summary>
public sealed class SoundPackagerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-package").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("aac", Container.MpegTs)]
    [InlineData("aac", Container.FragmentedMp4)]
    [InlineData("mp3", Container.MpegTs)]
    [InlineData("mp3", Container.FragmentedMp4)]
    [InlineData("ac3", Container.MpegTs)]
    [InlineData("ac3", Container.FragmentedMp4)]
    [InlineData("eac3", Container.MpegTs)]
    [InlineData("eac3", Container.FragmentedMp4)]
    public async Task Ffmpeg_reads_every_codec_without_a_warning_and_hears_the_same(string codec, Container container)
    {
        var sound = await Coded(codec);
        var packager = SoundPackager.Create(container, SoundFormat.Of(sound)!, "es")!;
        var path = Write(packager, Cut(sound, 40), new MediaTime(0, 900_000));

        Assert.Equal("", await FfmpegTool.Decode(path, "-f", "s16le", "-ac", "1", Path.Combine(_folder, "decoded.raw")));
        var decoded = await File.ReadAllBytesAsync(Path.Combine(_folder, "decoded.raw"));
        var source = sound.Frames.Sum(frame => frame.Samples);

        // FFmpeg drops a decoder's delay of some codecs; nothing else may be missing.
        Assert.InRange(decoded.Length / 2, source - 2400, source);
        Assert.InRange(ToneLevel(decoded), 0.99, 1.001);
    }

    [Theory]
    [InlineData(48_000)]
    [InlineData(44_100)]
    [InlineData(32_000)]
    public async Task Fragments_of_contiguous_frames_join_to_the_sample_whatever_their_times_jitter(int rate)
    {
        var sound = await CodedSine.Aac(_folder, 20, rate);
        var packager = SoundPackager.Create(Container.FragmentedMp4, SoundFormat.Of(sound)!, "de")!;
        var path = Write(packager, Cut(sound, 94), new MediaTime(0, 8_000_000_001), jitter: 40);

        var packets = await FfmpegTool.Packets(path);
        Assert.Equal(sound.Frames.Count, packets.Count);
        Assert.Equal((8_000_000_001L * rate + 45_000) / 90_000, packets[0]);
        Assert.All(packets.Zip(packets.Skip(1)), pair => Assert.Equal(1024, pair.Second - pair.First));
    }

    [Fact]
    public async Task A_fragment_after_a_real_hole_keeps_its_own_time()
    {
        var sound = await CodedSine.Aac(_folder, 4);
        var packager = SoundPackager.Create(Container.FragmentedMp4, SoundFormat.Of(sound)!, "de")!;
        var bytes = packager.Init.ToArray()
            .Concat(packager.Package(new MediaTime(0, 0), [.. sound.Frames.Take(50)]))
            .Concat(packager.Package(new MediaTime(0, (50 * 1920) + 900), [.. sound.Frames.Skip(50).Take(50)])).ToArray();
        var path = Path.Combine(_folder, "hole.mp4");
        await File.WriteAllBytesAsync(path, bytes);

        Assert.Equal((50 * 1024) + 480, (await FfmpegTool.Packets(path))[50]);
    }

    [Fact]
    public async Task Init_segment_names_language_and_rate()
    {
        var sound = await CodedSine.Aac(_folder, 2, 44_100, 1);
        var packager = SoundPackager.Create(Container.FragmentedMp4, SoundFormat.Of(sound)!, "es-419")!;
        var path = Path.Combine(_folder, "one.mp4");
        await File.WriteAllBytesAsync(path, [.. packager.Init.ToArray(), .. packager.Package(default, sound.Frames)]);

        var (text, _) = await FfmpegTool.Run(
            "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,profile,sample_rate,channels,time_base,start_pts:stream_tags=language", "-of", "default=nw=1:nk=0", path);
        foreach (var expected in (string[])["codec_name=aac", "profile=LC", "sample_rate=44100", "channels=1", "time_base=1/44100", "start_pts=0", "TAG:language=spa"])
            Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Id3_tag_carries_the_wrapped_time_and_ffmpeg_takes_it_for_the_first_frame()
    {
        var sound = await CodedSine.Aac(_folder, 2);
        var packager = SoundPackager.Create(Container.MpegTs, SoundFormat.Of(sound)!, "es")!;
        var segment = packager.Package(new MediaTime(3, MediaTime.Wrap + 123_456), sound.Frames);

        Assert.Equal("ID3\x04"u8, segment.AsSpan(0, 4));
        Assert.Equal(123_456, BinaryPrimitives.ReadInt64BigEndian(segment.AsSpan(PackedAudio.TagBytes - 8)));
        Assert.Equal([0xff, 0xf1], segment.AsSpan(PackedAudio.TagBytes, 2).ToArray());

        // FFmpeg's HLS demuxer reads the tag; its AAC demuxer alone does not.
        await File.WriteAllBytesAsync(Path.Combine(_folder, "0.aac"), segment);
        var playlist = Path.Combine(_folder, "list.m3u8");
        await File.WriteAllTextAsync(playlist, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n0.aac\n#EXT-X-ENDLIST\n");
        var (text, error) = await FfmpegTool.Run("ffprobe", "-v", "warning", "-show_entries", "packet=pts", "-read_intervals", "%+#2", "-of", "csv=p=0", playlist);
        Assert.Equal("", error);
        Assert.Equal(["123456", "125376"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim(',')));
    }

    [Fact]
    public async Task Beside_separate_sound_in_transport_streams_aac_comes_in_one_too_and_ffmpeg_finds_no_loss_at_cuts()
    {
        var sound = await Coded("aac");
        var packager = SoundPackager.Create(Container.MpegTs, SoundFormat.Of(sound)!, "es", alone: true)!;
        var start = new MediaTime(0, MediaTime.Wrap - 90_000);
        var path = Write(packager, Cut(sound, 41), start);

        Assert.Equal(("ts", "video/mp2t", false), (packager.Extension, packager.ContentType, packager.IsFragmented));
        Assert.Equal("", await FfmpegTool.Decode(path, "-f", "s16le", "-ac", "1", Path.Combine(_folder, "decoded.raw")));
        var decoded = await File.ReadAllBytesAsync(Path.Combine(_folder, "decoded.raw"));
        Assert.InRange(decoded.Length / 2, sound.Frames.Sum(frame => frame.Samples) - 2400, sound.Frames.Sum(frame => frame.Samples));
        Assert.InRange(ToneLevel(decoded), 0.99, 1.001);

        // One after the other as they are: what FFmpeg's demuxer says of lost packets, it says of the bare file too; times unwrap.
        var whole = Path.Combine(_folder, "whole.ts");
        await File.WriteAllBytesAsync(whole, [.. Enumerable.Range(0, 4).SelectMany(index => File.ReadAllBytes(Path.Combine(_folder, $"{index}.ts")))]);
        var (text, error) = await FfmpegTool.Run("ffprobe", "-v", "verbose", "-show_entries", "packet=pts", "-of", "csv=p=0", whole);
        Assert.DoesNotContain("ontinuity", error, StringComparison.Ordinal);
        Assert.DoesNotContain("orrupt", error, StringComparison.Ordinal);
        var times = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line.Trim().Trim(','), CultureInfo.InvariantCulture)).Take(160).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(1920, pair.Second - pair.First));
        Assert.Equal(start.Ticks + sound.Frames[0].Ticks, times[0] < 0 ? times[0] + MediaTime.Wrap : times[0]);
    }

    [Theory]
    [InlineData("mp3", Container.MpegTs, "mp3")]
    [InlineData("aac", Container.FragmentedMp4, "m4s")]
    public async Task Separate_sound_of_other_kinds_is_packaged_as_ever(string codec, Container container, string extension) =>
        Assert.Equal(extension, SoundPackager.Create(container, SoundFormat.Of(await Coded(codec))!, "es", alone: true)!.Extension);

    [Theory]
    [InlineData("aac", Container.MpegTs, 1)]
    [InlineData("aac", Container.MpegTs, 2)]
    [InlineData("aac", Container.FragmentedMp4, 2)]
    [InlineData("mp3", Container.MpegTs, 2)]
    public async Task Lost_frames_become_silence_and_later_sound_stays_in_place(string codec, Container container, int channels)
    {
        var sound = codec == "mp3" ? await CodedSine.Mp3(_folder, 4) : await CodedSine.Aac(_folder, 4, 48_000, channels);
        var frame = 2 * sound.Frames[0].Samples;
        CodedFrame[] damaged = [.. sound.Frames.Take(60), .. sound.Frames.Skip(80)];
        var packager = SoundPackager.Create(container, SoundFormat.Of(sound)!, "es")!;
        var path = Write(packager, [damaged], default);

        Assert.Equal("", await FfmpegTool.Decode(path, "-f", "s16le", "-ac", "1", Path.Combine(_folder, "decoded.raw")));
        var decoded = await File.ReadAllBytesAsync(Path.Combine(_folder, "decoded.raw"));
        Assert.InRange(decoded.Length / frame, sound.Frames.Count - 1, sound.Frames.Count);
        Assert.All(decoded[(65 * frame)..(75 * frame)], sample => Assert.Equal(0, sample));
        Assert.InRange(ToneLevel(decoded[(85 * frame)..(120 * frame)]), 0.99, 1.001);
    }

    private async Task<CodedSound> Coded(string codec) => codec switch
    {
        "mp3" => await CodedSine.Mp3(_folder, 4),
        "ac3" => await CodedSine.Ac3(_folder, 4),
        "eac3" => await CodedSine.EnhancedAc3(_folder, 4),
        _ => await CodedSine.Aac(_folder, 4),
    };

    private static List<CodedFrame[]> Cut(CodedSound sound, int frames) => [.. sound.Frames.Chunk(frames)];

    /// <summary>Writes segments and a playlist, since only FFmpeg's HLS demuxer reads the times of packed audio.</summary>
    private string Write(SoundPackager packager, List<CodedFrame[]> segments, MediaTime start, int jitter = 0)
    {
        var playlist = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:3\n");
        if (packager.IsFragmented)
        {
            File.WriteAllBytes(Path.Combine(_folder, "init.mp4"), packager.Init.ToArray());
            playlist.Append("#EXT-X-MAP:URI=\"init.mp4\"\n");
        }

        for (var index = 0; index < segments.Count; index++)
        {
            var frames = segments[index];
            var name = string.Create(CultureInfo.InvariantCulture, $"{index}.{packager.Extension}");
            var shifted = Shift(frames, start.Ticks + (index % 3 * jitter));
            var bytes = packager.Package(new MediaTime(start.Epoch, shifted[0].Ticks), shifted);
            File.WriteAllBytes(Path.Combine(_folder, name), bytes);
            playlist.Append(CultureInfo.InvariantCulture, $"#EXTINF:{frames.Sum(frame => frame.Samples) / 48_000.0:F6},\n{name}\n");
        }

        var path = Path.Combine(_folder, "list.m3u8");
        File.WriteAllText(path, playlist.Append("#EXT-X-ENDLIST\n").ToString());
        return path;
    }

    private static CodedFrame[] Shift(CodedFrame[] frames, long ticks) => [.. frames.Select(frame => frame with { Ticks = frame.Ticks + ticks })];

    /// <summary>Share of the power of 16-bit mono samples at 48 kHz that lies at 997 Hz, leaving out edges; 1 for a pure sine.</summary>
    private static double ToneLevel(byte[] samples)
    {
        double real = 0, imaginary = 0, power = 0;
        var count = 0;
        for (var index = 4800; index < (samples.Length / 2) - 4800; index++, count++)
        {
            double value = BinaryPrimitives.ReadInt16LittleEndian(samples.AsSpan(index * 2));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * 997 * index / 48_000);
            real += value * cosine;
            imaginary += value * sine;
            power += value * value;
        }

        return 2 * ((real * real) + (imaginary * imaginary)) / count / power;
    }
}
