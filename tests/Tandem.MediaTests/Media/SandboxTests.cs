using System.Diagnostics;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>What a media worker's child cannot do, tried from inside it.</summary>
public sealed class SandboxTests : IAsyncLifetime
{
    private const string NotPermitted = "Operation not permitted";
    private const string Denied = "Permission denied";
    private readonly LogLines _log = new();
    private MediaWorker _worker = null!;

    public async ValueTask InitializeAsync()
    {
        _worker = Worker(new MediaWorkerOptions { AllowProbes = true });
        await Try("nothing");
    }

    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    [Fact]
    public void This_machine_confines_it_fully() => Assert.True(_worker.Sandbox.Complete, _worker.Sandbox.Gaps);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(16)]
    public async Task No_socket(int family) => Assert.Equal(NotPermitted, await Try($"socket {family}"));

    [Fact]
    public async Task No_file_is_written_made_or_removed()
    {
        using var media = new Generated();
        File.WriteAllText(media["mine"], "x");
        Assert.Equal(NotPermitted, await Try($"write {media["mine"]}"));
        Assert.Equal(NotPermitted, await Try($"create {media["new"]}"));
        Assert.Equal(NotPermitted, await Try("create /dev/shm/new"));
        Assert.Equal(NotPermitted, await Try($"remove {media["mine"]}"));
        Assert.Equal("x", File.ReadAllText(media["mine"]));
    }

    [Fact]
    public async Task Nothing_is_read_but_the_program_and_its_libraries()
    {
        using var media = new Generated();
        File.WriteAllText(media["secret"], "x");
        Assert.Equal(Denied, await Try($"read {media["secret"]}"));
        Assert.Equal(Denied, await Try("read /etc/shadow"));
        Assert.Equal(Denied, await Try("read /etc/passwd"));
        Assert.Equal(Denied, await Try("read /root"));
        Assert.NotEqual("ok", await Try($"read /proc/{Environment.ProcessId}/environ"));
        Assert.NotEqual("ok", await Try($"read /proc/{Environment.ProcessId}/mem"));
        Assert.Equal("ok", await Try($"read {typeof(object).Assembly.Location}"));
    }

    [Fact]
    public async Task No_other_program_is_run_and_no_other_process_touched()
    {
        Assert.Equal(NotPermitted, await Try("run /usr/bin/true"));
        Assert.Equal(NotPermitted, await Try("fork"));
        Assert.Equal(NotPermitted, await Try($"kill {Environment.ProcessId}"));
        Assert.Equal(NotPermitted, await Try("kill 1"));
        Assert.Equal(NotPermitted, await Try("raise"));
        Assert.Equal("ok", await Try("thread"));
    }

    [Fact]
    public async Task Memory_is_bounded_inside_and_outside_the_heap()
    {
        Assert.Equal("ok", await Try($"memory {64 << 20}"));
        Assert.Equal("Cannot allocate memory", await Try($"memory {512L << 20}"));
        Assert.Equal(0, _worker.Restarts);
        await Try($"heap {300 << 20}");
        await Until(() => _worker.Restarts == 1 && _worker.IsReady);
        Assert.Equal("ok", await Try("thread"));
    }

    [Fact]
    public async Task It_brings_no_environment_and_no_open_files_along()
    {
        var id = _worker.ProcessId!.Value;
        var names = File.ReadAllText($"/proc/{id}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')[0]);
        Assert.All(names, name => Assert.Matches("^(TANDEM_WORKER_|DOTNET_|LD_LIBRARY_PATH)", name));
        var open = Directory.GetFiles($"/proc/{id}/fd").Select(file => File.ResolveLinkTarget(file, false)?.FullName ?? "").ToList();
        Assert.All(open, target => Assert.DoesNotContain("socket:", target, StringComparison.Ordinal));
        Assert.InRange(open.Count, 3, 40);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task The_parent_is_not_confined_itself()
    {
        using var media = new Generated();

        // Threads of all kinds that came to be after children were started.
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Factory.StartNew(
            () => File.WriteAllText(media[$"file{i}"], "x"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var confined = Directory.GetDirectories("/proc/self/task")
            .Select(Status)
            .Where(status => status.Contains("NoNewPrivs:\t1", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(confined);
        Assert.All(confined, status => Assert.StartsWith("Name:\tmedia worker", status, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_confinement_the_same_probes_work()
    {
        // The control: what the other tests see is the confinement's doing.
        using var media = new Generated();
        await using var free = Worker(new MediaWorkerOptions { AllowProbes = true, Confined = false });
        Assert.Equal("ok", await free.ProbeAsync("socket 2", CancellationToken.None));
        Assert.Equal("ok", await free.ProbeAsync("read /etc/passwd", CancellationToken.None));
        Assert.Equal("ok", await free.ProbeAsync("fork", CancellationToken.None));
        Assert.False(free.Sandbox.Complete);
        Assert.False(free.Sandbox.FileSystem.Active);
        Assert.False(free.Sandbox.SystemCalls.Active);
        Assert.True(free.Sandbox.Limits.Active);
    }

    [Fact]
    public async Task Probes_are_refused_where_they_were_not_allowed()
    {
        await using var normal = Worker(new MediaWorkerOptions());
        Assert.Equal("refused", await normal.ProbeAsync("socket 2", CancellationToken.None));
    }

    [Fact]
    public async Task It_dies_with_its_parent_even_while_it_hangs()
    {
        // A parent that is killed outright: this very program's worker command with another parent's id ends at once, and a child whose
        // input closes ends although its working thread hangs.
        var id = _worker.ProcessId!.Value;
        var hanging = _worker.ProbeAsync("hang", CancellationToken.None);
        await Task.Delay(100);
        Assert.False(Process.GetProcessById(id).HasExited);
        await _worker.DisposeAsync();
        await hanging;
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    internal static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 300 && !condition(); i++)
            await Task.Delay(50);
        Assert.True(condition());
    }

    private static string Status(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "status"));
        }
        catch (IOException)
        {
            return ""; // It has ended.
        }
    }

    private MediaWorker Worker(MediaWorkerOptions options) => MediaWorker.Create(options, TimeProvider.System, _log);

    private async Task<string> Try(string probe) => await _worker.ProbeAsync(probe, CancellationToken.None);
}
