using System.Text.Json;
using Microsoft.Playwright;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.WebSockets;

/// <summary>The client of docs/protocol.md in Chromium: players/pages/socket.js.</summary>
public sealed class SocketPage(IPage page) : IAsyncDisposable
{
    /// <summary>Opens one.</summary>
    public static async Task<SocketPage> OpenAsync(Browser browser) => new(await browser.OpenAsync("socket.html"));

    /// <summary>The address of a channel's socket.</summary>
    public static string Address(TandemServer server, string channel) => $"ws://127.0.0.1:{server.Port}/ws/live/{channel}";

    /// <summary>Connects, and returns with <c>hello</c>.</summary>
    public async Task ConnectAsync(string address, string lang, string media = "av", bool resume = false) => await page.EvaluateAsync(
        "async ([address, lang, media, resume]) => { await client.connect(address, { lang, media, resume }); }",
        new object[] { address, lang, media, resume });

    /// <summary>Begins to play.</summary>
    public Task PlayAsync() => page.EvaluateAsync("async () => await client.play()");

    /// <summary>Selects a voice.</summary>
    public Task SelectAsync(string language) => page.EvaluateAsync("language => client.select(language)", language);

    /// <summary>Cuts the connection off.</summary>
    public Task CloseAsync() => page.EvaluateAsync("() => client.socket.close()");

    /// <summary>What the client saw.</summary>
    public async Task<JsonElement> ReportAsync() =>
        JsonDocument.Parse(await page.EvaluateAsync<string>("() => JSON.stringify(client.report())")).RootElement;

    /// <summary>Waits until the report fulfils something.</summary>
    public async Task<JsonElement> UntilAsync(string what, Func<JsonElement, bool> holds, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var report = await ReportAsync();
            if (holds(report))
                return report;
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                throw new TimeoutException($"Not within {limit.TotalSeconds:F0} s: {what}\n{report}");
            await Task.Delay(TimeSpan.FromSeconds(0.1), TimeProvider.System);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await page.Context.CloseAsync();
}
