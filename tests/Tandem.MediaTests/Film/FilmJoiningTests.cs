using System.Globalization;
using Tandem.Media.Film;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Film;

/// <summary>Pictures and sound are carried as they are, with the times that they had.</summary>
public sealed class FilmJoiningTests
{
    private const string Picture = "-f lavfi -i testsrc2=s=160x90:r=25:d=3 ";

    // 6 s to 21 s: packets reach the filter with the writer's clock.
    private const string Lost = @"noise=drop=between(pts\,540000\,1890000)";

    /// <summary>H.264 whose own parameters say square pixels, in a file that says otherwise.</summary>
    [Theory]
    [InlineData("out.mp4", FilmContainer.Mp4)]
    [InlineData("out.mkv", FilmContainer.Matroska)]
    public async Task The_shape_of_pixels_is_the_container_s_where_the_bitstream_names_another(string name, FilmContainer container)
    {
        using var media = new Generated().FFmpeg(Picture + "-vf setsar=1 -c:v libx264 -preset ultrafast square.mp4").FFmpeg("-i square.mp4 -c copy -aspect 4:3 film.mp4");
        await JoinAsync(media, "film.mp4", name, container);
        Assert.Equal("3:4", Generated.Run("ffprobe", $"-v error -select_streams v -show_entries stream=sample_aspect_ratio -of csv=p=0 {media[name]}").Trim());
    }

    /// <summary>libavformat knows no decoding times of the first pictures.</summary>
    [Theory]
    [InlineData("libx264 -bf 3 -g 50 -x264-params b-pyramid=normal:b-adapt=0")]
    [InlineData("libx264 -bf 8 -g 50 -x264-params b-pyramid=strict:b-adapt=0:keyint=50")]
    [InlineData("libx265 -x265-params log-level=none:bframes=4:b-adapt=0:keyint=50")]
    public async Task Pictures_that_are_reordered_in_Matroska_keep_their_times(string codec)
    {
        using var media = new Generated().FFmpeg($"{Picture}-c:v {codec} film.mkv");
        await JoinAsync(media, "film.mkv", "out.mp4", FilmContainer.Mp4);
        var times = Times(media["out.mp4"]);
        Assert.Equal(75, times.Count);
        Assert.Equal(Times(media["film.mkv"]), times);
    }

    /// <summary>AVI has no presentation times, a programme stream may have them at few pictures only.</summary>
    [Theory]
    [InlineData("film.avi", "mpeg4 -vtag xvid")]
    [InlineData("film.vob", "mpeg2video")]
    public async Task Pictures_of_old_containers_come_evenly(string name, string codec)
    {
        using var media = new Generated().FFmpeg($"{Picture}-c:v {codec} -bf 2 -g 50 {name}");
        await JoinAsync(media, name, "out.mp4", FilmContainer.Mp4);
        var times = Times(media["out.mp4"]).Order().ToList();
        Assert.InRange(times.Count, 73, 75);
        Assert.All(times.Zip(times.Skip(1), (before, after) => after - before), step => Assert.InRange(step, 39, 41));
    }

    /// <summary>What one stream lacks is a gap of it; what all lack is closed up, as another clock is.</summary>
    [Theory]
    [InlineData("-bsf:a " + Lost, 30)]
    [InlineData("-bsf:v " + Lost, 30)]
    [InlineData("-bsf:a " + Lost + " -bsf:v " + Lost, 15)]
    public async Task A_gap_in_one_stream_leaves_it_in_step(string loss, double seconds)
    {
        using var media = new Generated().FFmpeg(
            $"-f lavfi -i testsrc2=s=64x64:r=5:d=30 -f lavfi -i sine=d=30 -map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -c:a aac {loss} film.ts");
        await JoinAsync(media, "film.ts", "out.mkv", FilmContainer.Matroska);
        var ends = Generated.Run("ffprobe", $"-v error -show_entries packet=stream_index,pts_time -of csv=p=0 {media["out.mkv"]}")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))
            .GroupBy(fields => fields[0], fields => double.Parse(fields[1], CultureInfo.InvariantCulture))
            .Select(times => times.Max()).ToList();
        Assert.Equal(2, ends.Count);
        Assert.All(ends, end => Assert.InRange(end, seconds - 0.5, seconds + 0.5));
    }

    /// <summary>When each picture plays, ms, in the file's order.</summary>
    private static List<long> Times(string film) =>
    [
        .. Generated.Run("ffprobe", $"-v error -select_streams v -show_entries packet=pts_time -of csv=p=0 {film}")
            .Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(time => (long)Math.Round(1000 * double.Parse(time, CultureInfo.InvariantCulture))),
    ];

    /// <summary>Copies all of a film's streams.</summary>
    private static async Task JoinAsync(Generated media, string from, string to, FilmContainer container)
    {
        using var source = File.OpenHandle(media[from]);
        var (hearing, unreadable) = await FilmHearing.OpenAsync([source], new FilmOptions(), TimeProvider.System, CancellationToken.None);
        Assert.True(hearing is not null, unreadable);
        var film = hearing.Sources[0];
        await hearing.DisposeAsync();
        var plan = new FilmPlan(container, [film.Start], [.. film.Streams.Select(stream => new CopiedTrack(0, stream.Index))]);
        using var output = File.OpenHandle(media[to], FileMode.Create, FileAccess.ReadWrite);
        Assert.Null(await FilmJoining.JoinAsync([source], plan, [], output, _ => { }, new FilmOptions(), TimeProvider.System, CancellationToken.None));
    }
}
