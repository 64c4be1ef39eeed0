using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Tandem.Workbench.Doctor;
using Xunit;

namespace Tandem.MediaTests.Doctor;

/// <summary>Each thing broken, and whether it is found and a remedy named.</summary>
public sealed class ExaminationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task This_machine_has_what_the_demo_needs()
    {
        var told = new List<Finding>();
        var findings = await RunAsync(Options(), told);
        Assert.Equal(findings, told);
        Assert.DoesNotContain(findings, finding => finding.State == CheckState.Failed);
        Assert.Equal(
            [
                "libraries", "ffmpeg version", "codecs", "round", "sandbox", "offline hears", "offline translates", "offline speaks", "language pairs",
                "memory", "scratch", "state_dir", "port", "clock",
            ],
            findings.Select(finding => finding.Name));
        Assert.Contains("en to es", Of(findings, "language pairs").Found, StringComparison.Ordinal);
        Assert.All(findings, finding => Assert.Equal(finding.State == CheckState.Ok, finding.Remedy is null));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    /// <summary>Whatever hangs costs its own time only, and what could not be looked at is no "ok".</summary>
    [Fact]
    public async Task Checks_that_give_no_result_end_all_the_same()
    {
        var findings = await RunAsync(Options() with { Limit = TimeSpan.FromTicks(1) }, []);
        Assert.Equal("round", Assert.Single(findings, finding => finding.Name == "round").Name);
        Assert.All(findings.Where(finding => finding.Name is "round" or "engines"), finding => Assert.Equal(CheckState.Failed, finding.State));
        Assert.Contains(findings, finding => finding.Found.Contains("no result within", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, CheckState.Warning)]
    [InlineData(true, CheckState.Failed)]
    public void Another_ffmpeg_than_the_tested_one(bool strict, CheckState expected)
    {
        var version = Of(LibraryCheck.Examine(Options() with { FFmpeg = "5.1.2-0+deb12u9", Strict = strict }), "ffmpeg version");
        Assert.Equal(expected, version.State);
        Assert.Contains("tested with 5.1.2-0+deb12u9", version.Found, StringComparison.Ordinal);
        Assert.Contains("./test", version.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_taken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var found = Assert.Single(PortCheck.Examine(Options() with { Port = port }));
        Assert.Equal((CheckState.Failed, $"cannot listen on 127.0.0.1:{port}: another program does"), (found.State, found.Found));
        Assert.Contains("--port", found.Remedy, StringComparison.Ordinal);
        taken.Stop();
        Assert.Equal(CheckState.Ok, Assert.Single(PortCheck.Examine(Options() with { Port = port })).State);
    }

    /// <summary>Each listener of a channel, and the operators', has a port of its own.</summary>
    [Fact]
    public void Ports_of_listeners_and_operators_that_are_taken()
    {
        using var taken = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        var (udp, admin) = (((IPEndPoint)taken.Client.LocalEndPoint!).Port, (IPEndPoint)tcp.LocalEndpoint);
        var found = PortCheck.Examine(Options() with { Port = 0, Admin = admin, Channels = [Listening("news", $"srt://127.0.0.1:{udp}"), Listening("sport", $"udp://127.0.0.1:{udp}")] });
        Assert.Equal(["port", "admin port", "port of news", "port of sport"], found.Select(finding => finding.Name));
        Assert.Equal([CheckState.Ok, CheckState.Failed, CheckState.Failed, CheckState.Failed], found.Select(finding => finding.State));
        Assert.Contains($"127.0.0.1:{udp}: another program does", found[2].Found, StringComparison.Ordinal);
        Assert.Contains("another port", found[2].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_another_machine() =>
        Assert.Contains("does not have that address", Assert.Single(PortCheck.Examine(Options() with { Listen = IPAddress.Parse("192.0.2.1") })).Found, StringComparison.Ordinal);

    [Fact]
    public async Task Folders_that_cannot_be_made()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var below = Path.Combine(_folder, "file", "state");
        var around = Around(Options() with { StateDirectory = below, ScratchDirectory = below });
        var state = Assert.Single(await FolderCheck.StateAsync(around, CancellationToken.None));
        Assert.Equal(CheckState.Failed, state.State);
        Assert.Contains("state_dir", state.Remedy, StringComparison.Ordinal);
        Assert.Equal(CheckState.Failed, Assert.Single(await FolderCheck.ScratchAsync(around, CancellationToken.None)).State);
    }

    [Theory]
    [InlineData(100, 10, CheckState.Failed)]
    [InlineData(1000, 900, CheckState.Warning)]
    [InlineData(1000, 10, CheckState.Ok)]
    public void Memory_of_a_container(int limit, int used, CheckState expected)
    {
        Put("proc/self/cgroup", "0::/box\n");
        Put("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n");
        Put("sys/fs/cgroup/box/memory.max", $"{limit << 20}\n");
        Put("sys/fs/cgroup/box/memory.current", $"{used << 20}\n");
        Put("sys/fs/cgroup/box/memory.stat", "inactive_file 0\n");
        var found = Assert.Single(MemoryCheck.Examine(Options() with { Root = _folder }));
        Assert.Equal(expected, found.State);
        Assert.StartsWith($"{limit - used} MiB of {limit} MiB free (the container's limit)", found.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_a_machine_without_limits_and_of_one_that_does_not_tell()
    {
        Put("proc/meminfo", "MemTotal: 1024000 kB\nMemAvailable: 900000 kB\n");
        var channel = new ChannelOptions { Id = "a", Input = new Uri("http://a.invalid/"), From = "en", To = ["es"] };
        var many = Assert.Single(MemoryCheck.Examine(Options() with { Root = _folder, Channels = [.. Enumerable.Repeat(channel, 20)] }));
        Assert.Equal((CheckState.Failed, true), (many.State, many.Found.Contains("20 channels", StringComparison.Ordinal)));
        Assert.Equal(CheckState.Warning, Assert.Single(MemoryCheck.Examine(Options() with { Root = Path.Combine(_folder, "none") })).State);
    }

    [Fact]
    public async Task A_clock_that_was_never_set()
    {
        var found = await ClockAsync(new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal(CheckState.Failed, found.State);
        Assert.Contains("set the clock", found.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_the_file_system_does_not_share()
    {
        var found = await ClockAsync(new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1)));
        Assert.Equal(CheckState.Warning, found.State);
        Assert.Contains("-3600 s off", found.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_is_being_moved()
    {
        var found = await ClockAsync(new StepsAtEachLook());
        Assert.Equal(CheckState.Warning, found.State);
        Assert.Contains("is being moved", found.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_a_channel_needs_and_nobody_has()
    {
        var channel = new ChannelOptions { Id = "news", Input = new Uri("http://a.invalid/"), From = "en", To = ["he"] };
        var findings = await EngineCheck.ExamineAsync(Around(Options() with { Channels = [channel] }), CancellationToken.None);
        var found = Of(findings, "channel news");
        Assert.Equal(CheckState.Failed, found.State);
        Assert.Contains("cannot translate en to \"he\"", found.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_does_not_come_up_is_a_failed_round_and_no_sandbox()
    {
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { Command = ["/bin/false"] }, TimeProvider.System, NullLogger.Instance);
        var (_, problem) = await SoundRound.RunAsync(Container.MpegTs, worker, CancellationToken.None);
        Assert.Contains("no media worker", problem, StringComparison.Ordinal);
    }

    /// <summary>The finder sees what it is there to see: a priming that was forgotten is one frame.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1024)]
    [InlineData(-3000)]
    public void A_tone_is_found_where_it_begins(int late)
    {
        var stereo = new float[2 * ChannelTime.Rate];
        var begin = 20_000 + late;
        for (var sample = begin; sample < begin + 12_000; sample++)
            stereo[sample * 2] = stereo[(sample * 2) + 1] = 0.3f * MathF.Sin(sample * 2 * MathF.PI * 997 / ChannelTime.Rate);
        var onset = ToneFinder.Onset(stereo, 997);
        Assert.InRange(onset!.Value.Samples, begin - 96, begin + 96);
        Assert.Null(ToneFinder.Onset(stereo, 2500));
    }

    private static Finding Of(IEnumerable<Finding> findings, string name) => Assert.Single(findings, finding => finding.Name == name);

    private static Task<IReadOnlyList<Finding>> RunAsync(DoctorOptions options, List<Finding> told) =>
        Examination.RunAsync(options, TimeProvider.System, NullLogger.Instance, told.Add, CancellationToken.None);

    private static CheckSurroundings Around(DoctorOptions options) => new(options, TimeProvider.System, NullLogger.Instance);

    private async Task<Finding> ClockAsync(TimeProvider time) =>
        Assert.Single(await ClockCheck.ExamineAsync(Around(Options() with { ScratchDirectory = _folder }) with { Time = time }, CancellationToken.None));

    private DoctorOptions Options() => new()
    {
        Listen = IPAddress.Loopback,
        Port = 0,
        StateDirectory = Path.Combine(_folder, "state"),
        ScratchDirectory = Path.Combine(_folder, "scratch"),
    };

    private void Put(string path, string text)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>Wall time that goes on by a second at each look, while no time passes.</summary>
    private sealed class StepsAtEachLook : TimeProvider
    {
        private DateTimeOffset _now = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _now += TimeSpan.FromSeconds(1);
    }

    private static ChannelOptions Listening(string id, string input) => new() { Id = id, Input = new Uri(input), From = "en", To = ["es"] };
}
