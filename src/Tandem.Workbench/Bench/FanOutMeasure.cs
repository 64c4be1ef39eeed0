using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tandem.Workbench.Bench;

/// <summary>
/// What fan-out costs: the server with a channel of 3 Mbit/s and many viewers of its socket, and nginx that serves as many clients files of
/// a chunk's size at the same pace, one after the other in pairs. Readers run in this process; what is counted is the servers' CPU.
/// </summary>
internal sealed class FanOutMeasure(BenchMaterial material, BenchOptions options, BenchTold told)
{
    private const string Channel = "fanout";
    private const int Viewers = 1000;
    private static readonly TimeSpan Chunk = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The peer's command, as it is printed.</summary>
    public static string PeerCommand => "nginx -p FOLDER -c nginx.conf -e stderr (worker_processes 2; sendfile on; tcp_nopush on; access_log off; keep-alive)";

    /// <summary>Measures in pairs.</summary>
    public async Task<FanOutResult> RunAsync(CancellationToken cancel)
    {
        var pairs = options.Quick ? 1 : 5;
        var measured = options.Quick ? TimeSpan.FromSeconds(4) : TimeSpan.FromSeconds(10);
        var (tandem, peer, ratios, memory) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (rates, peerRates) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < pairs; pair++)
        {
            told($"fan-out: {Viewers} viewers, pair {pair + 1} of {pairs}");
            var (own, ownRate, bytes) = await TandemAsync(measured, cancel);
            var (other, otherRate) = await PeerAsync(measured, cancel);
            tandem.Add(own);
            peer.Add(other);
            ratios.Add(own / other);
            memory.Add(bytes);
            rates.Add(ownRate);
            peerRates.Add(otherRate);
        }

        return new FanOutResult(
            Viewers, pairs, Spread.Of(tandem), Spread.Of(peer), Spread.Of(ratios), Spread.Of(memory), Spread.Of(rates), Spread.Of(peerRates));
    }

    private async Task<(double CpuSecondsPerGigabyte, double BitsPerSecond, double BytesPerViewer)> TandemAsync(TimeSpan measured, CancellationToken cancel)
    {
        await using var origin = await LiveOrigin.StartAsync(material, TimeProvider.System, cancel);
        var port = FreePort();
        var state = Directory.CreateDirectory(Path.Combine(material.Folder, "state")).FullName;
        using var server = Start(Program(), [
            .. Arguments(), "serve", "--port", port.ToString(CultureInfo.InvariantCulture),
            "--channel", $"id={Channel},input={origin.Playlist(Channel)},from=en,to=es,delay=2s,engine=echo,video=reference,allow_private=true"],
            ("TANDEM__STATE_DIR", state), ("TANDEM__LOG_LEVEL", "warning"));
        await using var first = await FirstAsync(port, cancel);
        await Task.Delay(Settle, TimeProvider.System, cancel);

        // Dubbing, packaging and one viewer cost what they cost without the others.
        var idle = await CpuAsync(server.Id, measured, cancel);
        var before = CpuTimes.Memory(server.Id);
        await using var readers = await FanOutReaders.WatchAsync(port, Channel, Viewers, cancel);
        await Task.Delay(Settle, TimeProvider.System, cancel);
        var (bytes, began) = (readers.Bytes, TimeProvider.System.GetTimestamp());
        var cpu = await CpuAsync(server.Id, measured, cancel);
        bytes = readers.Bytes - bytes;
        var rate = RateOf(bytes, began);
        var after = CpuTimes.Memory(server.Id);
        if (readers.Ended > 0)
            throw new BenchException($"{readers.Ended} of {Viewers} viewers were cut off");
        if (bytes == 0)
            throw new BenchException("viewers got nothing");
        return ((cpu - idle).TotalSeconds / (bytes / 1e9), rate, (double)(after - before) / Viewers);
    }

    private static double RateOf(long bytes, long began) => bytes * 8 / TimeProvider.System.GetElapsedTime(began).TotalSeconds / Viewers;

    /// <summary>The first viewer, once there is something to see; it stays, so that the picture is cut all the time.</summary>
    private static async Task<FanOutReaders> FirstAsync(int port, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var reader = await FanOutReaders.WatchAsync(port, Channel, 1, cancel);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
                if (reader.Ended == 0 && reader.Bytes > 100_000)
                    return reader;
                await reader.DisposeAsync();
            }
            catch (SocketException)
            {
                // It does not listen yet.
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new BenchException($"the server showed nothing within {Patience.TotalSeconds:F0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
        }
    }

    private async Task<(double CpuSecondsPerGigabyte, double BitsPerSecond)> PeerAsync(TimeSpan measured, CancellationToken cancel)
    {
        var port = FreePort();
        var length = (int)(material.MeanBytes * (Chunk / BenchMaterial.Duration));
        await File.WriteAllBytesAsync(Path.Combine(material.Folder, "chunk"), material.Segments[0].AsMemory(0, Math.Min(length, material.Segments[0].Length)), cancel);
        await File.WriteAllTextAsync(Path.Combine(material.Folder, "nginx.conf"), Configuration(port), cancel);
        using var nginx = Start("nginx", ["-p", material.Folder, "-c", "nginx.conf", "-e", "stderr"]);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
        try
        {
            await using var readers = await FanOutReaders.FetchAsync(port, "/chunk", length, Chunk, Viewers, cancel);
            await Task.Delay(Settle, TimeProvider.System, cancel);
            var (bytes, began) = (readers.Bytes, TimeProvider.System.GetTimestamp());
            var cpu = await CpuAsync(nginx.Id, measured, cancel);
            bytes = readers.Bytes - bytes;
            return bytes == 0 ? throw new BenchException("nginx served nothing") : (cpu.TotalSeconds / (bytes / 1e9), RateOf(bytes, began));
        }
        catch (SocketException error)
        {
            throw new BenchException($"nginx cannot be reached: {error.Message}");
        }
    }

    private string Configuration(int port) =>
        $$"""
        daemon off;
        user root;
        worker_processes 2;
        pid {{material.Folder}}/nginx.pid;
        events { worker_connections 4096; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          keepalive_requests 1000000;
          client_body_temp_path {{material.Folder}}/t1;
          proxy_temp_path {{material.Folder}}/t2;
          fastcgi_temp_path {{material.Folder}}/t3;
          uwsgi_temp_path {{material.Folder}}/t4;
          scgi_temp_path {{material.Folder}}/t5;
          server { listen 127.0.0.1:{{port}} backlog=2048; root {{material.Folder}}; }
        }
        """;

    /// <summary>CPU of a process and its children meanwhile.</summary>
    private static async Task<TimeSpan> CpuAsync(int process, TimeSpan time, CancellationToken cancel)
    {
        var before = Tree(process);
        await Task.Delay(time, TimeProvider.System, cancel);
        return Tree(process) - before;
    }

    private static TimeSpan Tree(int process) =>
        Children(process).Aggregate(CpuTimes.Of(process), (sum, child) => sum + CpuTimes.Of(child));

    private static List<int> Children(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string Program() => Path.GetFileName(Environment.ProcessPath) == "tandem" ? Environment.ProcessPath! : "dotnet";

    private static string[] Arguments() => Program() == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "tandem.dll")] : [];

    private static ChildProcess Start(string program, IEnumerable<string> arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            return new ChildProcess(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new BenchException($"{program} is missing: install the Debian package {(program == "nginx" ? "nginx-light" : program)}");
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A process that ends with its measurement.</summary>
    private sealed class ChildProcess(Process process) : IDisposable
    {
        public int Id => process.Id;

        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}

/// <summary>What fan-out costs.</summary>
/// <param name="Viewers">Of 3 Mbit/s each.</param>
/// <param name="Pairs">How often both were measured.</param>
/// <param name="TandemCpuSecondsPerGigabyte">The server's CPU for a gigabyte to viewers, without what it needs for the first.</param>
/// <param name="PeerCpuSecondsPerGigabyte">nginx's.</param>
/// <param name="Ratio">Of each pair.</param>
/// <param name="BytesPerViewer">The server's memory, with all viewers less with one.</param>
/// <param name="BitsPerSecondPerViewer">What a viewer got of the server; a run in which it is much less than the channel's rate is void.</param>
/// <param name="PeerBitsPerSecondPerViewer">What a client got of nginx.</param>
public sealed record FanOutResult(
    int Viewers,
    int Pairs,
    Spread TandemCpuSecondsPerGigabyte,
    Spread PeerCpuSecondsPerGigabyte,
    Spread Ratio,
    Spread BytesPerViewer,
    Spread BitsPerSecondPerViewer,
    Spread PeerBitsPerSecondPerViewer)
{
    /// <summary>Of what the channel has, viewers must get this much: who skips chunks costs less.</summary>
    internal const double LeastBitsPerSecond = 0.8 * 3_000_000;
}
