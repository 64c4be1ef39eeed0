using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Tandem.Media.Film;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Tandem.MediaTests.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Film;

/// <summary>Films are taken apart in a child that can do nothing else.</summary>
public sealed class FilmHearingTests
{
    [Fact]
    public async Task The_child_is_confined_and_tells_what_the_film_holds()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -f lavfi -i sine=d=2 -f lavfi -i sine=d=2 -map 0 -map 1 -map 2 -c:v libx264 -c:a aac "
            + "-metadata:s:a:0 language=eng -metadata:s:a:1 language=ger film.mp4");
        await using var hearing = await OpenAsync(media["film.mp4"]);

        Assert.True(hearing.Sandbox.FileSystem.Active && hearing.Sandbox.Network.Active && hearing.Sandbox.Limits.Active, hearing.Sandbox.Gaps);
        var film = Assert.Single(hearing.Sources);
        Assert.Equal([TrackKind.Picture, TrackKind.Sound, TrackKind.Sound], film.Streams.Select(stream => stream.Kind));
        Assert.Equal(["h264", "aac", "aac"], film.Streams.Select(stream => stream.Codec));
        Assert.Equal(2, film.Hear("de")!.Index);
        Assert.Equal(0, film.Start);
        Assert.InRange(film.Length!.Value, 2 * 90_000 - 3_000, 2 * 90_000 + 5_000);
    }

    [Theory]
    [InlineData("tone.wav", "-c:a pcm_s24le -ac 1 -ar 22050", 22_050)]
    [InlineData("tone.flac", "-c:a flac -ar 44100", 44_100)]
    [InlineData("tone.ogg", "-c:a libvorbis -ar 48000", 48_000)]
    [InlineData("tone.mp3", "-c:a libmp3lame -ar 48000", 48_000)]
    [InlineData("tone.m4a", "-c:a aac -ac 6 -ar 48000", 48_000)]
    [InlineData("tone.ts", "-c:a ac3 -ar 48000", 48_000)]
    public async Task Sound_of_any_codec_comes_out_whole_at_its_own_rate(string name, string codec, int rate)
    {
        using var media = new Generated().FFmpeg($"-f lavfi -i sine=f=500:d=3 {codec} {name}");
        await using var hearing = await OpenAsync(media[name]);
        hearing.Hear(0, hearing.Sources[0].Hear("en")!);
        var blocks = new List<FilmSound>();
        FilmStep step;
        while ((step = await hearing.NextAsync(CancellationToken.None)) is not FilmHeard)
        {
            Assert.IsNotType<FilmFault>(step);
            if (step is FilmSound sound)
                blocks.Add(sound);
        }

        Assert.All(blocks, block => Assert.Equal(rate, block.SampleRate));
        Assert.InRange(blocks.Sum(block => block.Samples.Length / 2) / (double)rate, 2.95, 3.1);
        Assert.Equal(blocks.OrderBy(block => block.Ticks), blocks);
        var middle = blocks[blocks.Count / 2].Samples;
        Assert.True(middle.Max() > 0.03, "silence came out");
    }

    /// <summary>The sound of a playlist, fetched into one file: a tag at the front of each segment.</summary>
    [Theory]
    [InlineData("tone.aac", "-c:a aac -ar 44100")]
    [InlineData("tone.mp3", "-c:a libmp3lame -ar 48000 -write_xing 0 -id3v2_version 0")]
    [InlineData("tone.ac3", "-c:a ac3 -ar 48000")]
    public async Task Packed_audio_counts_from_the_time_stamp_at_its_front(string name, string codec)
    {
        const long begin = 7_654_321_000;
        using var media = new Generated().FFmpeg($"-f lavfi -i sine=f=500:d=3 {codec} {name}");
        var sound = media.Bytes(name);
        await File.WriteAllBytesAsync(media[name], [.. Tag(begin), .. sound, .. Tag(begin + (3 * 90_000)), .. sound]);
        await using var hearing = await OpenAsync(media[name]);
        Assert.Equal(begin, hearing.Sources[0].Start);
        hearing.Hear(0, hearing.Sources[0].Hear("en")!);
        var first = Assert.IsType<FilmSound>(await hearing.NextAsync(CancellationToken.None));
        Assert.Equal(begin, first.Ticks);
        var samples = (long)first.Samples.Length;
        FilmStep step;
        while ((step = await hearing.NextAsync(CancellationToken.None)) is not FilmHeard)
            samples += step is FilmSound more ? more.Samples.Length : 0;
        Assert.InRange(samples / 2.0 / first.SampleRate, 5.95, 6.2);
        Assert.InRange((((FilmHeard)step).End - begin) / 90_000.0, 5.95, 6.2);
    }

    /// <summary>A programme's table names streams of which no packet comes.</summary>
    [Fact]
    public async Task What_a_file_only_names_is_neither_heard_nor_carried()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=160x90:r=25:d=3 -f lavfi -i sine=d=3 -map 0 -map 1 -map 1 -c:v libx264 -preset ultrafast -c:a aac -bsf:v noise=drop=1 -bsf:a:0 noise=drop=1 "
            + "-metadata:s:a:0 language=eng -metadata:s:a:1 language=ger film.ts");
        await using var hearing = await OpenAsync(media["film.ts"]);
        var streams = hearing.Sources[0].Streams;
        Assert.Equal([TrackKind.Picture, TrackKind.Sound, TrackKind.Sound], streams.Select(stream => stream.Kind));
        Assert.Equal([true, true, false], streams.Select(stream => stream.Absent));
        Assert.Equal([false, false, true], streams.Select(stream => stream.InMp4));
        Assert.Equal([false, false, true], streams.Select(stream => stream.InMatroska));
        Assert.Equal(2, hearing.Sources[0].Hear("en")!.Index);
    }

    [Theory]
    [InlineData(8_000, false)]
    [InlineData(16_000, true)]
    public async Task Slow_MP3_goes_into_Matroska_only(int rate, bool mp4)
    {
        using var media = new Generated().FFmpeg($"-f lavfi -i sine=d=1 -c:a libmp3lame -ar {rate} film.mkv");
        await using var hearing = await OpenAsync(media["film.mkv"]);
        var stream = Assert.Single(hearing.Sources[0].Streams);
        Assert.Equal((mp4, true), (stream.InMp4, stream.InMatroska));
    }

    /// <summary>Their end would be 13 s otherwise, and the film taken for one that breaks off.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_begins_late_is_as_long_as_what_is_there(bool fragments)
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=160x90:r=25:d=8 -f lavfi -i sine=d=8 -map 0 -map 1 -c:v libx264 -preset ultrafast -g 25 -c:a aac "
            + (fragments ? "-f hls -hls_segment_type fmp4 -hls_time 1 -hls_playlist_type vod v.m3u8" : "-output_ts_offset 5 film.mkv"));
        var film = media[fragments ? "film.mp4" : "film.mkv"];
        if (fragments)
            await File.WriteAllBytesAsync(film, [.. media.Bytes("init.mp4"), .. new[] { 5, 6, 7 }.SelectMany(part => media.Bytes($"v{part}.m4s"))]);
        await using var hearing = await OpenAsync(film);
        var source = hearing.Sources[0];
        Assert.True(source.LengthIsSure);
        Assert.InRange(source.Start / 90_000.0, 4.9, 5.1);
        Assert.InRange(source.Length!.Value / 90_000.0, fragments ? 2.9 : 7.9, fragments ? 3.1 : 8.1);

        var cuts = (await Cuts.File(film)).Sound();
        Assert.Null(cuts.Failed);
        Assert.IsType<CutEnded>(cuts.Events[^1]);
    }

    [Fact]
    public async Task A_child_that_is_given_rubbish_says_so()
    {
        using var media = new Generated();
        await File.WriteAllTextAsync(media["film.mp4"], "#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n");
        using var file = File.OpenHandle(media["film.mp4"]);
        var (hearing, problem) = await FilmHearing.OpenAsync([file], new FilmOptions(), TimeProvider.System, CancellationToken.None);
        Assert.Null(hearing);
        Assert.Contains("Invalid data", problem, StringComparison.Ordinal);
    }

    private static byte[] Tag(long ticks)
    {
        var body = new byte[53];
        "com.apple.streaming.transportStreamTimestamp\0"u8.CopyTo(body);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(45), ticks);
        return [.. "ID3"u8, 4, 0, 0, 0, 0, 0, 63, .. "PRIV"u8, 0, 0, 0, 53, 0, 0, .. body];
    }

    private static async Task<FilmHearing> OpenAsync(string path)
    {
        // The child has its own copy of the descriptor by the time that this one is closed.
        using var file = File.OpenHandle(path);
        IReadOnlyList<SafeFileHandle> files = [file];
        var (hearing, problem) = await FilmHearing.OpenAsync(files, new FilmOptions(), TimeProvider.System, CancellationToken.None);
        Assert.True(hearing is not null, problem);
        return hearing;
    }
}
