using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tandem.Server.Api;

/// <summary>An answer that says what is wrong (RFC 9457).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record Problem(int Status, string Title, string? Detail)
{
    /// <summary>Media type of such an answer.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>An answer with <paramref name="status"/>.</summary>
    public static IResult Of(int status, string? detail = null) =>
        Results.Json(new Problem(status, ReasonPhrases.GetReasonPhrase(status), detail), ApiJson.Default.Problem, ContentType, status);
}
