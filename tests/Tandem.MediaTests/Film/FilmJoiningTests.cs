using Tandem.Media.Film;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Film;

/// <summary>Pictures and sound are carried as they are, with the times that they had.</summary>
public sealed class FilmJoiningTests
{
    private const string Picture = "-f lavfi -i testsrc2=s=160x90:r=25:d=3 ";

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
