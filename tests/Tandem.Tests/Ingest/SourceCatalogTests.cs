using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class SourceCatalogTests
{
    private const string Text = """
        #EXTM3U
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a/b",NAME="English (UK)",LANGUAGE="en",URI="en.m3u8?s=1"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",URI="sub.m3u8?s=1"
        #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="CC1",INSTREAM-ID="CC1"
        #EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="p",NAME="Camera 2",URI="cam.m3u8?s=1"
        #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a/b"
        v.m3u8?s=1
        #EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a/b"
        v.m3u8?s=1
        #EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a/b"
        https://backup.example/v.m3u8?s=1
        #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i.m3u8?s=1"
        """;

    [Fact]
    public void EveryPlaylistHasANameAndSharedOnesAreOne()
    {
        var catalog = SourceCatalog.Of(Playlist.Master(Text), "en", 100).Catalog!;
        Assert.Equal(
            ["v0", "v0", "v2", "a/a%2Fb/English (UK)", "s/s/English", "p/p/Camera 2", "i0"], catalog.Playlists.Select(playlist => playlist.Id.Name));
        Assert.Equal(6, catalog.Distinct.Count());
        Assert.Equal("a/a%2Fb/English (UK)", catalog.Heard.Name);
    }

    [Fact]
    public void SlugsAreSafeShortAndDifferent()
    {
        string[] names = ["v0", "a/x/y", "a/x-y", "a-x/y", "a/x/y ", "a/é/y", "a/è/y", "a/x%2F/y", new string('n', 500), new string('n', 501)];
        var slugs = names.Select(name => new PlaylistId(PlaylistKind.Audio, name).Slug).ToList();
        Assert.Equal("v0", slugs[0]);
        Assert.Equal("a-x-y", slugs[1]);
        Assert.Equal(names.Length, slugs.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(slugs, slug => Assert.Matches("^[A-Za-z0-9._-]{1,80}$", slug));
    }

    [Fact]
    public void NewSignaturesAreTheSameShapeAndOtherEntriesAreNot()
    {
        var catalog = SourceCatalog.Of(Playlist.Master(Text), "en", 100).Catalog!;
        var signed = SourceCatalog.Of(Playlist.Master(Text.Replace("s=1", "s=2", StringComparison.Ordinal)), "en", 100).Catalog!;
        var fewer = SourceCatalog.Of(Playlist.Master(Text.Replace("BANDWIDTH=2", "BANDWIDTH=3", StringComparison.Ordinal)), "en", 100).Catalog!;
        Assert.True(signed.HasShapeOf(catalog));
        Assert.False(fewer.HasShapeOf(catalog));
    }

    [Fact]
    public void TooManyPlaylistsAreRefused() =>
        Assert.Equal("too_large", SourceCatalog.Of(Playlist.Master(Text), "en", 5).Fault!.Reason);
}
