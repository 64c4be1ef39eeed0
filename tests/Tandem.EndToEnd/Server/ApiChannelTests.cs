using System.Net;
using System.Text;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Server;

/// <summary>What was answered with success outlives the process, however it ends.</summary>
public sealed class ApiChannelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-api-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Channels_and_feedback_over_the_api_survive_a_killed_server()
    {
        var settings = Path.Combine(_folder, "tandem.yaml");
        File.WriteAllText(settings, "channels: []\n");
        await using var server = await TandemServer.StartAsync([], "--config", settings);
        using var http = new HttpClient { BaseAddress = server.Root };
        Assert.Equal(HttpStatusCode.Created, await PostAsync("v1/channels", """{"id":"later","input":"push","from":"en","to":["es"],"engine":"tone","delay":"12s"}"""));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("v1/feedback", """{"kind":"score","score":9,"channel":"later"}"""));
        await server.KillAsync();

        await server.StartAsync();
        var channel = await server.ChannelAsync("later");
        Assert.Equal(("push", 12.0), (channel.GetProperty("input").GetString(), channel.GetProperty("delaySeconds").GetDouble()));
        Assert.Contains("\"total\":1", await http.GetStringAsync("v1/feedback"), StringComparison.Ordinal);
        using var deleted = await http.DeleteAsync("v1/channels/later");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Contains("no access is configured", server.Tail(), StringComparison.Ordinal);

        async Task<HttpStatusCode> PostAsync(string path, string body)
        {
            using var answer = await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
            return answer.StatusCode;
        }
    }
}
