using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>The playlists that come with real recordings.</summary>
public sealed class RealPlaylistTests
{
    [Fact]
    public void EveryPlaylistOfTheSharedMediaIsRead()
    {
        var folder = SharedMedia.Find("hls");
        var files = Directory.GetFiles(folder, "*.m3u8", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var address = new Uri("https://media.example/" + Path.GetRelativePath(folder, file));
            switch (PlaylistParser.Parse(File.ReadAllText(file), address))
            {
                case PlaylistOutcome.Media media:
                    Assert.NotEmpty(media.Playlist.Segments);
                    Assert.All(media.Playlist.Segments, segment => AssertThere(folder, segment.Address));
                    break;
                case PlaylistOutcome.Master master:
                    Assert.All(master.Playlist.Variants, variant => AssertThere(folder, variant.Address));
                    Assert.All(master.Playlist.Renditions.Where(item => item.Address is not null), item => AssertThere(folder, item.Address!));
                    break;
                case PlaylistOutcome.Rejected rejected:
                    Assert.Fail($"{file}: {rejected}");
                    break;
            }
        }
    }

    [Theory]
    [InlineData("jordi_cmaf/master.m3u8", "stream_1.m3u8")]
    [InlineData("cmaf_separate_audio/playlist.m3u8", "stream_0.m3u8")]
    [InlineData("ts_alt_audio_video/master.m3u8", "original_128k.m3u8")]
    [InlineData("ts_cea608/manifest.m3u8", "sd-hls.m3u8")]
    [InlineData("ts_webvtt_de/index.m3u8", "av.m3u8")]
    [InlineData("ts_h264_aac/playlist.m3u8", "chunk.m3u8")]
    [InlineData("mp4_webvtt/multivariant_playlist.m3u8", null)]
    public void WhatIsHeardOfThemIsRight(string master, string? heard)
    {
        var text = File.ReadAllText(SharedMedia.Find(Path.Combine("hls", master)));
        var choice = HeardSelection.Rank(Playlist.Master(text), "en").FirstOrDefault();
        Assert.Equal(heard, (choice?.Rendition?.Address ?? choice?.Variant?.Address)?.Segments[^1]);
    }

    private static void AssertThere(string folder, Uri address) =>
        Assert.True(File.Exists(Path.Combine(folder, Uri.UnescapeDataString(address.AbsolutePath[1..]))), address.AbsolutePath);
}
