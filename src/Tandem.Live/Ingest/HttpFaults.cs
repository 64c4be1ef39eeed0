using System.Net;
using System.Net.Sockets;

namespace Tandem.Live.Ingest;

/// <summary>What statuses and exceptions of HTTP mean for a source; the reasons are a bounded set, fit for metrics.</summary>
internal static class HttpFaults
{
    // Longer than any pause of our own; a live channel cannot wait for the hour that some servers name.
    private static readonly TimeSpan s_longestHeeded = TimeSpan.FromSeconds(30);

    /// <summary>A status, and when the server wants to be asked again.</summary>
    public static FetchOutcome Of(FetchRequest request, Uri at, HttpResponseMessage response, DateTimeOffset now)
    {
        var outcome = Of(request, at, response.StatusCode);
        var after = response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - now : null;
        if (!(after > TimeSpan.Zero))
            return outcome;
        return FetchOutcome.Failed(outcome.Fault! with { RetryAfter = after < s_longestHeeded ? after : s_longestHeeded }, at);
    }

    private static FetchOutcome Of(FetchRequest request, Uri at, HttpStatusCode status)
    {
        var (reason, hint) = (int)status switch
        {
            401 or 403 or 407 or 451 => ("forbidden", "; the address may have expired, or the channel needs headers or cookies"),
            404 or 410 => ("not_found", string.Empty),
            416 => ("bad_range", string.Empty),
            429 => ("rate_limited", string.Empty),
            >= 500 => ("server_error", string.Empty),
            _ => ("http_status", string.Empty),
        };
        return FetchOutcome.Failed(request, at, reason, $"the server answers {(int)status}{hint}");
    }

    public static FetchOutcome Of(FetchRequest request, Uri at, Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RefusedAddressException refused:
                    return FetchOutcome.Failed(
                        request,
                        at,
                        "refused_address",
                        $"leads to {refused.Refused}, which is not public; set allow_private if the source is meant to be there",
                        retry: false);
                case SocketException socket:
                    return Of(request, at, socket.SocketErrorCode);
            }
        }

        return error switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                FetchOutcome.Failed(request, at, "tls", "no secure connection; is the server's certificate valid?"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Of(request, at, SocketError.HostNotFound),
            HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }
                or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } =>
                FetchOutcome.Failed(request, at, "truncated", "the connection ended before the answer did"),
            InvalidDataException => FetchOutcome.Failed(request, at, "bad_encoding", "compressed data that is damaged"),
            _ => FetchOutcome.Failed(request, at, "bad_response", "an answer that is not HTTP, or a broken one"),
        };
    }

    private static FetchOutcome Of(FetchRequest request, Uri at, SocketError error) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            FetchOutcome.Failed(request, at, "no_such_host", $"no host named {at.IdnHost}"),
        SocketError.ConnectionRefused => FetchOutcome.Failed(request, at, "connection_refused", "nothing listens there"),
        SocketError.ConnectionReset or SocketError.Shutdown => FetchOutcome.Failed(request, at, "truncated", "the connection was broken off"),
        SocketError.TimedOut => FetchOutcome.Failed(request, at, "timeout", "the connection timed out"),
        _ => FetchOutcome.Failed(request, at, "unreachable", $"cannot be reached ({error})"),
    };
}
