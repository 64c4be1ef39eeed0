using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Tandem.Operations.Load;

/// <summary>Where viewers go.</summary>
/// <param name="Master">The channel's master playlist.</param>
/// <param name="Socket">Its WebSocket, as http or https; null where the address is no Tandem server's.</param>
internal sealed record LoadTarget(Uri Master, Uri? Socket)
{
    private const int LongestList = 4 << 20;

    /// <summary>
    /// Finds it; asks the server for its channels where the address names none. A problem is one line; whether the call was wrong decides
    /// the exit code.
    /// </summary>
    public static async Task<(LoadTarget? Target, string? Problem, bool WrongCall)> FindAsync(LoadOptions options, TimeProvider time,
        CancellationToken cancel)
    {
        if (Of(options.Url, options.Channel) is { } target)
        {
            return target.Socket is null && options.Via != Via.Hls
                ? (null, $"{options.Url.GetLeftPart(UriPartial.Path)} is no channel of a Tandem server; it can be watched with --via hls only", true)
                : (target, null, false);
        }

        var (channels, problem) = await ListAsync(options, time, cancel);
        return channels switch
        {
            null => (null, problem, false),
            [] => (null, $"the server has no channel; start it with one", false),
            [var only] => (Of(options.Url, only), null, false),
            _ => (null, $"the server has the channels {string.Join(", ", channels)}; choose one with --channel", true),
        };
    }

    /// <summary>What an address leads to; null where a channel has to be named.</summary>
    public static LoadTarget? Of(Uri url, string? channel)
    {
        var http = Http(url);
        var parts = url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var named = parts switch
        {
            [.., "ws", "live", var id] => (Id: id, Under: parts.Length - 3),
            [.., "live", var id, "master.m3u8"] => (Id: id, Under: parts.Length - 3),
            _ => (Id: channel, Under: parts.Length),
        };
        if (parts is [.., var last] && last.EndsWith(".m3u8", StringComparison.Ordinal) && parts is not [.., "live", _, "master.m3u8"])
            return new LoadTarget(http.Uri, null);
        if (named.Id is null)
            return null;
        var id2 = channel is null ? named.Id : Uri.EscapeDataString(channel);
        return new LoadTarget(Under(http, parts.Take(named.Under), $"live/{id2}/master.m3u8"), Under(http, parts.Take(named.Under), $"ws/live/{id2}"));
    }

    private static UriBuilder Http(Uri url) =>
        new(url) { Scheme = url.Scheme is "https" or "wss" ? "https" : "http", Port = url.Port, Fragment = "" };

    /// <summary>A path below the server's root, whether or not that ends in a slash, with the query of the address that was given.</summary>
    private static Uri Under(UriBuilder http, IEnumerable<string> root, string path) =>
        new UriBuilder(http.Uri) { Path = $"/{string.Concat(root.Select(part => part + "/"))}{path}" }.Uri;

    private static async Task<(IReadOnlyList<string>? Channels, string? Problem)> ListAsync(LoadOptions options, TimeProvider time,
        CancellationToken cancel)
    {
        var asked = Under(Http(options.Url), options.Url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries), "v1/channels");

        // A query may hold a token, which problems do not repeat.
        var address = asked.GetLeftPart(UriPartial.Path);
        using var request = new HttpRequestMessage(HttpMethod.Get, asked);
        request.Headers.UserAgent.ParseAdd("tandem-load");
        if (options.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LongestList };
        try
        {
            using var response = await http.SendAsync(request, cancel);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return (null, response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                    ? $"{address} answers {(int)response.StatusCode}; give a viewer's token with --token"
                    : $"{address} answers {(int)response.StatusCode}; name the channel with --channel");
            }

            using var list = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
            return ([.. list.RootElement.GetProperty("channels").EnumerateArray()
                .Select(channel => channel.GetProperty("id").GetString() ?? "")], null);
        }
        catch (HttpRequestException fault)
        {
            return (null, $"{address} cannot be had: {fault.Message}");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, $"{address} does not answer within 10 s");
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, $"{address} is no list of channels; give the root of a Tandem server, or name the channel with --channel");
        }
    }
}
