using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>What came of asking.</summary>
/// <param name="Problem">Null when it was had; else a status such as <c>http 404</c>, or what went wrong.</param>
/// <param name="Refused">Whether the server said no.</param>
/// <param name="After">When it says that one may come back.</param>
internal readonly record struct HlsAnswer(string? Problem, bool Refused, TimeSpan? After);

/// <summary>The HTTP of one viewer: connections of its own, as a player has.</summary>
internal sealed class HlsSource : IDisposable
{
    private const int LongestPlaylist = 4 << 20;
    private const int BufferLength = 64 << 10;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly LoadServices _services;
    private readonly Action<int> _came;

    /// <summary>Makes it.</summary>
    /// <param name="services">What all viewers share.</param>
    /// <param name="came">Told of bytes.</param>
    public HlsSource(LoadServices services, Action<int> came)
    {
        (_services, _came) = (services, came);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 6,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>A playlist's text; null text with no problem where it is the one that the tag names.</summary>
    public async Task<(string? Text, string? Tag, HlsAnswer Answer)> PlaylistAsync(Uri address, string? tag, CancellationToken stop)
    {
        using var request = Request(address);
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        string? text = null, newTag = null;
        var answer = await AskAsync(request, async (response, cancel) =>
        {
            if (response.StatusCode == HttpStatusCode.NotModified)
                return;
            newTag = response.Headers.ETag?.ToString();
            var (bytes, length) = (ArrayPool<byte>.Shared.Rent(BufferLength), 0);
            try
            {
                await using var body = await response.Content.ReadAsStreamAsync(cancel);
                while (await body.ReadAsync(bytes.AsMemory(length), cancel) is > 0 and var count)
                {
                    _came(count);
                    length += count;
                    if (length == bytes.Length && length < LongestPlaylist)
                        bytes = Larger(bytes);
                }

                text = Encoding.UTF8.GetString(bytes, 0, length);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }, stop);
        return (text, newTag, answer);
    }

    /// <summary>Hands the bytes on as they come.</summary>
    public async Task<HlsAnswer> BytesAsync(HlsBytes wanted, Action<ReadOnlyMemory<byte>> take, CancellationToken stop)
    {
        using var request = Request(wanted.Address);
        if (wanted.Range is { } range)
            request.Headers.Range = new RangeHeaderValue(range.Offset, range.Offset + range.Length - 1);
        return await AskAsync(request, async (response, cancel) =>
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
            try
            {
                while (await body.ReadAsync(buffer, cancel) is > 0 and var count)
                {
                    _came(count);
                    take(buffer.AsMemory(0, count));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }, stop);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static byte[] Larger(byte[] bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(bytes.Length * 2);
        bytes.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(bytes);
        return larger;
    }

    /// <summary>The token goes to the server that it is for, not to whoever serves the picture.</summary>
    private HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("tandem-load");
        if (_services.Options.Token is { } token && address.Authority == _services.Target.Master.Authority)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<HlsAnswer> AskAsync(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task> read,
        CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(_patience, _services.Clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.NotModified)
            {
                var status = (int)response.StatusCode;
                return new HlsAnswer(string.Create(CultureInfo.InvariantCulture, $"http {status}"), status >= 400,
                    response.Headers.RetryAfter?.Delta);
            }

            await read(response, either.Token);
            return default;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new HlsAnswer("no answer", Refused: false, null);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or InvalidDataException)
        {
            return new HlsAnswer(fault is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? "no connection"
                : "broken off", Refused: false, null);
        }
    }
}
