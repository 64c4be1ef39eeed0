using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace Tandem.Live.Ingest;

/// <summary>
/// All of a channel's requests to its source go through here: addresses are checked at every hop, sizes and times are bounded, and what
/// fails comes back as a value. Environment proxies are not used, since behind one the address connected to could not be checked;
/// cookies that a source sets are not kept, the configured ones are sent.
/// </summary>
public sealed class SourceHttp : IDisposable
{
    private static readonly HashSet<string> s_ownHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "Range", "Accept-Encoding", "Upgrade", "TE", "Trailer", "Expect",
    };

    private static readonly TimeSpan s_leastPatience = TimeSpan.FromMilliseconds(50);

    private readonly SourceOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;

    /// <summary>For one channel.</summary>
    public SourceHttp(SourceOptions options, TimeProvider time)
        : this(options, time, options.AllowPrivate ? _ => true : AddressPolicy.IsPublic)
    {
    }

    /// <summary>With another rule about addresses than the channel's.</summary>
    internal SourceHttp(SourceOptions options, TimeProvider time, Predicate<IPAddress> isAllowed)
    {
        _options = options;
        _time = time;
        var connector = new SourceConnector(isAllowed);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = options.Limits.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = 32,
            MaxResponseDrainSize = 64 * 1024,
            ConnectCallback = (context, cancellation) => connector.ConnectAsync(context.DnsEndPoint, cancellation),
        };
        _client = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Fetches, following redirects. Throws only <see cref="OperationCanceledException"/> for <paramref name="cancellation"/>.</summary>
    public async Task<FetchOutcome> FetchAsync(FetchRequest request, CancellationToken cancellation)
    {
        var limits = _options.Limits;
        var whole = request.Kind == FetchKind.Segment ? limits.SegmentTimeout : limits.SmallTimeout;
        var stalled = limits.StallTimeout;
        if (request.Patience is { } patience && patience < whole)
        {
            whole = patience > s_leastPatience ? patience : s_leastPatience;
            stalled = whole / 2 < stalled ? whole / 2 : stalled;
        }

        using var deadline = new CancellationTokenSource(whole, _time);
        using var stall = new CancellationTokenSource(stalled, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token, stall.Token);
        var exchange = new Exchange(request, stall, stalled, either.Token);
        try
        {
            return await FollowAsync(exchange);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (OperationCanceledException) when (stall.IsCancellationRequested && !deadline.IsCancellationRequested)
        {
            return exchange.Failed("stalled", "the server stopped sending");
        }
        catch (OperationCanceledException)
        {
            return exchange.Failed("timeout", $"no complete answer within {whole.TotalSeconds:0.#} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or InvalidDataException or UriFormatException
            or NotSupportedException or InvalidOperationException)
        {
            return HttpFaults.Of(exchange.Request, exchange.At, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<FetchOutcome> FollowAsync(Exchange exchange)
    {
        for (var hop = 0; ; hop++)
        {
            if (exchange.At.Scheme is not ("http" or "https"))
                return exchange.Failed("refused_address", $"the scheme {exchange.At.Scheme} is not followed; only http and https are", retry: false);
            using var message = Message(exchange);
            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, exchange.Cancellation);
            exchange.Alive();
            if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent
                    ? await ReadAsync(exchange, response)
                    : HttpFaults.Of(exchange.Request, exchange.At, response, _time.GetUtcNow());
            }

            if (hop == _options.Limits.Redirects)
                return exchange.Failed("too_many_redirects", $"more than {_options.Limits.Redirects} redirects");
            if (Location(response) is not { } written || !AddressReader.TryResolve(exchange.At, written, out var next))
                return exchange.Failed("bad_redirect", "a redirect without a usable address");
            exchange.At = next;
        }
    }

    // Not response.Headers.Location: Uri takes a Location of "/path" on Linux for a file.
    private static string? Location(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Location", out var values) ? values.FirstOrDefault() : null;

    private HttpRequestMessage Message(Exchange exchange)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, exchange.At)
        {
            // One connection for all playlists of a server that speaks HTTP/2.
            Version = exchange.At.Scheme == "https" ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        var text = exchange.Request is { Kind: FetchKind.Playlist, Range: null };
        message.Headers.TryAddWithoutValidation("Accept-Encoding", text ? "gzip, br" : "identity");
        if (exchange.Request.Range is { } range)
            message.Headers.Range = new RangeHeaderValue(range.Offset, range.Offset + range.Length - 1);
        if (MayHaveHeaders(exchange.At))
        {
            foreach (var (name, value) in _options.Headers)
            {
                if (!s_ownHeaders.Contains(name))
                    message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (!message.Headers.Contains("User-Agent"))
            message.Headers.TryAddWithoutValidation("User-Agent", "Tandem");
        return message;
    }

    private bool MayHaveHeaders(Uri address) =>
        string.Equals(address.IdnHost, _options.Input.IdnHost, StringComparison.OrdinalIgnoreCase)
        && (address.Scheme == "https" || _options.Input.Scheme != "https");

    private async Task<FetchOutcome> ReadAsync(Exchange exchange, HttpResponseMessage response)
    {
        var request = exchange.Request;
        var limit = Limit(request.Kind);
        if (request.Range is { } wanted && wanted.Length > limit)
            return exchange.Failed("too_large", $"a byte range of {wanted.Length} bytes; at most {limit} are read", retry: false);
        var compressed = response.Content.Headers.ContentEncoding.Count > 0;
        var announced = compressed ? null : response.Content.Headers.ContentLength;
        if (request.Range is null && announced > limit)
            return exchange.Failed("too_large", $"{announced} bytes announced; at most {limit} are read", retry: false);

        var raw = await response.Content.ReadAsStreamAsync(exchange.Cancellation);
        await using var body = Decompress(raw, response.Content.Headers.ContentEncoding);
        if (body is null)
            return exchange.Failed("bad_encoding", "a Content-Encoding other than gzip, deflate or br");
        if (request.Range is { } range)
            return await ReadRangeAsync(exchange, response, body, range, limit);
        var (end, bytes) = await BoundedBody.ReadAsync(body, limit, exchange.Alive, exchange.Cancellation);
        if (end == BodyEnd.TooLarge)
            return exchange.Failed("too_large", $"more than {limit} bytes", retry: false);
        return bytes.IsEmpty ? exchange.Failed("empty", "the answer is empty") : FetchOutcome.Found(bytes, exchange.At);
    }

    private static async Task<FetchOutcome> ReadRangeAsync(Exchange exchange, HttpResponseMessage response, Stream body, ByteRange range, int limit)
    {
        var skip = range.Offset;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (response.Content.Headers.ContentRange?.From is { } from && from != range.Offset)
                return exchange.Failed("bad_range", "the server sent another byte range than was asked for");
            skip = 0;
        }
        else if (range.Offset + range.Length > limit)
        {
            return exchange.Failed("too_large", $"the server does not serve byte ranges, and the whole is more than {limit} bytes", retry: false);
        }

        var (end, bytes) = await BoundedBody.ReadPartAsync(body, skip, (int)range.Length, exchange.Alive, exchange.Cancellation);
        return end == BodyEnd.TooShort
            ? exchange.Failed("truncated", "the resource ends before the byte range does")
            : FetchOutcome.Found(bytes, exchange.At);
    }

    private int Limit(FetchKind kind) => kind switch
    {
        FetchKind.Playlist => _options.Limits.PlaylistBytes,
        FetchKind.Key => 1024,
        FetchKind.Init => _options.Limits.InitBytes,
        _ => _options.Limits.SegmentBytes,
    };

    private static Stream? Decompress(Stream raw, ICollection<string> encodings) => encodings.Count switch
    {
        0 => raw,
        1 => encodings.First().ToUpperInvariant() switch
        {
            "IDENTITY" => raw,
            "GZIP" or "X-GZIP" => new GZipStream(raw, CompressionMode.Decompress),
            "DEFLATE" => new ZLibStream(raw, CompressionMode.Decompress),
            "BR" => new BrotliStream(raw, CompressionMode.Decompress),
            _ => null,
        },
        _ => null,
    };

    /// <summary>One request on its way through its redirects.</summary>
    private sealed class Exchange(FetchRequest request, CancellationTokenSource stall, TimeSpan stalled, CancellationToken cancellation)
    {
        public FetchRequest Request { get; } = request;

        public Uri At { get; set; } = request.Address;

        public CancellationToken Cancellation { get; } = cancellation;

        public void Alive() => stall.CancelAfter(stalled);

        public FetchOutcome Failed(string reason, string detail, bool retry = true) => FetchOutcome.Failed(Request, At, reason, detail, retry);
    }
}
