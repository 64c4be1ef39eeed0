using Tandem.Live;
using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests;

/// <summary>When the picture is carried, and when viewers get the source's own (design.md, section 3a, rule 8).</summary>
public sealed class VideoChoiceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Auto_carries_until_it_is_proven_and_again_when_that_fails()
    {
        var choice = new VideoChoice(VideoMode.Auto);
        Assert.True(choice.Carried);
        Assert.Contains("not proven yet", choice.Reason, StringComparison.Ordinal);
        Assert.False(choice.Take(ReferenceState.Unproven, null, Noon));
        Assert.True(choice.Take(ReferenceState.Proven, null, Noon.AddSeconds(80)));
        Assert.False(choice.Carried);
        Assert.False(choice.Take(ReferenceState.Unproven, null, Noon.AddSeconds(90)));
        Assert.True(choice.Take(ReferenceState.Failed, "/1.ts answers 403", Noon.AddSeconds(100)));
        Assert.True(choice.Carried);
        Assert.Contains("/1.ts answers 403", choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_failed_must_be_proven_for_longer_each_time()
    {
        var choice = new VideoChoice(VideoMode.Auto);
        var now = Noon;
        choice.Take(ReferenceState.Proven, null, now);
        foreach (var minutes in (int[])[5, 10, 20, 40, 80, 120, 120])
        {
            Assert.True(choice.Take(ReferenceState.Failed, "403", now = now.AddMinutes(1)));
            Assert.False(choice.Take(ReferenceState.Proven, null, now = now.AddMinutes(1)));
            Assert.False(choice.Take(ReferenceState.Proven, null, now.AddMinutes(minutes - 0.1)));
            Assert.Contains("403", choice.Reason, StringComparison.Ordinal);
            Assert.True(choice.Take(ReferenceState.Proven, null, now = now.AddMinutes(minutes)));
        }
    }

    [Fact]
    public void A_doubt_in_between_begins_the_time_anew()
    {
        var choice = new VideoChoice(VideoMode.Auto);
        choice.Take(ReferenceState.Proven, null, Noon);
        choice.Take(ReferenceState.Failed, "403", Noon);
        choice.Take(ReferenceState.Proven, null, Noon.AddMinutes(1));
        choice.Take(ReferenceState.Failed, "403", Noon.AddMinutes(4));
        choice.Take(ReferenceState.Proven, null, Noon.AddMinutes(5));
        Assert.False(choice.Take(ReferenceState.Proven, null, Noon.AddMinutes(7)));
        Assert.True(choice.Take(ReferenceState.Proven, null, Noon.AddMinutes(10)));
    }

    [Theory]
    [InlineData(VideoMode.Carry, true)]
    [InlineData(VideoMode.Reference, false)]
    public void What_is_configured_stays(VideoMode mode, bool carried)
    {
        var choice = new VideoChoice(mode);
        Assert.False(choice.Take(ReferenceState.Proven, null, Noon));
        Assert.False(choice.Take(ReferenceState.Failed, "403", Noon.AddHours(1)));
        Assert.Equal(carried, choice.Carried);
        Assert.Contains("configured", choice.Reason, StringComparison.Ordinal);
    }
}
