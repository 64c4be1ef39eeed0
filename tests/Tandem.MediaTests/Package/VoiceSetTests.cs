using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.MediaTests.Package;

public sealed class VoiceSetTests
{
    private static readonly MasterPlaylist _master = new(
        new Uri("https://cdn.test/master.m3u8"), [], [Audio("en"), Audio("de")], [], IndependentSegments: false, Start: null, []);

    [Theory]
    [InlineData(false, "the source has this language")]
    [InlineData(true, null)]
    public void A_language_that_the_source_speaks_is_dubbed_only_where_that_is_asked_for(bool dubExisting, string? reason)
    {
        var options = new ChannelOptions
        {
            Id = "news",
            Input = _master.Address,
            From = "en",
            To = ["de", "es"],
            DubExisting = dubExisting,
        };
        using var meter = new TandemMeter();
        using var voices = new VoiceSet(
            options, new EngineTraits(Aligned: true, Streaming: false), new SoundTrack(ChannelTime.Zero), new ChannelMetrics(meter, "news", options.To), TimeProvider.System, NullLogger.Instance);
        voices.Follow(_master);

        var snapshots = voices.Snapshots();
        Assert.Equal(["de", "es"], snapshots.Select(snapshot => snapshot.Language));
        Assert.StartsWith(reason ?? "", snapshots[0].Reason ?? "", StringComparison.Ordinal);
        Assert.Equal(reason is null, snapshots[0].Reason is null);
        Assert.Null(snapshots[1].Reason);
    }

    private static Rendition Audio(string language) => new(
        AttributeList.Empty.With("TYPE", "AUDIO", false).With("GROUP-ID", "a", true).With("NAME", language, true).With("LANGUAGE", language, true),
        new Uri($"https://cdn.test/{language}.m3u8"));
}
