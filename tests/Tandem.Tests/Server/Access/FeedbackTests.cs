using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Tandem.Server.Feedback;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>What viewers say, asked of the real server over HTTP and of the store.</summary>
public sealed class FeedbackTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-feedback-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_said_is_kept_counted_and_summed_up_for_operators()
    {
        await using (var server = await StartAsync())
        {
            foreach (var body in new[]
            {
                """{"kind":"score","score":8,"channel":"news","language":"ES","text":"good\u0007 voice\nthank you","session":"s-1"}""",
                """{"kind":"score","score":3,"channel":"news","language":"es"}""",
                """{"kind":"latency","channel":"news","language":"original","text":"  "}""",
                """{"kind":"quality","channel":"news","future":"ignored"}""",
            })
            {
                using var answer = await PostAsync(server, body);
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
            }

            Assert.Equal(2, await server.SampleAsync("tandem_feedback_total{kind=\"score\"}"));
            Assert.Equal(1, await server.SampleAsync("tandem_feedback_total{kind=\"latency\"}"));
            Assert.DoesNotContain("good", server.Log, StringComparison.Ordinal);
        }

        await using var next = await StartAsync();
        using var summary = JsonDocument.Parse(await next.Http.GetStringAsync("/v1/feedback?days=1&channel=news"));
        var root = summary.RootElement;
        Assert.Equal((4, "state_dir"), (root.GetProperty("total").GetInt32(), root.GetProperty("stored").GetString()));
        var spanish = root.GetProperty("voices").EnumerateArray().Single(voice => voice.GetProperty("language").GetString() == "es");
        Assert.Equal((2, 5.5), (spanish.GetProperty("scores").GetInt32(), spanish.GetProperty("meanScore").GetDouble()));
        Assert.Equal([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0], root.GetProperty("scores").EnumerateArray().Select(count => count.GetInt32()));
        var first = root.GetProperty("latest").EnumerateArray().Last();
        Assert.Equal(("good  voice\nthank you", "s-1"), (first.GetProperty("text").GetString(), first.GetProperty("session").GetString()));
        Assert.Equal(0, (await Summary(next, "?channel=sport")).GetProperty("total").GetInt32());
        using var wrong = await next.GetAsync("/v1/feedback?days=31");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Every_mistake_is_told_at_once()
    {
        await using var server = await StartAsync();
        using var answer = await PostAsync(server, $$"""{"kind":"praise","channel":"absent","text":"{{new string('é', 1001)}}","session":"a b","language":5}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(["/kind", "/channel", "/language", "/text", "/session"], problem.RootElement.GetProperty("mistakes").EnumerateArray().Select(mistake => mistake.GetProperty("place").GetString()!));
        Assert.False(File.Exists(Path.Combine(_folder, "feedback.db")));
    }

    [Theory]
    [InlineData("""{"kind":"score","score":11,"channel":"news"}""", "/score")]
    [InlineData("""{"kind":"score","score":7.5,"channel":"news"}""", "/score")]
    [InlineData("""{"kind":"score","channel":"news"}""", "/score")]
    [InlineData("""{"kind":"latency","score":1,"channel":"news"}""", "/score")]
    [InlineData("""{"kind":"latency","channel":"news","language":"fr"}""", "/language")]
    [InlineData("""{"kind":"latency","channel":"news","text":"\ud800"}""", "/text")]
    [InlineData("""{"kind":"latency"}""", "/channel")]
    [InlineData("5", "/")]
    [InlineData("", "/")]
    public async Task What_makes_no_sense_is_refused(string body, string place)
    {
        await using var server = await StartAsync();
        using var answer = await PostAsync(server, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(place, Assert.Single(problem.RootElement.GetProperty("mistakes").EnumerateArray()).GetProperty("place").GetString());
    }

    [Fact]
    public async Task A_thousand_letters_fit_and_no_body_is_too_much_for_the_server()
    {
        await using var server = await StartAsync();
        using var fits = await PostAsync(server, $$"""{"kind":"quality","channel":"news","text":"{{string.Concat(Enumerable.Repeat("😀", 1000))}}"}""");
        Assert.Equal(HttpStatusCode.Accepted, fits.StatusCode);
        using var large = await PostAsync(server, $$"""{"kind":"quality","channel":"news","text":"{{new string('a', 9000)}}"}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    [Fact]
    public async Task Who_may_not_watch_may_not_say_anything_and_only_operators_read()
    {
        await using var server = await AccessServer.StartAsync(
            OperatorAccessTests.WithKey() with { Access = new AccessOptions { Secrets = [Jwt.Secret] } }, _folder);
        using var none = await PostAsync(server, """{"kind":"latency","channel":"absent"}""");
        Assert.Equal("missing", await AccessServer.ReasonAsync(none));
        var token = Jwt.Signed(Jwt.Claims(DateTimeOffset.UtcNow));
        using var other = await server.SendAsync(HttpMethod.Post, "/v1/feedback", Json("""{"kind":"latency","channel":"sport"}"""), ("Authorization", $"Bearer {token}"));
        Assert.Equal("channel", await AccessServer.ReasonAsync(other));
        using var own = await server.SendAsync(HttpMethod.Post, "/v1/feedback", Json("""{"kind":"latency","channel":"news"}"""), ("Authorization", $"Bearer {token}"));
        Assert.Equal(HttpStatusCode.Accepted, own.StatusCode);
        using var read = await server.GetAsync("/v1/feedback", ("Authorization", $"Bearer {token}"));
        Assert.Equal(HttpStatusCode.Forbidden, read.StatusCode);
    }

    [Fact]
    public async Task One_address_cannot_flood_the_others_out()
    {
        await using var server = await AccessServer.StartAsync(
            new ServerOptions
            {
                Channels = [AccessServer.Channel("news", "es")],
                Access = new AccessOptions { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] },
            },
            _folder,
            _time);
        async Task<HttpStatusCode> From(string address)
        {
            using var answer = await server.SendAsync(HttpMethod.Post, "/v1/feedback", Json("""{"kind":"latency","channel":"news"}"""), ("X-Forwarded-For", address));
            return answer.StatusCode;
        }

        var codes = new List<HttpStatusCode>();
        for (var time = 0; time < 12; time++)
            codes.Add(await From("203.0.113.7"));
        Assert.Equal(10, codes.Count(code => code == HttpStatusCode.Accepted));
        Assert.Equal(HttpStatusCode.TooManyRequests, codes[^1]);
        Assert.Equal(HttpStatusCode.Accepted, await From("203.0.113.8"));
    }

    [Fact]
    public void It_is_kept_for_thirty_days_and_no_longer()
    {
        using var store = new FeedbackStore(_folder, _time, NullLogger.Instance);
        store.Add(Entry("old"));
        _time.Advance(TimeSpan.FromDays(20));
        store.Add(Entry("newer"));
        _time.Advance(TimeSpan.FromDays(10));
        Assert.Equal(2, store.Sum(DateTimeOffset.MinValue, null).Total);
        _time.Advance(TimeSpan.FromSeconds(1));
        store.Add(Entry("newest"));
        Assert.Equal(["newest", "newer"], store.Sum(DateTimeOffset.MinValue, null).Latest.Select(entry => entry.Text!));

        // Gone, not only out of sight.
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_folder, "feedback.db")};Pooling=False");
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT group_concat(text) FROM feedback";
        Assert.Equal("newer,newest", count.ExecuteScalar());
    }

    [Fact]
    public void There_is_never_more_than_a_bound()
    {
        using var store = new FeedbackStore(_folder, _time, NullLogger.Instance) { Most = 100 };
        for (var number = 0; number < 150; number++)
            store.Add(Entry($"{number}"));
        var summary = store.Sum(DateTimeOffset.MinValue, null);
        Assert.Equal((100, 50, "149"), (summary.Total, summary.Latest.Count, summary.Latest[0].Text));
    }

    [Fact]
    public void Where_nothing_can_be_written_it_is_kept_in_memory_and_warned_of()
    {
        var log = new Lines();
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        using var store = new FeedbackStore(Path.Combine(_folder, "file"), _time, log);
        store.Add(Entry("one"));
        Assert.Equal((1, "memory"), (store.Sum(DateTimeOffset.MinValue, null).Total, store.Sum(DateTimeOffset.MinValue, null).Stored));
        Assert.Contains("a restart forgets it", log.Text, StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static Task<HttpResponseMessage> PostAsync(AccessServer server, string body) => server.SendAsync(HttpMethod.Post, "/v1/feedback", Json(body));

    private static async Task<JsonElement> Summary(AccessServer server, string query) =>
        JsonDocument.Parse(await server.Http.GetStringAsync("/v1/feedback" + query)).RootElement;

    private FeedbackEntry Entry(string text) => new(_time.GetUtcNow(), "quality", "news", "es", null, text, null);

    private sealed class Lines : Microsoft.Extensions.Logging.ILogger
    {
        public string Text { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Text += formatter(state, exception);
    }

    private Task<AccessServer> StartAsync() => AccessServer.StartAsync(new ServerOptions { Channels = [AccessServer.Channel("news", "es")] }, _folder);
}
