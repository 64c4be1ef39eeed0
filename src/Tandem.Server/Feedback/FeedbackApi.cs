using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Server.Access;
using Tandem.Server.Api;
using Tandem.Server.Configuration;
using Tandem.Server.Hls;

namespace Tandem.Server.Feedback;

/// <summary>Viewers say how it is, at <c>/v1/feedback</c>; operators read it. What they say goes into the store and into no log.</summary>
/// <param name="store">Keeps it.</param>
/// <param name="channels">The channels.</param>
/// <param name="gate">Who may watch may say something.</param>
/// <param name="meter">Counts it.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told when it cannot be kept.</param>
internal sealed partial class FeedbackApi(FeedbackStore store, ChannelHost channels, ViewerGate gate, TandemMeter meter, TimeProvider time, ILogger log)
{
    private const int LargestBody = 8 * 1024;
    private const int LongestText = 1000;
    private const int LongestSession = 64;

    private static readonly string[] Kinds = ["latency", "quality", "score"];

    // One address: ten at once, then one in six seconds. All together: what a database on a slow disk takes without being noticed.
    private readonly TokenBuckets _each = new(1.0 / 6, 10, time, places: 1 << 14);
    private readonly TokenBuckets _all = new(20, 200, time, places: 1);

    /// <summary>Answers POST: 202; 400 with all mistakes, 401 and 403 for tokens, 413, 415, 429, 503 where it cannot be kept.</summary>
    public async Task<IResult> TakeAsync(HttpContext context)
    {
        // The page may be embedded elsewhere.
        ChannelFiles.AllowOtherOrigins(context.Response.Headers);
        if (!context.Request.HasJsonContentType())
            return Problem.Of(StatusCodes.Status415UnsupportedMediaType, "Send it as application/json.");
        if (await JsonBody.ReadAsync(context, LargestBody) is not { } body)
            return Problem.Of(StatusCodes.Status413PayloadTooLarge, $"It is at most {LargestBody} bytes.");
        var address = context.Connection.RemoteIpAddress;
        if ((address is null || System.Net.IPAddress.IsLoopback(address) ? null : _each.Take(RequestLimits.KeyOf(address))) is { } wait)
            return TooMany(context, wait);
        if (_all.Take("") is { } later)
            return TooMany(context, later);

        var mistakes = new List<Mistake>();
        using var document = Parse(body, mistakes);
        if (document is null)
            return Problem.Of([.. mistakes]);

        // Before anything is told about the channel, its existence included.
        var channel = Text(document.RootElement, "channel", mistakes);
        if (channel is not null && await gate.AdmitAsync(context, channel, language: null, ViewerKind.Page) is { Admitted: false } refused)
            return refused.Answer(context);
        var entry = Read(document.RootElement, channel, mistakes);
        if (mistakes.Count > 0)
            return Problem.Of([.. mistakes]);
        try
        {
            store.Add(entry);
        }
        catch (SqliteException exception)
        {
            LogNotKept(exception.Message.ReplaceLineEndings(" "));
            return Problem.Refuse(context, StatusCodes.Status503ServiceUnavailable, "state", "It cannot be kept at the moment.", TimeSpan.FromSeconds(30));
        }

        meter.FeedbackGiven(entry.Kind);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>Answers GET for operators: a summary of the last <c>days</c> (1 to 30), of one <c>channel</c> or all.</summary>
    public IResult Show(HttpContext context)
    {
        var asked = context.Request.Query["days"].ToString();
        if (asked.Length == 0)
            asked = "30";
        if (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > 30)
            return Problem.Of([new Mistake("?days", "is no number of days; use 1 to 30")]);
        var channel = context.Request.Query["channel"].ToString();
        try
        {
            return Results.Json(store.Sum(time.GetUtcNow() - TimeSpan.FromDays(days), channel.Length == 0 ? null : channel), ApiJson.Default.FeedbackSummary);
        }
        catch (SqliteException exception)
        {
            LogNotKept(exception.Message.ReplaceLineEndings(" "));
            return Problem.Refuse(context, StatusCodes.Status503ServiceUnavailable, "state", "It cannot be read at the moment.", TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Answers a browser's question (CORS preflight) whether a page of another origin may send feedback.</summary>
    public static IResult Options(HttpContext context)
    {
        var headers = context.Response.Headers;
        ChannelFiles.AllowOtherOrigins(headers);
        headers.AccessControlAllowMethods = "POST, OPTIONS";
        headers.AccessControlAllowHeaders = "Content-Type, Authorization";
        headers.AccessControlMaxAge = "86400";
        return Results.NoContent();
    }

    private static IResult TooMany(HttpContext context, TimeSpan wait) =>
        Problem.Refuse(context, StatusCodes.Status429TooManyRequests, Refusals.Rate, "Too much feedback at once; thank you, come again later.", wait);

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body, List<Mistake> mistakes)
    {
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            mistakes.Add(new Mistake("/", "is no object; send one such as {\"kind\":\"score\",\"score\":8,\"channel\":\"news\"}"));
        }
        catch (JsonException exception)
        {
            mistakes.Add(new Mistake("/", $"is no JSON: {exception.Message.ReplaceLineEndings(" ")}"));
        }

        return null;
    }

    private static string? Text(JsonElement body, string name, List<Mistake> mistakes, bool required = true)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            if (required)
                mistakes.Add(new Mistake("/" + name, "is missing"));
            return null;
        }

        try
        {
            if (value.ValueKind == JsonValueKind.String)
                return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no Unicode.
        }

        mistakes.Add(new Mistake("/" + name, "is no text"));
        return null;
    }

    private static int? Score(JsonElement body, string? kind, List<Mistake> mistakes)
    {
        var given = body.TryGetProperty("score", out var value) && value.ValueKind != JsonValueKind.Null;
        if (kind != "score")
        {
            if (given && kind is not null)
                mistakes.Add(new Mistake("/score", "goes with the kind score only"));
            return null;
        }

        if (given && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var score) && score is >= 0 and <= 10)
            return score;
        mistakes.Add(new Mistake("/score", "is no whole number from 0 to 10"));
        return null;
    }

    /// <summary>Line breaks stay; other control characters could trouble whoever reads it.</summary>
    private static string Plain(string text) => string.Concat(text.Select(letter => char.IsControl(letter) && letter is not '\n' ? ' ' : letter)).Trim();

    private FeedbackEntry Read(JsonElement body, string? channel, List<Mistake> mistakes)
    {
        var kind = Text(body, "kind", mistakes);
        if (kind is not null && !Kinds.Contains(kind, StringComparer.Ordinal))
        {
            mistakes.Add(new Mistake("/kind", "is not known; use latency, quality or score"));
            kind = null;
        }

        var score = Score(body, kind, mistakes);
        var hosted = channel is null ? null : channels.Find(channel);
        if (channel is not null && hosted is null)
            mistakes.Add(new Mistake("/channel", "is no channel of this server"));
        var language = Text(body, "language", mistakes, required: false);
        if (language is not null && hosted is not null)
        {
            var known = hosted.Options.To.Append(ViewerGate.Original).FirstOrDefault(voice => voice.Equals(language, StringComparison.OrdinalIgnoreCase));
            if (known is null)
                mistakes.Add(new Mistake("/language", "is no voice of the channel"));
            language = known;
        }

        var text = Text(body, "text", mistakes, required: false);
        if (text?.EnumerateRunes().Count() > LongestText)
            mistakes.Add(new Mistake("/text", $"is longer than {LongestText} characters"));
        var session = Text(body, "session", mistakes, required: false);
        if (session is not null
            && (session.Length is 0 or > LongestSession || !session.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')))
        {
            mistakes.Add(new Mistake("/session", $"is no name of a session; use 1 to {LongestSession} of a–z A–Z 0–9 _ -"));
        }

        var words = text is null ? null : Plain(text);
        return new FeedbackEntry(time.GetUtcNow(), kind ?? "", channel ?? "", language, score, words is "" ? null : words, session);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "feedback cannot be kept or read: {Problem}")]
    private partial void LogNotKept(string problem);
}
