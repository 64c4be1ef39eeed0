using System.Net;
using System.Net.Http.Headers;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>
/// Asks a source for what its playlists refer to as a viewer's browser does: without the channel's cookies and headers, with the page's
/// <c>Origin</c>. Only heads of answers are read.
/// </summary>
internal sealed class ReferenceProbe : IDisposable
{
    private const int MostRedirects = 5;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    // A stranger's page: what allows it, allows all.
    private static readonly Uri _stranger = new("https://viewer.invalid/");

    private readonly HttpClient _client;
    private readonly Uri? _page;
    private readonly bool _browsers;
    private readonly TimeProvider _time;

    /// <summary>For one channel.</summary>
    /// <param name="allowPrivate">Whether addresses may be private ones.</param>
    /// <param name="page">Address of the page that plays; null where it is not known.</param>
    /// <param name="browsers">Whether a page plays; native players ask for no permission, and over http too.</param>
    /// <param name="time">The clock.</param>
    public ReferenceProbe(bool allowPrivate, Uri? page, bool browsers, TimeProvider time)
    {
        _page = page;
        _browsers = browsers;
        _time = time;
        var connector = new SourceConnector(allowPrivate ? _ => true : AddressPolicy.IsPublic);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(40),
            ConnectCallback = (context, cancellation) => connector.ConnectAsync(context.DnsEndPoint, cancellation),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Why a viewer could not fetch <paramref name="address"/>, one line without secrets; null where a viewer can.</summary>
    public async Task<string?> FaultAsync(Uri address, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            return await FollowAsync(address, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"{ShownAddress.Of(address)} does not answer within {_patience.TotalSeconds:F0} s";
        }
        catch (Exception error) when (error is HttpRequestException or IOException or InvalidOperationException or FormatException or NotSupportedException)
        {
            return $"{ShownAddress.Of(address)} cannot be reached";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<string?> FollowAsync(Uri first, CancellationToken cancellation)
    {
        var address = first;
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            if (_browsers && _page?.Scheme == "https" && address.Scheme != "https")
                return $"{ShownAddress.Of(address)} is not https, and pages over https may not load it";
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Range = new RangeHeaderValue(0, 0);
            request.Headers.Add("Origin", (_page ?? _stranger).GetLeftPart(UriPartial.Authority));
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (Refusal(address, response) is { } refusal)
                return refusal;
            if ((int)response.StatusCode is < 300 or >= 400)
                return null;
            if (!response.Headers.NonValidated.TryGetValues("Location", out var values) || values.FirstOrDefault() is not { } written
                || !AddressReader.TryResolve(address, written, out var next) || next.Scheme is not ("http" or "https"))
                return $"{ShownAddress.Of(address)} leads to no usable address";
            address = next;
        }

        return $"{ShownAddress.Of(first)} is redirected more than {MostRedirects} times";
    }

    private string? Refusal(Uri address, HttpResponseMessage response)
    {
        var shown = ShownAddress.Of(address);
        switch (response.StatusCode)
        {
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                return $"{shown} answers {(int)response.StatusCode} to a viewer without the channel's cookies and headers, or its signature has run out";
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                return $"{shown} is gone from the source";
            case HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                break;
            default:
                return $"{shown} answers {(int)response.StatusCode}";
        }

        if (!_browsers)
            return null;

        // The browser reads every hop's permission (Fetch, section 4.10).
        var allowed = response.Headers.NonValidated.TryGetValues("Access-Control-Allow-Origin", out var origins) ? string.Join(", ", origins) : null;
        if (allowed == "*" || (_page is not null && allowed == _page.GetLeftPart(UriPartial.Authority)) || (_page is null && allowed == "https://viewer.invalid"))
            return null;
        return allowed is null
            ? $"{shown} may not be read by pages of other origins: it sends no Access-Control-Allow-Origin"
            : _page is null
                ? $"{shown} may be read by pages of {allowed} only; say with page_url which page plays"
                : $"{shown} may be read by pages of {allowed} only, not by those of {_page.GetLeftPart(UriPartial.Authority)}";
    }
}
