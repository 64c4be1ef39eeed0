using Tandem.Live.Film;
using Xunit;

namespace Tandem.Tests.Film;

public sealed class FilmOutputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-output-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_longest_name_that_a_file_can_have_is_one()
    {
        var path = Path.Combine(_folder, new string('n', 251) + ".mp4");
        using (var output = FilmOutput.Open(path, overwrite: false, out var problem))
        {
            Assert.True(output is not null, problem);
            output.Keep();
        }

        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_longer_one_is_refused_before_any_work()
    {
        var path = Path.Combine(_folder, new string('ñ', 126) + ".mp4");
        Assert.Null(FilmOutput.Open(path, overwrite: false, out var problem));
        Assert.EndsWith(": its name is longer than 255 bytes; choose a shorter one", problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }
}
