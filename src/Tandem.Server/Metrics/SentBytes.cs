using Microsoft.AspNetCore.Http;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>Counts what HTTP answers carry: <c>tandem_http_sent_bytes_total</c>.</summary>
internal static class SentBytes
{
    /// <summary>Answers, then counts the body by its declared length; all that viewers get has one.</summary>
    public static async Task CountAsync(HttpContext context, RequestDelegate next, TandemMeter meter)
    {
        await next(context);
        if (context.Response is { HasStarted: true, ContentLength: > 0 and var bytes, StatusCode: not StatusCodes.Status304NotModified }
            && !HttpMethods.IsHead(context.Request.Method))
            meter.HttpSent(bytes);
    }
}
