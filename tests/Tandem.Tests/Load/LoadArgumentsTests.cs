using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>What people type.</summary>
public sealed class LoadArgumentsTests
{
    private static readonly LoadArguments Least = new() { Url = "http://127.0.0.1:8080" };

    [Fact]
    public void An_address_is_enough()
    {
        var (options, mistakes) = Least.Read();
        Assert.Empty(mistakes);
        Assert.Equal((100, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), Via.Ws, false),
            (options!.Viewers, options.Duration, options.Ramp, options.Via, options.AudioOnly));
        Assert.Empty(options.Languages);
    }

    [Fact]
    public void Everything_can_be_said()
    {
        var (options, mistakes) = (Least with
        {
            Viewers = "5000",
            Duration = "3m",
            Ramp = "500ms",
            Language = "es+fr, de",
            Via = "mix",
            Media = "audio",
            Fail = ["delivery.p95>500ms", "faults.sequence>0"],
            Frozen = "1",
            Slow = "2:10KB/s",
            Buffer = "2s",
            Seed = "7",
            Decode = "ffmpeg",
        }).Read();
        Assert.Empty(mistakes);
        Assert.Equal((5000, TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(0.5), Via.Mix, true),
            (options!.Viewers, options.Duration, options.Ramp, options.Via, options.AudioOnly));
        Assert.Equal(["es", "fr", "de"], options.Languages);
        Assert.Equal((1, 2, 10_000, 7, true), (options.Frozen, options.Slow, options.SlowBytesPerSecond, options.Seed, options.Decode));
        Assert.Equal(["delivery.p95", "faults.sequence"], options.Thresholds.Select(threshold => threshold.Figure.Name));
    }

    [Fact]
    public void A_short_run_has_a_short_ramp() =>
        Assert.Equal(TimeSpan.FromSeconds(2), (Least with { Duration = "6s" }).Read().Options!.Ramp);

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistakes = new LoadArguments
        {
            Url = "nonsense",
            Viewers = "0",
            Duration = "60",
            Via = "udp",
            Media = "video",
            Fail = ["latency>1s"],
            Slow = "10KB/s",
            Decode = "vlc",
        }.Read().Mistakes;
        Assert.Equal(["--url", "--duration", "--via", "--slow", "--fail", "--viewers", "--media", "--decode"],
            mistakes.Select(mistake => mistake.Split(':')[0]));
    }

    [Theory]
    [InlineData("60s", "60s", "is not shorter than the run")]
    [InlineData("1s", "2s", "is not shorter")]
    public void A_ramp_that_does_not_fit_is_told(string duration, string ramp, string part) =>
        Assert.Contains(part, Assert.Single((Least with { Duration = duration, Ramp = ramp }).Read().Mistakes), StringComparison.Ordinal);

    [Theory]
    [InlineData(null, "hls.delivery.p95>500ms", "--fail: \"hls.delivery.p95>500ms\" is about viewers by HLS, and there are none; use --via hls or mix")]
    [InlineData("ws", "hls.faults>0", "--fail: \"hls.faults>0\" is about viewers by HLS, and there are none; use --via hls or mix")]
    [InlineData("hls", "ws.joined<1", "--fail: \"ws.joined<1\" is about viewers by WebSocket, and there are none; use --via ws or mix")]
    public void A_condition_on_viewers_that_there_are_not_is_told(string? via, string fail, string mistake) =>
        Assert.Equal(mistake, Assert.Single((Least with { Via = via, Fail = [fail] }).Read().Mistakes));

    [Theory]
    [InlineData("ws", "ws.faults>0", "all.faults>0", "faults>0")]
    [InlineData("hls", "hls.faults>0", "all.faults>0", "faults>0")]
    [InlineData("mix", "hls.faults>0", "ws.faults>0", "faults>0")]
    public void Conditions_on_those_who_come_are_taken(string via, params string[] fail) =>
        Assert.Equal(3, (Least with { Via = via, Fail = fail }).Read().Options!.Thresholds.Count);

    [Fact]
    public void Slow_viewers_are_by_WebSocket_only() =>
        Assert.Contains("use --via ws or mix", Assert.Single((Least with { Via = "hls", Frozen = "1" }).Read().Mistakes),
            StringComparison.Ordinal);
}
