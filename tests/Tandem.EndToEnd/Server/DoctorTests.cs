using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Tandem.EndToEnd.Server;

/// <summary><c>doctor</c> as a person or a script calls it, on machines that lack something.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task All_is_well_here()
    {
        var (code, output, errors) = await RunAsync([], "doctor", "--port", "0");
        Assert.True(code == 0, output + errors);
        Assert.DoesNotContain("FAILED ", output, StringComparison.Ordinal);
        Assert.Contains("engine offline dubs en to es", output, StringComparison.Ordinal);
        Assert.Matches(@"^\d+ ok, \d+ warning, 0 FAILED$", output.TrimEnd().Split('\n')[^1]);
    }

    /// <summary>The models are there, the programs are not: only trying them tells.</summary>
    [Fact]
    public async Task A_path_without_apertium()
    {
        foreach (var program in new[] { "bash", "espeak-ng" })
            File.CreateSymbolicLink(Path.Combine(_folder, program), $"/usr/bin/{program}");
        var (code, checks) = await JsonAsync(new() { ["PATH"] = _folder });
        Assert.Equal(1, code);
        Assert.Equal("failed", checks["offline translates"].State);
        Assert.Contains("install apertium", checks["offline translates"].Remedy, StringComparison.Ordinal);
        Assert.Equal("ok", checks["offline speaks"].State);
        Assert.Equal("ok", checks["round"].State);
    }

    /// <summary>Where no channel needs engine <c>offline</c>, its absence is told and is no failure.</summary>
    [Fact]
    public async Task The_configuration_says_what_is_needed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var config = Path.Combine(_folder, "some.yaml");
        await File.WriteAllTextAsync(
            config, $"port: {port}\nstate_dir: {_folder}/kept\nchannels:\n  - id: a\n    input: https://a.example/x\n    from: en\n    to: he\n    engine: tone\n");
        var (code, checks) = await JsonAsync(new() { ["PATH"] = "/nowhere" }, "--config", config);
        Assert.Equal(1, code);
        Assert.Equal("warning", checks["offline speaks"].State);
        Assert.Contains("/kept", checks["state_dir"].Found, StringComparison.Ordinal);
        Assert.Equal(["port"], checks.Where(check => check.Value.State == "failed").Select(check => check.Key));
        Assert.Contains($"127.0.0.1:{port}: another program does", checks["port"].Found, StringComparison.Ordinal);
    }

    /// <summary>A library of the right name and the wrong insides is not called any further: that would crash.</summary>
    [Fact]
    public async Task A_library_of_another_version()
    {
        var source = Path.Combine(_folder, "fake.c");
        await File.WriteAllTextAsync(source, "unsigned avcodec_version(void) { return 60u << 16; }\n");
        using (var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-o", Path.Combine(_folder, "libavcodec.so.59"), source]))
            await gcc.WaitForExitAsync();
        var (code, checks) = await JsonAsync(new() { ["LD_LIBRARY_PATH"] = _folder });
        Assert.Equal(1, code);
        Assert.Equal("failed", checks["libraries"].State);
        Assert.Contains("says that it is version 60.0.0", checks["libraries"].Found, StringComparison.Ordinal);
        Assert.Contains("install libavcodec59", checks["libraries"].Remedy, StringComparison.Ordinal);
        Assert.Equal(("failed", "failed"), (checks["codecs"].State, checks["round"].State));
        Assert.Equal("ok", checks["state_dir"].State);
    }

    [Fact]
    public async Task A_state_dir_that_is_read_only()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can mount");
        var script = $"mount -t tmpfs -o ro tandem {_folder} && exec dotnet {Program} doctor --json --port 0";
        var (code, output, errors) = await RunAsync(new() { ["TANDEM__STATE_DIR"] = Path.Combine(_folder, "state") }, "unshare", ["--mount", "sh", "-c", script]);
        Assert.True(output.StartsWith('{'), errors);
        var state = Checks(output)["state_dir"];
        Assert.Equal((1, "failed"), (code, state.State));
        Assert.Contains("Read-only file system", state.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("doctor --config /no/such.yaml", "/no/such.yaml: there is no such file")]
    [InlineData("doctor --port x", "--port: port: \"x\" is no port")]
    [InlineData("doctor --strickt", "--strickt")]
    public async Task A_wrong_call_gets_one_clear_line(string call, string part)
    {
        var (code, output, errors) = await RunAsync([], call.Split(' '));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(part, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "tandem.dll");

    private async Task<(int Code, Dictionary<string, Check> Checks)> JsonAsync(Dictionary<string, string> environment, params string[] more)
    {
        var arguments = more.Length == 0 ? ["--port", "0"] : more;
        var (code, output, errors) = await RunAsync(environment, ["doctor", "--json", .. arguments]);
        Assert.True(output.StartsWith('{'), errors);
        Assert.Single(output.TrimEnd().Split('\n'));
        return (code, Checks(output));
    }

    private static Dictionary<string, Check> Checks(string output)
    {
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(
            check => check.GetProperty("name").GetString()!,
            check => new Check(check.GetProperty("state").GetString()!, check.GetProperty("found").GetString()!, check.GetProperty("remedy").GetString()));
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(Dictionary<string, string> environment, params string[] call) =>
        RunAsync(environment, Dotnet(), [Program, .. call]);

    private async Task<(int Code, string Output, string Errors)> RunAsync(Dictionary<string, string> environment, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        start.Environment["TANDEM__STATE_DIR"] = Path.Combine(_folder, "state");
        start.Environment.Remove("PORT");
        if (arguments.Contains("--config", StringComparer.Ordinal))
            start.Environment.Remove("TANDEM__STATE_DIR");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(180));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Without PATH: that is taken away.</summary>
    private static string Dotnet() => Environment.ProcessPath is { } own && Path.GetFileName(own) == "dotnet"
        ? own
        : Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(object).Assembly.Location))))!, "dotnet");

    private sealed record Check(string State, string Found, string? Remedy);
}
