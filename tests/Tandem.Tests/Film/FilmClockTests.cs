using Tandem.Live.Film;
using Tandem.Live.Timeline;
using Tandem.Media.Film;
using Xunit;

namespace Tandem.Tests.Film;

public sealed class FilmClockTests
{
    [Fact]
    public void A_film_begins_with_the_earliest_of_picture_and_sound()
    {
        var clock = FilmClock.Of([Source(126_000), Source(124_080)]);
        Assert.Equal(124_080, clock.Start);
        Assert.Equal([124_080, 124_080], clock.Starts);
    }

    /// <summary>libavformat counts a picture that begins a second before its clock wraps from −1 s; a tag has the 33 bits as they are.</summary>
    [Fact]
    public void What_wraps_between_picture_and_sound_is_one_clock()
    {
        var clock = FilmClock.Of([Source(-90_000), Source(MediaTime.Wrap - 89_000)]);
        Assert.Equal(-90_000, clock.Start);
        Assert.Equal([-90_000, MediaTime.Wrap - 90_000], clock.Starts);
    }

    private static FilmDescription Source(long start) => new("mpegts", start, null, []);
}
