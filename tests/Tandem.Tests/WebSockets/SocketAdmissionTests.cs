using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Tandem.Server.Admission;
using Tandem.Server.Configuration;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>An instance with room for one viewer, asked by real sockets.</summary>
public sealed class SocketAdmissionTests : IAsyncLifetime
{
    private const string Path = "/ws/live/news?media=audio";

    private readonly FakeChunks _chunks = new("es");
    private AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _chunks.Add(0, 12);
        _server = await AccessServer.StartAsync(
            new ServerOptions { Channels = [AccessServer.Channel("news", "es")], Admission = new AdmissionOptions { Viewers = 1 } },
            chunks: _chunks.Stream);
        await ViewerAccessTests.Until(_server);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("tandem.v1")]
    [InlineData("tandem.v0")]
    public async Task Whom_there_is_no_room_for_is_told_by_bye_and_may_come_when_there_is(string protocol)
    {
        var first = await SocketClient.ConnectAsync(_server.Address, Path);
        await first.UntilAsync(() => first.Media.Count == 2, "the first chunk");
        await using (var second = await SocketClient.ConnectAsync(_server.Address, Path, protocol))
        {
            await second.EndAsync();
            Assert.Equal(["bye"], second.Types);
            var bye = second.Texts("bye")[0];
            Assert.Equal(("admission", true, 15_000), (bye.GetProperty("reason").GetString(), bye.GetProperty("reconnect").GetBoolean(), bye.GetProperty("afterMs").GetInt32()));
            Assert.Contains("as many viewers as it carries, 1", bye.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Empty(second.Media);
            Assert.Equal((WebSocketCloseStatus)1013, second.Closed);
        }

        const string Ends = "tandem_websocket_disconnects_total{channel=\"news\",reason=\"admission\",planned=\"no\"}";
        while (await _server.SampleAsync(Ends) < 1)
            await Task.Delay(5);
        Assert.Equal(1, await _server.SampleAsync(Ends));
        Assert.Equal(1, await _server.SampleAsync("tandem_admission_refusals_total{reason=\"viewers\"}"));
        Assert.Equal(1, await _server.SampleAsync("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"}"));
        Assert.Empty(first.Texts("bye"));

        await first.DisposeAsync();
        while (await _server.SampleAsync("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"}") > 0)
            await Task.Delay(5);
        await using var third = await ComeAsync();
        await third.UntilAsync(() => third.Media.Count == 2, "the first chunk");
    }

    [Fact]
    public async Task What_cannot_be_upgraded_is_refused_with_503()
    {
        await using var first = await SocketClient.ConnectAsync(_server.Address, Path);
        foreach (var protocol in new[] { null, "chat" })
        {
            using var answer = await _server.GetAsync(Path, protocol is null ? [] :
            [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", protocol),
            ]);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("15", answer.Headers.GetValues("Retry-After").Single());
            Assert.Equal("viewers", await AccessServer.ReasonAsync(answer));
        }
    }

    /// <summary>The place of a viewer who left is free a moment after it is counted out.</summary>
    private async Task<SocketClient> ComeAsync()
    {
        while (true)
        {
            var client = await SocketClient.ConnectAsync(_server.Address, Path);
            await client.UntilAsync(() => client.Types.Count > 0, "a word");
            if (client.Types[0] == "hello")
                return client;
            await client.DisposeAsync();
        }
    }
}
