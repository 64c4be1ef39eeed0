using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Tandem.Server.Api;

namespace Tandem.Server.Access;

/// <summary>What the gate says.</summary>
internal sealed record ViewerVerdict
{
    private ViewerVerdict()
    {
    }

    /// <summary>Whether the viewer may go on; else the members from <see cref="Status"/> on say why not.</summary>
    public bool Admitted => Status == 0;

    /// <summary>The voices that are open, beside the original; null for all of them.</summary>
    public ImmutableArray<string>? Languages { get; private init; }

    /// <summary>When the viewer has to come with another token; null for never.</summary>
    public DateTimeOffset? Expires { get; private init; }

    /// <summary>What the viewer is counted by; null where no token or ticket was needed.</summary>
    public UInt128? Viewer { get; private init; }

    /// <summary>Whether what admits stands in the address itself, so that a cache may keep the answer under it.</summary>
    public bool ByAddress { get; private init; }

    /// <summary>HTTP status: 401, 403, 429 or 503; 0 where admitted.</summary>
    public int Status { get; private init; }

    /// <summary>A word of <c>tandem_access_refusals_total</c> or <c>tandem_admission_refusals_total</c>.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>One sentence for people; tells nothing of the token or the channel.</summary>
    public string Detail { get; private init; } = "";

    /// <summary>Whether nothing is wrong with the viewer: the instance has no room for it.</summary>
    public bool IsFull { get; private init; }

    /// <summary>When to come again; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>May go on.</summary>
    public static ViewerVerdict Admit(ImmutableArray<string>? languages = null, DateTimeOffset? expires = null, bool byAddress = true, UInt128? viewer = null) =>
        new() { Languages = languages, Expires = expires, ByAddress = byAddress, Viewer = viewer };

    /// <summary>May not.</summary>
    public static ViewerVerdict Refuse(int status, string reason, string detail, TimeSpan? retryAfter = null) =>
        new() { Status = status, Reason = reason, Detail = detail, RetryAfter = retryAfter };

    /// <summary>Could come in if there were room.</summary>
    public static ViewerVerdict Full(string reason, string detail, TimeSpan retryAfter) =>
        new() { Status = StatusCodes.Status503ServiceUnavailable, IsFull = true, Reason = reason, Detail = detail, RetryAfter = retryAfter };

    /// <summary>Whether a voice is open.</summary>
    public bool Allows(string language) =>
        language == ViewerGate.Original || Languages is not { } open || open.Contains(language, StringComparer.OrdinalIgnoreCase);

    /// <summary>A refusal as an answer: problem+json with the reason, never kept by caches.</summary>
    public IResult Answer(HttpContext context)
    {
        if (Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Tandem viewers\"";
        return Problem.Refuse(context, Status, Reason, Detail, RetryAfter);
    }
}
