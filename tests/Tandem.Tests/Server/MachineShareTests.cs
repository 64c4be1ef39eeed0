using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Metrics;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class MachineShareTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tandem-share-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Version_2_the_tightest_limit_on_the_way_up_counts()
    {
        Put("proc/self/cgroup", "0::/pod/box\n");
        Put("sys/fs/cgroup/pod/cpu.max", "100000 100000\n");
        Put("sys/fs/cgroup/pod/cpu.stat", "usage_usec 5000000\nuser_usec 1\n");
        Put("sys/fs/cgroup/pod/box/cpu.max", "max 100000\n");
        Put("sys/fs/cgroup/pod/box/memory.max", "1000\n");
        Put("sys/fs/cgroup/pod/box/memory.current", "700\n");
        Put("sys/fs/cgroup/pod/box/memory.stat", "anon 1\ninactive_file 200\n");
        var share = new MachineShare(_time, _root);
        Assert.Equal(0.5, share.Memory());

        _time.Advance(TimeSpan.FromSeconds(10));
        Put("sys/fs/cgroup/pod/cpu.stat", "usage_usec 8000000\nuser_usec 1\n");
        Assert.Equal(0.3, share.Cpu(), 6);
    }

    [Fact]
    public void Version_1_has_its_own_files()
    {
        Put("proc/self/cgroup", "4:memory:/a\n3:cpuset:/\n2:cpuacct:/a\n1:cpu:/a\n0::/\n");
        Put("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "200000\n");
        Put("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
        Put("sys/fs/cgroup/cpuacct/a/cpuacct.usage", "0\n");
        Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n");
        Put("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "900\n");
        Put("sys/fs/cgroup/memory/a/memory.stat", "total_inactive_file 650\n");
        var share = new MachineShare(_time, _root);
        Assert.Equal(0.25, share.Memory());

        _time.Advance(TimeSpan.FromSeconds(5));
        Put("sys/fs/cgroup/cpuacct/a/cpuacct.usage", "2500000000\n");
        Assert.Equal(0.25, share.Cpu(), 6);
    }

    [Fact]
    public void Without_limits_the_process_and_its_children_are_held_against_the_machine()
    {
        var own = Environment.ProcessId;
        Put("proc/meminfo", "MemTotal:      1000000 kB\nMemFree: 1 kB\n");
        Put($"proc/{own}/stat", Stat(own, 1, 100, 1000));
        Put("proc/999999/stat", Stat(999999, own, 50, 500));
        Put("proc/1/stat", Stat(1, 0, 100000, 100000));
        var share = new MachineShare(_time, _root);
        Assert.Equal(1500d * Environment.SystemPageSize / 1_024_000_000, share.Memory(), 9);

        _time.Advance(TimeSpan.FromSeconds(5));
        Put("proc/999999/stat", Stat(999999, own, 550, 500));
        Assert.Equal(1d / Environment.ProcessorCount, share.Cpu(), 6);
    }

    [Fact]
    public void On_this_machine_both_are_shares()
    {
        var share = new MachineShare(_time);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.InRange(share.Cpu(), 0, 2);
        Assert.InRange(share.Memory(), 0.000001, 1);
    }

    private static string Stat(int id, int parent, long ticks, long pages) =>
        $"{id} (a ) b) S {parent} 0 0 0 0 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 0 0 {pages} 0\n";

    private void Put(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
