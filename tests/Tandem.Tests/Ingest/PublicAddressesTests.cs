using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class PublicAddressesTests
{
    /// <summary>Viewers must not be sent to their own routers, or whoever serves them to its metadata service.</summary>
    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://192.168.1.1/reboot.ts")]
    [InlineData("http://[::1]/a.ts")]
    [InlineData("http://LOCALHOST:8080/a.ts")]
    [InlineData("http://0x7f.1/a.ts")]
    public void APrivateAddressIsAGap(string address)
    {
        var playlist = Playlist.Media($"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n#EXTINF:4,\n{address}\n#EXT-X-KEY:METHOD=AES-128,URI=\"{address}\"\n#EXTINF:4,\nc.ts\n");
        var (shown, refused) = PublicAddresses.Of(playlist);
        Assert.NotNull(refused);
        Assert.Equal([false, true, true], shown.Segments.Select(segment => segment.Gap));
        Assert.Equal(playlist.Segments.Select(segment => segment.Sequence), shown.Segments.Select(segment => segment.Sequence));
        Assert.All(shown.Segments, segment => Assert.Equal(playlist.Address.Host, segment.Address.Host));
        Assert.Empty(shown.Segments[2].Keys);
    }

    [Fact]
    public void WhatIsPublicIsLeftAsItIs()
    {
        var playlist = Playlist.Media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttps://93.184.216.34/a.ts\n#EXTINF:4,\nhttps://cdn.example/b.ts\n");
        Assert.Equal((playlist, null), PublicAddresses.Of(playlist));
    }
}
