using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Tandem.Live;
using Tandem.Server.Admission;
using Tandem.Server.Api;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>Channels over the API, asked of the real server over HTTP.</summary>
public sealed class ChannelChangesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-api-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_channel_is_made_kept_and_there_again_after_the_process_is_gone()
    {
        await using var server = await StartAsync();
        using var made = await PostAsync(server, """
            {"id":"sport","input":"https://source.example/s.m3u8?token=SECRET","from":"EN","to":["es","pt-br"],"delay":"12s","engine":"tone","browsers":false,
             "headers":{"Cookie":"a=SECRET"}}
            """);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("/v1/channels/sport", made.Headers.Location?.ToString());
        Assert.DoesNotContain("SECRET", await made.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await ViewerAccessTests.Until(server);
        Assert.Equal("sport pt-BR", await server.Http.GetStringAsync("/live/sport/pt-BR/g/1.aac"));
        Assert.Equal(0, await server.SampleAsync("tandem_segments_total{channel=\"sport\"}"));

        // The first one is still there and has been told nothing, as after SIGKILL.
        await using var next = await StartAsync();
        await ViewerAccessTests.Until(next);
        var options = next.Started.Single(options => options.Id == "sport");
        Assert.Equal(TimeSpan.FromSeconds(12), options.Delay);
        Assert.Equal(["es", "pt-BR"], options.To);
        Assert.False(options.Browsers);
        Assert.Equal("a=SECRET", options.Headers["Cookie"]);
        Assert.Equal("https://source.example/s.m3u8?token=SECRET", options.Input.AbsoluteUri);
        Assert.Equal(["news", "sport"], await IdsAsync(next));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "api-channels.json")));
        Assert.DoesNotContain("SECRET", server.Log + next.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mistake_is_told_at_once_with_its_place()
    {
        await using var server = await StartAsync();
        using var answer = await PostAsync(server, """
            {"id":"../etc","input":"ftp://user:SECRET@x/","from":"english","to":["es","qq"],"delay":8,"video":"both","lisen":1,"engine":{"a":1},"loop":"maybe","loop":true}
            """);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        using var problem = JsonDocument.Parse(text);
        var mistakes = problem.RootElement.GetProperty("mistakes").EnumerateArray()
            .Select(mistake => (Place: mistake.GetProperty("place").GetString()!, Problem: mistake.GetProperty("problem").GetString()!)).ToList();
        foreach (var (place, part) in new[]
        {
            ("/id", "is no id"), ("/input", "is no address"), ("/from", "is no language"), ("/to", "\"qq\" is no language"), ("/delay", "\"8\" has no unit"),
            ("/video", "is not known"), ("/lisen", "is no setting"), ("/engine", "is no single value"), ("/loop", "stands there twice"), ("/loop", "neither true nor false"),
        })
        {
            Assert.Contains(mistakes, mistake => mistake.Place == place && mistake.Problem.Contains(part, StringComparison.Ordinal));
        }

        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
        Assert.Equal(["news"], await IdsAsync(server));
        Assert.False(File.Exists(Path.Combine(_folder, "api-channels.json")));
    }

    [Theory]
    [InlineData("", "/", "is no JSON")]
    [InlineData("[]", "/", "is no object")]
    [InlineData("{", "/", "is no JSON")]
    [InlineData("{\"id\":\"\\ud800\"}", "/", "is no JSON")]
    [InlineData("{}", "/", "id: is missing")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}", "/", "is no JSON")]
    [InlineData("{\"id\":\"sport\",\"input\":\"https://s.example/\",\"from\":\"en\",\"to\":\"es\",\"engine\":\"siri\"}", "/engine", "\"siri\" is not known")]
    public async Task A_body_that_is_no_channel_is_one_clear_answer(string body, string place, string part)
    {
        await using var server = await StartAsync();
        using var answer = await PostAsync(server, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Contains(problem.RootElement.GetProperty("mistakes").EnumerateArray(), mistake =>
            mistake.GetProperty("place").GetString() == place && mistake.GetProperty("problem").GetString()!.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_too_large_or_no_JSON_is_refused()
    {
        await using var server = await StartAsync();
        using var form = await server.SendAsync(HttpMethod.Post, "/v1/channels", new StringContent("{}", Encoding.UTF8, "text/plain"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
        using var large = await PostAsync(server, "{\"id\":\"" + new string('a', 70_000) + "\"}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    [Fact]
    public async Task A_channel_is_changed_started_again_and_the_change_is_kept()
    {
        await using var server = await StartAsync();
        using var made = await PostAsync(server, Sport);
        await ViewerAccessTests.Until(server);
        using var changed = await PatchAsync(server, "sport", """{"to":["fr"],"delay":"20s","headers":null,"engine":null}""");
        Assert.Equal(HttpStatusCode.BadRequest, changed.StatusCode);
        using var again = await PatchAsync(server, "sport", """{"to":["fr"],"delay":"20s","headers":null}""");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(["sport"], server.Stopped);
        await ViewerAccessTests.Until(server);
        Assert.Equal("sport fr", await server.Http.GetStringAsync("/live/sport/fr/g/1.aac"));
        Assert.Equal(["news", "sport"], await IdsAsync(server));

        await using var next = await StartAsync();
        await ViewerAccessTests.Until(next);
        var options = next.Started.Single(options => options.Id == "sport");
        Assert.Equal((TimeSpan.FromSeconds(20), "fr", "tone", 0), (options.Delay, options.To.Single(), options.Engine, options.Headers.Count));

        using var renamed = await PatchAsync(server, "sport", """{"id":"other"}""");
        Assert.Contains("cannot be changed", await renamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var wrong = await PatchAsync(server, "sport", """{"delay":"1h"}""");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var absent = await PatchAsync(server, "nobody", "{}");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Equal(["sport"], server.Stopped);
    }

    [Fact]
    public async Task A_channel_is_deleted_with_its_series_and_stays_away()
    {
        await using var server = await StartAsync();
        using var made = await PostAsync(server, Sport);
        await ViewerAccessTests.Until(server);
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/v1/channels/sport");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(["sport"], server.Stopped);
        using var gone = await server.GetAsync("/live/sport/es/g/1.aac");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.DoesNotContain("sport", await server.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.Contains("channel=\"news\"", await server.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        using var twice = await server.SendAsync(HttpMethod.Delete, "/v1/channels/sport");
        Assert.Equal(HttpStatusCode.NotFound, twice.StatusCode);

        await using var next = await StartAsync();
        Assert.Equal(["news"], await IdsAsync(next));
        using var again = await PostAsync(next, Sport);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task Those_of_the_configuration_can_be_neither_changed_nor_deleted_nor_made_twice()
    {
        await using var server = await StartAsync();
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/v1/channels/news");
        Assert.Equal(HttpStatusCode.Conflict, deleted.StatusCode);
        Assert.Equal("configured", await AccessServer.ReasonAsync(deleted));
        Assert.Contains("Change the configuration", await deleted.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var changed = await PatchAsync(server, "news", """{"delay":"20s"}""");
        Assert.Equal(HttpStatusCode.Conflict, changed.StatusCode);
        using var made = await PostAsync(server, Sport.Replace("sport", "NEWS", StringComparison.Ordinal));
        Assert.Equal("id_taken", await AccessServer.ReasonAsync(made));
        Assert.Empty(server.Stopped);
    }

    [Fact]
    public async Task A_channel_that_the_configuration_has_taken_over_or_that_is_no_good_any_more_is_left_out_and_not_lost()
    {
        File.WriteAllText(Path.Combine(_folder, "api-channels.json"), """
            {"channels":[{"id":"news","input":"https://kept.example/","from":"en","to":["fr"],"engine":"tone"},
             {"id":"bad","input":"/no/such/file.mp4","from":"en","to":["fr"],"engine":"tone"},
             {"id":"good","input":"https://kept.example/","from":"en","to":["fr"],"engine":"tone"}]}
            """);
        await using var server = await StartAsync();
        Assert.Equal(["news", "good"], await IdsAsync(server));
        Assert.Contains("channel news, which came over the API, is left out: another one has its id", server.Log, StringComparison.Ordinal);
        Assert.Contains("channel bad, which came over the API, is left out", server.Log, StringComparison.Ordinal);
        using var made = await PostAsync(server, Sport);
        var kept = File.ReadAllText(Path.Combine(_folder, "api-channels.json"));
        Assert.Contains("/no/such/file.mp4", kept, StringComparison.Ordinal);
        Assert.Contains("good", kept, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"channels\":5}")]
    public async Task A_file_that_cannot_be_read_is_set_aside_and_does_not_keep_the_server_from_starting(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "api-channels.json"), text);
        await using var server = await StartAsync();
        Assert.Equal(["news"], await IdsAsync(server));
        Assert.Equal(text, File.ReadAllText(Path.Combine(_folder, "api-channels.json.unreadable")));
        Assert.Contains("set aside", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_not_made()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "api-channels.json.new"));
        await using var server = await StartAsync();
        using var made = await PostAsync(server, Sport);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, made.StatusCode);
        Assert.Equal("state", await AccessServer.ReasonAsync(made));
        Assert.Equal(["news"], await IdsAsync(server));
    }

    [Fact]
    public async Task Beyond_what_is_carried_channels_and_voices_are_refused_with_a_reason()
    {
        await using var server = await StartAsync(new AdmissionOptions { Channels = 2, Languages = 4 });
        using var wide = await PostAsync(server, Sport.Replace("\"es\"", "\"es\",\"fr\",\"de\",\"it\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, wide.StatusCode);
        Assert.Equal("60", wide.Headers.GetValues("Retry-After").Single());
        Assert.Equal("languages", await AccessServer.ReasonAsync(wide));
        using var made = await PostAsync(server, Sport);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var third = await PostAsync(server, Sport.Replace("sport", "third", StringComparison.Ordinal));
        Assert.Equal("channels", await AccessServer.ReasonAsync(third));
        using var wider = await PatchAsync(server, "sport", """{"to":["es","fr","de","it"]}""");
        Assert.Equal("languages", await AccessServer.ReasonAsync(wider));
        using var same = await PatchAsync(server, "sport", """{"to":["fr","de"]}""");
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        Assert.Equal(2, await server.SampleAsync("tandem_admission_refusals_total{reason=\"languages\"}"));
        Assert.Equal(1, await server.SampleAsync("tandem_admission_refusals_total{reason=\"channels\"}"));
    }

    [Fact]
    public async Task Only_operators_may_change_anything()
    {
        await using var server = await AccessServer.StartAsync(OperatorAccessTests.WithKey(), _folder);
        using var made = await PostAsync(server, Sport);
        using var changed = await PatchAsync(server, "news", "{}");
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/v1/channels/news");
        Assert.All(new[] { made, changed, deleted }, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));
        using var proxied = await server.SendAsync(HttpMethod.Post, "/v1/channels", Json(Sport), ("Authorization", $"Bearer {AccessServer.Key}"), ("X-Forwarded-For", "203.0.113.7"));
        Assert.Equal(HttpStatusCode.Created, proxied.StatusCode);

        await using var open = await AccessServer.StartAsync(new ServerOptions());
        using var page = await open.SendAsync(HttpMethod.Post, "/v1/channels", Json(Sport), ("Origin", "https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
    }

    [Fact]
    public async Task The_description_has_every_way_to_change_a_channel()
    {
        await using var server = await StartAsync();
        using var description = JsonDocument.Parse(await server.Http.GetStringAsync("/openapi/v1.json"));
        var paths = description.RootElement.GetProperty("paths");
        foreach (var (path, method, status) in new[] { ("/v1/channels", "post", "201"), ("/v1/channels/{id}", "patch", "409"), ("/v1/channels/{id}", "delete", "204"), ("/v1/feedback", "post", "429") })
            Assert.True(paths.GetProperty(path).GetProperty(method).GetProperty("responses").TryGetProperty(status, out _), $"{method} {path} {status}");
        Assert.Contains("\"max_onset_lag\"", description.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_description_has_every_setting_of_a_channel()
    {
        var described = typeof(ChannelSettings).GetProperties().Select(property =>
            property.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonPropertyNameAttribute), false).Cast<System.Text.Json.Serialization.JsonPropertyNameAttribute>().Single().Name);
        Assert.Equal(Settings.OfChannel.Select(setting => setting.Name).Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    private const string Sport = """{"id":"sport","input":"https://source.example/s.m3u8","from":"en","to":["es"],"engine":"tone","headers":{"A":"b"}}""";

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static Task<HttpResponseMessage> PostAsync(AccessServer server, string body) => server.SendAsync(HttpMethod.Post, "/v1/channels", Json(body));

    private static Task<HttpResponseMessage> PatchAsync(AccessServer server, string id, string body) => server.SendAsync(HttpMethod.Patch, $"/v1/channels/{id}", Json(body));

    private static async Task<IEnumerable<string>> IdsAsync(AccessServer server)
    {
        using var all = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/channels"));
        return [.. all.RootElement.GetProperty("channels").EnumerateArray().Select(channel => channel.GetProperty("id").GetString()!)];
    }

    private Task<AccessServer> StartAsync(AdmissionOptions? admission = null) =>
        AccessServer.StartAsync(new ServerOptions { Channels = [AccessServer.Channel("news", "es")], Admission = admission ?? new AdmissionOptions() }, _folder);
}
