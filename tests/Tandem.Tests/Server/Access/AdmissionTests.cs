using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Server.Access;
using Tandem.Server.Admission;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class AdmissionTests : IDisposable
{
    private const double GiB = 1024.0 * 1024 * 1024;

    private static readonly InstanceLimits Limits = new(2, 6, 10, 20, 30, new Cost(1.6, 4 * GiB));
    private static readonly InstanceLoad Idle = new(1, 2, 9, 20, 30, new Cost(0.1, GiB));

    private readonly FakeTimeProvider _time = new();
    private readonly TandemMeter _meter = new();

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void The_costs_are_those_of_the_document()
    {
        var document = Checkout.Read("docs/bench.md");
        double Read(string row, string unit) => double.Parse(
            Regex.Match(document, $@"(?m)^  {row} .*?(?<value>[\d.]+) {unit}").Groups["value"].Value, CultureInfo.InvariantCulture);
        Assert.Equal(Read("channel", "%") / 100, InstanceCosts.Channel.Cores, 6);
        Assert.Equal(Read("language", "%") / 100, InstanceCosts.Language.Cores, 6);
        Assert.Equal(Read("channel", "MiB"), InstanceCosts.Channel.Bytes / 1024 / 1024, 6);
        Assert.Equal(Read("language", "MiB"), InstanceCosts.Language.Bytes / 1024 / 1024, 6);
    }

    [Theory]
    [InlineData(2, 8)]
    [InlineData(0.5, 1)]
    [InlineData(64, 256)]
    public void A_machine_carries_what_it_has_by_the_table(double cores, double gibibytes)
    {
        var limits = InstanceLimits.Of(new AdmissionOptions(), cores, gibibytes * GiB);
        Assert.InRange(limits.Channels, 1, gibibytes * GiB / InstanceCosts.Channel.Bytes);
        Assert.InRange(limits.Languages, 1, cores / InstanceCosts.Language.Cores);
        Assert.InRange(limits.Viewers, 1000 * cores, 5000 * cores);
        Assert.InRange(limits.SegmentsInFlight, limits.Channels, int.MaxValue);
        Assert.Equal(0.8 * cores, limits.Budget.Cores, 6);
    }

    [Fact]
    public void Settings_go_before_the_table_and_a_machine_that_tells_nothing_is_not_refused()
    {
        Assert.Equal(new InstanceLimits(3, 4, 5, 6, 7, new Cost(1.6, 6.4 * GiB)), InstanceLimits.Of(new AdmissionOptions { Channels = 3, Languages = 4, Viewers = 5, SegmentsInFlight = 6, QueueDepth = 7 }, 2, 8 * GiB));
        Assert.InRange(InstanceLimits.Of(new AdmissionOptions(), 2, 0).Channels, 10, 10_000);
        Assert.Equal(0, InstanceLimits.Of(new AdmissionOptions { Viewers = 0 }, 2, GiB).Viewers);
    }

    [Fact]
    public void Whatever_is_full_is_named()
    {
        Assert.Null(AdmissionRule.ForViewer(Idle, Limits));
        Assert.Equal("viewers", AdmissionRule.ForViewer(Idle with { Viewers = 10 }, Limits)!.Reason);
        Assert.Equal("segments_in_flight", AdmissionRule.ForViewer(Idle with { SegmentsInFlight = 21 }, Limits)!.Reason);
        Assert.Equal("queue_depth", AdmissionRule.ForViewer(Idle with { QueueDepth = 31 }, Limits)!.Reason);
        Assert.Null(AdmissionRule.ForChannel(Idle, Limits, 1, 4, new Cost(1.5, 3 * GiB)));
        Assert.Equal("channels", AdmissionRule.ForChannel(Idle, Limits, 2, 4, default)!.Reason);
        Assert.Equal("languages", AdmissionRule.ForChannel(Idle, Limits, 1, 5, default)!.Reason);
        Assert.Equal("cpu", AdmissionRule.ForChannel(Idle, Limits, 1, 1, new Cost(1.51, 0))!.Reason);
        Assert.Equal("memory", AdmissionRule.ForChannel(Idle, Limits, 1, 1, new Cost(0, 3.1 * GiB))!.Reason);

        // Less than there was is never refused for what there is too much of.
        var crowded = Idle with { Channels = 2, Languages = 9, Cost = new Cost(3, 9 * GiB) };
        Assert.Null(AdmissionRule.ForChannel(crowded, Limits, 0, -1, new Cost(-0.1, -1)));
    }

    [Fact]
    public void Two_offline_engines_fill_what_a_score_of_tones_does_not()
    {
        var limits = InstanceLimits.Of(new AdmissionOptions(), 2, 8 * GiB);
        Assert.Null(AdmissionRule.ForChannel(new InstanceLoad(0, 0, 0, 0, 0, default), limits, 20, 20, 20 * InstanceCosts.Of(Options("tone"))));
        Assert.Equal("cpu", AdmissionRule.ForChannel(new InstanceLoad(0, 0, 0, 0, 0, default), limits, 20, 20, 20 * InstanceCosts.Of(Options("offline")))!.Reason);
    }

    [Fact]
    public void Viewers_take_seats_and_give_them_back()
    {
        using var room = Room(2);
        var (first, _) = room.Sit();
        Assert.Null(room.See(1, joining: true));
        var (seat, full) = room.Sit();
        Assert.Null(seat);
        Assert.Equal((503, "viewers"), (full!.Status, full.Reason));
        Assert.Equal("viewers", room.See(2, joining: true)!.Reason);

        // Who watches goes on, and who did not join by the master is not sent away, but not held either.
        Assert.Null(room.See(1, joining: true));
        Assert.Null(room.See(3, joining: false));
        Assert.Equal(2, room.Load().Viewers);
        first!.Dispose();
        first.Dispose();
        Assert.Equal(1, room.Load().Viewers);
        Assert.Null(room.See(2, joining: true));
        _time.Advance(TimeSpan.FromSeconds(20));
        room.See(1, joining: false);
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(1, room.Load().Viewers);
    }

    [Fact]
    public void The_load_is_what_the_channels_measured_last()
    {
        using var room = Room(5);
        var (news, sport) = (new ChannelMetrics(_meter, "news", ["es"]), new ChannelMetrics(_meter, "sport", ["es"]));
        news.InFlight(5);
        news.InFlight(4);
        sport.InFlight(3);
        news.QueueDepth("decode", 2);
        news.QueueDepth("engine", 1);
        news.QueueDepth("publish", 150);
        Assert.Equal((7, 3), (room.Load().SegmentsInFlight, room.Load().QueueDepth));
        room.Forget("news");
        Assert.Equal((3, 0), (room.Load().SegmentsInFlight, room.Load().QueueDepth));
    }

    [Fact]
    public async Task A_viewer_too_many_is_told_when_to_come_again()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions
        {
            Channels = [AccessServer.Channel("news", "es")],
            Admission = new AdmissionOptions { Viewers = 1 },
            Access = new AccessOptions { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] },
        });
        await ViewerAccessTests.Until(server);
        async Task<HttpResponseMessage> From(string address, string path = "/live/news/master.m3u8") => await server.GetAsync(path, ("X-Forwarded-For", address));
        using var first = await From("203.0.113.1");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await From("203.0.113.2");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.Equal("15", second.Headers.GetValues("Retry-After").Single());
        Assert.Equal("viewers", await AccessServer.ReasonAsync(second));
        using var again = await From("203.0.113.1");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        using var going = await From("203.0.113.2", "/live/news/es/index.m3u8");
        Assert.Equal(HttpStatusCode.OK, going.StatusCode);
        Assert.Equal(1, await server.SampleAsync("tandem_admission_refusals_total{reason=\"viewers\"}"));
    }

    private static ChannelOptions Options(string engine) => new() { Id = "a", Input = new Uri("https://a.example/"), From = "en", To = ["es"], Engine = engine };

    private InstanceAdmission Room(int viewers) => new(Limits with { Viewers = viewers }, () => [Options("tone")], _meter, _time);
}
