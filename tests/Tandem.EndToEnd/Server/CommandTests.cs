using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Tandem.EndToEnd.Server;

/// <summary>The program as a person or a script calls it.</summary>
public sealed class CommandTests
{
    private const string Channel = "id=news,input=http://127.0.0.1:1/x.m3u8?token=SECRET,from=en,to=es,engine=tone,allow_private=true";

    [Theory]
    [InlineData("--help")]
    [InlineData("serve --help")]
    [InlineData("demo --help")]
    [InlineData("doctor --help")]
    [InlineData("dub --help")]
    [InlineData("load --help")]
    public async Task Help_is_a_success(string call)
    {
        var (code, output, errors) = await RunAsync(call);
        Assert.Equal(0, code);
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("frob", "there is no command \"frob\"")]
    [InlineData("plan", "plan does not exist yet")]
    [InlineData("load", "--url is missing: the server's root, /live/{channel}/master.m3u8 or /ws/live/{channel}")]
    [InlineData("load --url http://127.0.0.1:1/live/a/master.m3u8 --fail delivery.p50>5", "--fail: \"5\" is no limit for delivery.p50; write it like 500ms or 2s")]
    [InlineData("load --url http://127.0.0.1:1/live/a/master.m3u8 --fail hls.faults>0", "--fail: \"hls.faults>0\" is about viewers by HLS, and there are none; use --via hls or mix")]
    [InlineData("serve --prot 1", "--prot")]
    [InlineData("serve --port", "--port")]
    [InlineData("serve --port x --channel " + Channel, "--port: port: \"x\" is no port")]
    [InlineData("serve --config /no/such.yaml", "/no/such.yaml: there is no such file")]
    [InlineData("serve --channel id=a,input=https://a.example/x,from=en,to=qq", "--channel a: to: \"qq\" is no language")]
    [InlineData("serve --channel id=a,input=https://a.example/x,from=en,to=es,engine=siri", "--channel a: engine: engine \"siri\" is not known")]
    [InlineData("serve --channel id=a,input=https://a.example/x,from=en,to=es,engine=tone,delai=8s", "--channel a: delai is no setting; did you mean delay?")]
    [InlineData("serve --channel id=a,input=/x/y,from=en,to=es,engine=tone", "--channel a: input: there is no file \"/x/y\"")]
    public async Task A_wrong_call_gets_one_clear_line(string call, string part)
    {
        var (code, output, errors) = await RunAsync(call);
        Assert.Equal(2, code);
        Assert.Empty(output);
        var line = Assert.Single(errors.TrimEnd().Split('\n'));
        Assert.StartsWith("tandem: ", line, StringComparison.Ordinal);
        Assert.Contains(part, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_exit_code_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var (code, _, errors) = await RunAsync($"serve --port {port} --channel {Channel}");
        Assert.Equal(1, code);
        Assert.Equal($"tandem: cannot listen on 127.0.0.1:{port}: another program does; stop it, or choose another port with --port", errors.TrimEnd());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_source_that_cannot_be_had_is_a_state_and_a_signal_ends_the_server_cleanly(string signal)
    {
        using var server = Start($"serve --json --port 0 --channel {Channel}");
        var errors = server.StandardError.ReadToEndAsync();
        using var listening = JsonDocument.Parse((await server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)))!);
        var address = new Uri(listening.RootElement.GetProperty("address").GetString()!);
        using var http = new HttpClient { BaseAddress = address };
        string state;
        var patience = Stopwatch.StartNew();
        do
        {
            await Task.Delay(50);
            using var channel = JsonDocument.Parse(await http.GetStringAsync("/v1/channels/news"));
            state = channel.RootElement.GetProperty("state").GetString()!;
        }
        while (state == "starting" && patience.Elapsed < TimeSpan.FromSeconds(30));

        Assert.Equal("source_lost", state);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);

        Process.Start("kill", [$"-{signal}", $"{server.Id}"]).WaitForExit();
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(8));
        Assert.Equal(0, server.ExitCode);
        Assert.DoesNotContain("SECRET", await errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", await errors, StringComparison.Ordinal);
    }

    private static Process Start(string call)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "tandem.dll"));
        foreach (var argument in call.Split(' '))
            start.ArgumentList.Add(argument);
        start.Environment["TANDEM__STATE_DIR"] = Path.Combine(Path.GetTempPath(), "tandem-command-tests");
        start.Environment.Remove("PORT");
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string call)
    {
        using var process = Start(call);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }
}
