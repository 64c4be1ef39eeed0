using Tandem.Live;
using Tandem.Media;
using Tandem.Server.Admission;
using Tandem.Server.Api;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class HealthTests
{
    private static readonly TimeSpan Old = TimeSpan.FromHours(1);
    private static readonly MediaLibraries Fine = new("5.1", [new MediaLibrary("libavutil.so.57", "57.28.100", null)]);

    [Fact]
    public void All_well_is_ready() => Assert.Equal(HealthStatus.Ready, Report(Snapshot(ChannelState.Live)).Status);

    [Theory]
    [InlineData(ChannelState.SourceLost)]
    [InlineData(ChannelState.Faulted)]
    [InlineData(ChannelState.Stopped)]
    public void A_source_that_fails_degrades_but_keeps_viewers_here(ChannelState state)
    {
        var report = Report(Snapshot(state) with { Reason = "404" });
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains("404", report.Parts.Single(part => part.Status == HealthStatus.Degraded).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_channel_that_starts_holds_viewers_off_for_its_delay_and_a_little_more()
    {
        var starting = Snapshot(ChannelState.Starting);
        Assert.Equal(HealthStatus.Unready, Report(starting, TimeSpan.FromSeconds(8 + 14)).Status);
        Assert.Equal(HealthStatus.Degraded, Report(starting, TimeSpan.FromSeconds(8 + 16)).Status);
        Assert.Equal(HealthStatus.Degraded, Report(starting with { Reason = "no such host" }, TimeSpan.Zero).Status);
    }

    /// <summary>A balancer would take the viewers of all the others away.</summary>
    [Fact]
    public void A_channel_that_is_added_to_others_holds_nobody_off()
    {
        var (live, starting) = (Snapshot(ChannelState.Live), Snapshot(ChannelState.Starting) with { Id = "sport" });
        Assert.Equal(HealthStatus.Degraded, Health.Of("1", Fine, stopping: false, [(live, Old), (starting, TimeSpan.FromSeconds(3))]).Status);
        Assert.Equal(HealthStatus.Unready, Health.Of("1", Fine, stopping: false, [(live, TimeSpan.FromSeconds(4)), (starting, TimeSpan.FromSeconds(3))]).Status);
        Assert.Equal(HealthStatus.Unready, Health.Of("1", Fine, stopping: false, [(starting, Old), (starting, TimeSpan.FromSeconds(3))]).Status);
    }

    [Fact]
    public void A_dead_engine_and_a_weak_sandbox_degrade_and_say_why()
    {
        var report = Report(Snapshot(ChannelState.Live) with
        {
            Engine = new EngineSnapshot("offline", false, "espeak-ng does not answer"),
            Worker = new WorkerSnapshot(0, ["memory"], ["no network namespace: unprivileged user namespaces are off"]),
        });
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains(report.Parts, part => part is { Name: "engine", Channel: "news", Reason: "offline: espeak-ng does not answer" });
        Assert.Contains(report.Parts, part => part is { Name: "worker", Reason: "no network namespace: unprivileged user namespaces are off" });
    }

    [Fact]
    public void Missing_libraries_and_shutting_down_are_unready()
    {
        var missing = new MediaLibraries(null, [new MediaLibrary("libavutil.so.57", null, "cannot be loaded")]);
        Assert.Equal(HealthStatus.Unready, Health.Of("1", missing, stopping: false, []).Status);
        Assert.Equal(HealthStatus.Unready, Health.Of("1", Fine, stopping: true, []).Status);
    }

    /// <summary>Who is full refuses newcomers itself, and must keep those whom it has.</summary>
    [Fact]
    public void Full_and_out_of_space_degrade_and_say_what_to_do()
    {
        var full = Health.OfAdmission(new NoRoom("viewers", "This instance has as many viewers as it carries, 10.", TimeSpan.FromSeconds(15)));
        var scratch = ScratchSpace.Judge([("state_dir", "/var/lib/tandem", 3L << 20), ("TMPDIR", "/tmp", 1L << 30)]);
        var report = Health.Of("1", Fine, stopping: false, [], full, scratch);
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains(report.Parts, part => part is { Name: "admission", Reason: "full: This instance has as many viewers as it carries, 10." });
        Assert.Contains(report.Parts, part => part is { Name: "scratch", Reason: "state_dir /var/lib/tandem has 3 MiB free, and 16 MiB are the least: make room" });

        Assert.Equal(HealthStatus.Ready, Health.OfAdmission(null).Status);
        Assert.Equal(HealthStatus.Ready, ScratchSpace.Judge([("TMPDIR", "/tmp", 16L << 20)]).Status);
        Assert.Equal(HealthStatus.Ready, ScratchSpace.Look(Path.GetTempPath()).Status);
        Assert.Contains("state_dir /nowhere/at/all is not there", ScratchSpace.Look("/nowhere/at/all").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_is_gone_and_a_record_that_cannot_be_written_degrade()
    {
        var report = Report(Snapshot(ChannelState.Live) with { Worker = new WorkerSnapshot(4, [], []) { Runs = false }, RecordReason = "No space left on device" });
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains(report.Parts, part => part is { Name: "worker", Channel: "news" } && part.Reason!.Contains("4 times", StringComparison.Ordinal));
        Assert.Contains(report.Parts, part => part is { Name: "record", Channel: "news" } && part.Reason!.Contains("No space left on device", StringComparison.Ordinal));

        // While nothing is played yet there is nothing to do for it.
        Assert.DoesNotContain(
            Report(Snapshot(ChannelState.SourceLost) with { Worker = new WorkerSnapshot(0, [], []) { Runs = false } }).Parts, part => part is { Name: "worker", Reason: not null });
    }

    private static HealthReport Report(ChannelSnapshot snapshot, TimeSpan? age = null) => Health.Of("1", Fine, stopping: false, [(snapshot, age ?? Old)]);

    private static ChannelSnapshot Snapshot(ChannelState state) => new()
    {
        Id = "news",
        State = state,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
    };
}
