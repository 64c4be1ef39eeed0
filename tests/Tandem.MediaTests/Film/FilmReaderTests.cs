using Tandem.Media.Film;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Film;

/// <summary>Transport streams whose clock jumps are put right, those that only lack something stay as they are.</summary>
public sealed class FilmReaderTests
{
    private const string Film = "-f lavfi -i testsrc2=s=64x64:r=5:d=30 -f lavfi -i sine=d=30 -map 0 -map 1 -c:v libx264 -preset ultrafast -g 5 -c:a aac ";
    private const string Lost = "noise=drop=between(pts*tb\\,5\\,20)";

    [Theory]
    [InlineData("-bsf:a " + Lost, 28.6, 28.6)]
    [InlineData("-bsf:v " + Lost, 28.6, 28.6)]
    [InlineData("-bsf:a " + Lost + " -bsf:v " + Lost, 15, 15)]
    [InlineData("", 30, 30)]
    public void A_gap_in_one_stream_leaves_it_in_step(string loss, double picture, double sound)
    {
        using var media = new Generated().FFmpeg($"{Film}{loss} film.ts");
        var ends = Ends(media["film.ts"]);
        Assert.InRange(ends[0], picture - 0.3, picture + 1.7);
        Assert.InRange(ends[1], sound - 0.3, sound + 1.7);
        Assert.InRange(ends[0] - ends[1], -0.3, 0.3);
    }

    /// <summary>Where each stream ends, s after the film's beginning.</summary>
    private static unsafe double[] Ends(string path)
    {
        using var file = File.OpenHandle(path);
        using var reader = FilmReader.Open((int)file.DangerousGetHandle(), out var problem);
        Assert.True(reader is not null, problem);
        var (first, ends) = (double.MaxValue, new double[2]);
        while (reader.Next() is { } error)
        {
            Assert.Equal(0, error);
            var at = FilmReader.Ticks(reader.Packet->pts, reader.Stream(reader.Packet->stream_index)->time_base) / 90_000.0;
            first = Math.Min(first, at);
            ends[reader.Packet->stream_index] = Math.Max(ends[reader.Packet->stream_index], at);
        }

        return [ends[0] - first, ends[1] - first];
    }
}
