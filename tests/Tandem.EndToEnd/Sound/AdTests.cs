using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Sound;

/// <summary>Advertisements that the source marks (issue 3): their speech is left as it is where the channel says so.</summary>
[Trait("Category", "Full")]
public sealed class AdTests
{
    private const int Round = 12;
    private const int AdFrom = 6;

    // A dub of what was said before the break may reach into it.
    private const int Surely = AdFrom + 3;

    [Fact]
    public async Task A_marked_advertisement_keeps_its_own_voice_and_what_is_around_it_is_dubbed()
    {
        if (!Speech.IsThere)
            Assert.Skip("The package asterisk-core-sounds-en-g722 is not installed");
        var programme = await ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            Packing.Ts, [new PictureRecipe(FrameRate.Pal, 160, 90, 60_000, Flashes: false)], [new SoundRecipe(new Speech())], Seconds: 130));
        await using var origin = await OriginServer.StartAsync();
        var channel = origin.Add("ads", new OriginOptions { Programme = programme, Tags = Cues });
        await using var server = await TandemServer.StartAsync(
        [
            TandemServer.Channel("original", channel.Master, delay: "6s", engine: "tone", more: "ads=original"),
            TandemServer.Channel("dub", channel.Master, delay: "6s", engine: "tone"),
        ]);
        await using var left = HlsRecorder.Start(server.Master("original"));
        await using var dubbed = HlsRecorder.Start(server.Master("dub"));
        var limit = TimeSpan.FromSeconds(100);
        var (quiet, spoken) = (await left.SecondsAsync(48, limit), await dubbed.SecondsAsync(48, limit));

        var (inAds, around) = await LowestAsync(quiet);
        Assert.True(inAds > -1, $"ads=original: the original is down to {inAds:F1} dB in advertisements\n{server.Tail(5)}");
        Assert.True(around < -6, $"ads=original: the original is never lower than {around:F1} dB around advertisements\n{server.Tail(5)}");
        (inAds, _) = await LowestAsync(spoken);
        Assert.True(inAds < -6, $"ads=dub: the original is never lower than {inAds:F1} dB in advertisements\n{server.Tail(5)}");
    }

    private static IEnumerable<string> Cues(OriginEntry entry) => (entry.Sequence % Round) switch
    {
        AdFrom => ["#EXT-X-CUE-OUT"],
        > AdFrom => ["#EXT-X-CUE-OUT-CONT"],
        0 => ["#EXT-X-CUE-IN"],
        _ => [],
    };

    /// <summary>How far the original is turned down in any segment, dB: of those surely in advertisements, and of those in none.</summary>
    private static async Task<(double InAds, double Around)> LowestAsync(HlsRecording recording)
    {
        var epoch = recording.Original.Epochs[0];
        var numbers = recording.Original.Had(epoch).Select(segment => segment.Listed.Sequence).ToList();
        var original = await Decode.SoundAsync(recording.Original.Sound(epoch));
        var voice = await Decode.SoundAsync(recording.Voice("es").Sound(epoch));
        var starts = original.Frames.GroupBy(frame => frame.Segment).ToDictionary(group => numbers[group.Key], group => group.Min(frame => frame.Seconds));
        var (ads, around) = (0.0, 0.0);
        foreach (var (number, start) in starts.Where(pair => starts.ContainsKey(pair.Key + 1)))
        {
            var level = BedLevel.Decibels(voice.Between(start, starts[number + 1]), original.Between(start, starts[number + 1]), [Range.All]);
            if (number % Round >= Surely)
                ads = Math.Min(ads, level);
            else if (number % Round is > 0 and < AdFrom)
                around = Math.Min(around, level);
        }

        return (ads, around);
    }
}
