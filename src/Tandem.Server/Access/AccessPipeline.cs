using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tandem.Live;
using Tandem.Server.Api;
using Tandem.Server.Hls;

namespace Tandem.Server.Access;

/// <summary>
/// What every request goes through before its path is looked at: who really asks, how often an address may, which paths are the operators', and
/// the headers that keep browsers from doing more than they should with an answer.
/// </summary>
/// <param name="access">The settings.</param>
/// <param name="proxies">Whose word on who asks is taken.</param>
/// <param name="limits">How much an address may ask for.</param>
/// <param name="operators">Who operators are.</param>
/// <param name="meter">Counts refusals.</param>
internal sealed class AccessPipeline(AccessOptions access, ClientAddress proxies, RequestLimits limits, OperatorAccess operators, TandemMeter meter)
{
    // What only shows something about the instance. Ingest, changes and the channels' state ask by themselves.
    private static readonly string[] OperatorsPaths = ["/metrics", "/ops", "/v1/fleet"];

    private readonly string _ancestors = access.EmbedOrigins.IsEmpty ? "" : " " + string.Join(' ', access.EmbedOrigins);

    /// <summary>Puts it before all that is added afterwards.</summary>
    public void Use(WebApplication app) => app.Use(AnswerAsync);

    /// <summary>A path as logs may show it: without the ticket in it.</summary>
    public static string Loggable(PathString path)
    {
        var text = path.Value ?? "";
        var parts = text.Split('/');
        return parts is ["", var live, var channel, [Tickets.Mark, ..], .. var rest] && live.Equals("live", StringComparison.OrdinalIgnoreCase)
            ? $"/live/{channel}/{Tickets.Mark}…/{string.Join('/', rest)}" : text;
    }

    private Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        proxies.Apply(context);
        AddHeaders(context);
        if (!proxies.IsTrusted(context.Connection.RemoteIpAddress) && limits.Request(context.Connection.RemoteIpAddress) is { } wait)
        {
            meter.AccessRefused(Refusals.Rate);

            // A player's page has to be able to read why.
            if (context.Request.Path.StartsWithSegments("/live", StringComparison.Ordinal))
                ChannelFiles.AllowOtherOrigins(context.Response.Headers);
            return Problem.Refuse(context, StatusCodes.Status429TooManyRequests, Refusals.Rate, "Too many requests from this address.", wait)
                .ExecuteAsync(context);
        }

        if (Array.Exists(OperatorsPaths, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
            && operators.RefuseReading(context) is { } refused)
        {
            return refused.ExecuteAsync(context);
        }

        return next(context);
    }

    private void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;

        // Addresses hold tokens and tickets.
        headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";

        // Nothing but pages is shown by itself or in a frame; pages bring their own policy.
        var page = context.Request.Path.StartsWithSegments("/ops", StringComparison.OrdinalIgnoreCase);
        if (page)
            headers.XFrameOptions = "DENY";
        context.Response.OnStarting(() =>
        {
            var policy = headers.ContentSecurityPolicy.ToString();
            if (policy.Length == 0)
                headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
            else if (_ancestors.Length > 0 && !page)
                headers.ContentSecurityPolicy = policy.Replace("frame-ancestors 'self'", "frame-ancestors 'self'" + _ancestors, StringComparison.Ordinal);
            return Task.CompletedTask;
        });
    }
}
