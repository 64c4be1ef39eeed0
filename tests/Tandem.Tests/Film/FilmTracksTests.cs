using Tandem.Live.Film;
using Tandem.Media.Film;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Film;

public sealed class FilmTracksTests
{
    private static readonly VoiceFacts[] Voices = [new("es", new byte[] { 1 }, 128_000), new("fr", new byte[] { 1 }, 128_000)];

    [Fact]
    public void The_voices_come_before_the_original_and_the_first_is_what_players_begin_with()
    {
        var film = Film(Picture(0, "h264"), Sound(1, "aac", "eng"), Sound(2, "aac", "deu"));
        var plan = FilmTracks.Of([film], (0, film.Streams[1]), FilmContainer.Mp4, "en", Voices, original: null);

        Assert.Equal([null, "spa", "fra", "eng", "deu", "spa", "fra"], plan.Tracks.Select(track => track.Language));
        Assert.Equal("Español", plan.Tracks[1].Title);
        Assert.Equal("English (original)", plan.Tracks[3].Title);
        Assert.Equal([false, true, false, false, false, false, false], plan.Tracks.Select(track => track.Default));
        Assert.Equal(
            [typeof(CopiedTrack), typeof(VoiceTrack), typeof(VoiceTrack), typeof(CopiedTrack), typeof(CopiedTrack), typeof(CaptionsTrack), typeof(CaptionsTrack)],
            plan.Tracks.Select(track => track.GetType()));
        Assert.Empty(plan.LeftOut);
    }

    [Fact]
    public void What_the_container_cannot_carry_is_left_out_and_named_but_the_original_is_encoded()
    {
        var film = Film(Picture(0, "h264"), Sound(1, "pcm_s16le", null), Sound(2, "vorbis", "ger"));
        var plan = FilmTracks.Of([film], (0, film.Streams[1]), FilmContainer.Mp4, "en", Voices[..1], new VoiceFacts("en", new byte[] { 1 }, 128_000));

        Assert.Equal(4, plan.Tracks.Length);
        Assert.True(Assert.IsType<VoiceTrack>(plan.Tracks[2]).Original);
        Assert.Equal("eng", plan.Tracks[2].Language);
        Assert.Equal(["sound 2 (vorbis)"], plan.LeftOut);
    }

    [Theory]
    [InlineData("en", 2)]
    [InlineData("de", 3)]
    [InlineData("fr", 1)]
    public void The_sound_in_the_wanted_language_is_heard_else_one_that_names_none(string language, int heard)
    {
        var film = Film(Picture(0, "h264"), Sound(1, "aac", null), Sound(2, "ac3", "eng"), Sound(3, "aac", "ger"));
        Assert.Equal(heard, film.Hear(language)!.Index);
    }

    [Fact]
    public void A_picture_alone_cannot_be_heard() => Assert.Null(Film(Picture(0, "h264")).Hear("en"));

    private static FilmDescription Film(params FilmStream[] streams) => new("mov,mp4", 0, 90_000, streams);

    private static FilmStream Picture(int index, string codec) =>
        new(index, TrackKind.Picture, codec, null, null, 0, 0, false, false, InMp4: true, InMatroska: true, Encrypted: false);

    private static FilmStream Sound(int index, string codec, string? language) =>
        new(index, TrackKind.Sound, codec, language, null, 2, 48_000, false, false, codec is "aac" or "ac3", InMatroska: true, Encrypted: false);
}
