using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Tandem.Live;
using Tandem.Live.Package;
using Tandem.Server.Access;
using Tandem.Server.Api;

namespace Tandem.Server.Hls;

/// <summary>Serves what channels have published under <c>/live/{channel}/</c>: looks it up and sends it.</summary>
/// <param name="host">The channels.</param>
/// <param name="publicUrl">Where viewers reach the server; null for the host that they ask for.</param>
internal sealed class ChannelFiles(ChannelHost host, Uri? publicUrl)
{
    /// <summary>Name of a channel's playlist.</summary>
    public const string MasterName = "master.m3u8";

    private const string PlaylistType = "application/vnd.apple.mpegurl";

    // Longer than a player goes on with a playlist that it has, and tries again for what is listed there.
    private static readonly TimeSpan Handover = TimeSpan.FromSeconds(30);

    private static readonly SearchValues<char> NoHost = SearchValues.Create("/\\?#@ ");

    private readonly CompressedBodies _compressed = new();

    /// <summary>Answers GET and HEAD: 200, 206 and 416 for ranges of segments, 304, 404; 503 while a channel has nothing yet.</summary>
    public IResult Get(HttpContext context, string channel, string path)
    {
        AllowOtherOrigins(context.Response.Headers);
        if (host.Find(channel) is not { } hosted)
            return Missing(context, "There is no such channel.");
        if (path.Length == 0)
            return Missing(context, $"The channel's playlist is {MasterName}, below this address.");
        var publication = hosted.Publication;
        if (path == MasterName)
        {
            if (publication?.Master is not { } render)
                return NotYet(context, hosted.Snapshot());
            if (BaseAddress(context.Request, channel) is not { } address)
                return Problem.Of(StatusCodes.Status400BadRequest, "The Host header is no host.");
            var body = Encoding.UTF8.GetBytes(context.Features.Get<MasterView>()?.Render(render, address) ?? render(address));
            var answer = Send(context, new PublishedResource(PlaylistType, body, ResourceLife.Playlist, PublishedResource.TagOf(body)), publication);

            // It holds the host that this viewer asked for: in a shared cache, whoever makes one up would send all others there.
            if (publicUrl is null)
                context.Response.Headers.CacheControl = context.Response.Headers.CacheControl.ToString().Replace("public", "private", StringComparison.Ordinal);
            return answer;
        }

        if (publication?.Find(path) is { } found)
            return Send(context, found, publication);
        return publication?.Master is null || (hosted.Age < Handover && IsSegment(publication, path))
            ? NotYet(context, hosted.Snapshot())
            : Missing(context, "There is nothing here, or not any more.");
    }

    /// <summary>
    /// Whether a path may be a segment that the instance before had listed: <c>es/generation/12.aac</c>. Players take 404 for final, and
    /// hls.js ends the playback; told to come back, they read the playlist again and find the segment where it is now.
    /// </summary>
    private static bool IsSegment(Publication publication, string path)
    {
        var name = path.LastIndexOf('/');
        var generation = name > 0 ? path.LastIndexOf('/', name - 1) : -1;
        return generation > 0 && (publication.Find(Publisher.PathOf(path[..generation])) ?? publication.Find(path[..generation] + ".m3u8")) is not null;
    }

    /// <summary>Answers a browser's question (CORS preflight) whether a page of another origin may ask.</summary>
    public static IResult Options(HttpContext context)
    {
        var headers = context.Response.Headers;
        AllowOtherOrigins(headers);
        headers.AccessControlAllowMethods = "GET, HEAD, OPTIONS";

        // The asterisk leaves Authorization out (Fetch, section 4.9), with which pages of other origins send a viewer's token.
        headers.AccessControlAllowHeaders = "*, Authorization";
        headers.AccessControlMaxAge = "86400";
        return Results.NoContent();
    }

    /// <summary>Lets pages of any origin read the answer.</summary>
    public static void AllowOtherOrigins(IHeaderDictionary headers)
    {
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = "Content-Length, Content-Range, Date, ETag, Retry-After";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        headers["Timing-Allow-Origin"] = "*";
    }

    private static IResult Missing(HttpContext context, string detail)
    {
        // A segment that is asked for a moment early must not stay missing in a cache.
        context.Response.Headers.CacheControl = "public, max-age=1";
        return Problem.Of(StatusCodes.Status404NotFound, detail);
    }

    private static IResult NotYet(HttpContext context, ChannelSnapshot snapshot)
    {
        // Kept for as long as the answer asks to be waited for: a channel that starts must not be asked by every viewer at once.
        context.Response.Headers.CacheControl = "public, max-age=1";
        context.Response.Headers.RetryAfter = "1";
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, snapshot.Reason ?? "The channel has not published anything yet.");
    }

    /// <summary>The coding that a viewer takes and that is smallest: <c>br</c>, <c>gzip</c>, or null for none.</summary>
    private static string? Coding(HttpRequest request)
    {
        var taken = request.GetTypedHeaders().AcceptEncoding;
        return CompressedBodies.Codings.FirstOrDefault(coding => taken.Any(
            one => one.Value.Equals(coding, StringComparison.OrdinalIgnoreCase) && one.Quality is null or > 0));
    }

    private Uri? BaseAddress(HttpRequest request, string channel)
    {
        if (publicUrl is not null)
            return new Uri(publicUrl, $"live/{channel}/");
        var connection = request.HttpContext.Connection;
        var asked = request.Host.HasValue ? request.Host.Value : new System.Net.IPEndPoint(connection.LocalIpAddress ?? System.Net.IPAddress.Loopback, connection.LocalPort).ToString();
        return Uri.TryCreate($"{request.Scheme}://{asked}/live/{channel}/", UriKind.Absolute, out var address)
            && address.UserInfo.Length == 0
            && !asked.AsSpan().ContainsAny(NoHost)
            && Uri.CheckHostName(address.DnsSafeHost) != UriHostNameType.Unknown
            ? address
            : null;
    }

    private FileContentHttpResult Send(HttpContext context, PublishedResource resource, Publication publication)
    {
        var headers = context.Response.Headers;
        if (resource.Life == ResourceLife.Immutable)
        {
            headers.CacheControl = "public, max-age=31536000, immutable";
        }
        else
        {
            var seconds = Math.Clamp((int)(publication.TargetDuration.TotalSeconds / 3), 1, 2);
            headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={seconds}");
            headers.Vary = HeaderNames.AcceptEncoding;
            if (Coding(context.Request) is { } coding && _compressed.Of(resource, coding) is { } compressed)
            {
                headers.ContentEncoding = coding;
                resource = compressed;
            }
        }

        return TypedResults.Bytes(
            resource.Body,
            resource.ContentType,
            enableRangeProcessing: resource.Life == ResourceLife.Immutable,
            entityTag: resource.ETag is { } tag ? new EntityTagHeaderValue(tag) : null);
    }
}
