using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Tandem.Server.Configuration;

namespace Tandem.Server.Api;

/// <summary>An answer that says what is wrong (RFC 9457).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record Problem(int Status, string Title, string? Detail)
{
    /// <summary>Media type of such an answer.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>One word for programs; where somebody or something is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>All that is wrong with what was sent, each with its place; where there can be several mistakes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Mistake>? Mistakes { get; init; }

    /// <summary>An answer with <paramref name="status"/>.</summary>
    public static IResult Of(int status, string? detail = null) => Of(new Problem(status, ReasonPhrases.GetReasonPhrase(status), detail));

    /// <summary>An answer that refuses: with a word for programs, kept by no cache, and with the time to come again where that may help.</summary>
    public static IResult Refuse(HttpContext context, int status, string reason, string detail, TimeSpan? retryAfter = null)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (retryAfter is { } wait)
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Of(new Problem(status, ReasonPhrases.GetReasonPhrase(status), detail) { Reason = reason });
    }

    /// <summary>An answer with everything that is wrong with what was sent.</summary>
    public static IResult Of(ImmutableArray<Mistake> mistakes) =>
        Of(new Problem(
            StatusCodes.Status400BadRequest,
            ReasonPhrases.GetReasonPhrase(StatusCodes.Status400BadRequest),
            mistakes is [var one] ? one.ToString() : $"{mistakes.Length} mistakes; each is listed.")
        {
            Mistakes = mistakes,
        });

    private static IResult Of(Problem problem) => Results.Json(problem, ApiJson.Default.Problem, ContentType, problem.Status);
}
