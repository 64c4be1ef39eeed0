using System.Globalization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tandem.Live.Package;
using Tandem.Server.Access;
using Tandem.Server.Api;

namespace Tandem.Server.WebSockets;

/// <summary>Answers <c>/ws/live/{channel}</c>: checks, asks the gate, upgrades, and serves the viewer until it is gone.</summary>
/// <param name="host">The channels.</param>
/// <param name="hub">The sockets.</param>
/// <param name="gate">Who may watch.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveSockets(ChannelHost host, ViewerHub hub, ViewerGate gate, TimeProvider time)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    /// <summary>
    /// 101, and the request lasts as long as the socket; 400, 404, 426, 503 with Retry-After, and what the gate says. Whom there is no room for
    /// is told so after the upgrade, if it can be had.
    /// </summary>
    public async Task AnswerAsync(HttpContext context, string channel)
    {
        var lang = context.Request.Query["lang"].ToString();
        var verdict = await gate.AdmitAsync(context, channel, lang.Length == 0 ? null : lang, ViewerKind.WebSocket);
        if (!verdict.Admitted)
        {
            await (verdict.IsFull ? TurnAwayAsync(context, channel, verdict) : verdict.Answer(context).ExecuteAsync(context));
            return;
        }

        var (request, status, problem) = SocketRequest.Read(context.Request);
        if (request is null)
        {
            if (status == StatusCodes.Status426UpgradeRequired)
            {
                context.Response.Headers.Upgrade = "websocket";
                context.Response.Headers.SecWebSocketVersion = "13";
            }

            await RefuseAsync(context, status, problem);
            return;
        }

        if (Find(channel, request, verdict, out var viewers, out var wish) is var (refused, why, later))
        {
            await RefuseAsync(context, refused, why, later);
            return;
        }

        if (UpgradeOf(context) is not { } upgrade)
        {
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This connection cannot be upgraded; use HTTP/1.1.");
            return;
        }

        await ServeAsync(context, upgrade, request, viewers!, wish!);
    }

    private static IHttpUpgradeFeature? UpgradeOf(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade ? upgrade : null;

    private static Task<Stream> UpgradeAsync(HttpContext context, IHttpUpgradeFeature upgrade, SocketRequest request)
    {
        var headers = context.Response.Headers;
        headers.SecWebSocketAccept = SocketRequest.AcceptOf(context.Request.Headers.SecWebSocketKey.ToString());
        headers.SecWebSocketProtocol = request.Protocol;
        headers.Upgrade = "websocket";
        return upgrade.UpgradeAsync();
    }

    private async Task TurnAwayAsync(HttpContext context, string channel, ViewerVerdict verdict)
    {
        // While the server stops no connection is begun that it would have to wait for.
        if (hub.Draining || SocketRequest.Read(context.Request).Request is not { } request || UpgradeOf(context) is not { } upgrade)
        {
            await verdict.Answer(context).ExecuteAsync(context);
            return;
        }

        var end = SocketEnd.Admission(verdict.Detail, verdict.RetryAfter ?? s_soon);
        await Farewell.SayAsync(await UpgradeAsync(context, upgrade, request), end, time);
        if (host.Find(channel) is { } hosted)
            hub.Of(hosted)?.Metrics.Disconnected(end.Cause, end.Planned);
    }

    private async Task ServeAsync(HttpContext context, IHttpUpgradeFeature upgrade, SocketRequest request, ChannelViewers viewers, ViewerWish wish)
    {
        var stream = await UpgradeAsync(context, upgrade, request);

        // Under TLS what goes out is encrypted on its way through the stream.
        var socket = context.Features.Get<ITlsHandshakeFeature>() is null ? context.Features.Get<IConnectionSocketFeature>()?.Socket : null;
        var viewer = new ViewerSocket(viewers, wish, stream, socket, context.Abort, time);
        await viewers.ServeAsync(viewer, wish.Video);
    }

    /// <summary>Finds what is asked for, or says why not.</summary>
    private (int Status, string Problem, TimeSpan? RetryAfter)? Find(
        string channel, SocketRequest request, ViewerVerdict verdict, out ChannelViewers? viewers, out ViewerWish? wish)
    {
        (viewers, wish) = (null, null);
        if (host.Find(channel) is not { } hosted)
            return (StatusCodes.Status404NotFound, "There is no such channel.", null);
        if (hub.Draining)
            return (StatusCodes.Status503ServiceUnavailable, "The server is shutting down.", s_soon);
        var asked = request.Language ?? hosted.Options.DefaultVoice ?? hosted.Options.To.FirstOrDefault() ?? "original";
        if (hub.Of(hosted) is not { } found || found.Stream.Sound(0).View.IsEmpty)
            return (StatusCodes.Status503ServiceUnavailable, hosted.Snapshot().Reason ?? "The channel has not published anything yet.", s_soon);
        var rendition = found.Stream.Find(asked);
        if (rendition is not null && request.Language is null && Cannot(rendition))
            rendition = found.Stream.Renditions[0];
        if (rendition is null || found.Stream.Sound(rendition.Index).View.IsEmpty)
            return (StatusCodes.Status400BadRequest, "This channel has no such voice; lang must be one of its languages, or original.", null);
        if (!verdict.Allows(rendition.Name))
            return (StatusCodes.Status403Forbidden, "This voice needs another token.", null);
        viewers = found;
        wish = new ViewerWish(
            rendition.Index, request.Video, request.Protocol == SocketRequest.Version, request.Resume, verdict.Allows, verdict.Expires);
        return null;

        // A default that is not to be had is no mistake of the viewer's.
        bool Cannot(ChunkRendition voice) => found.Stream.Sound(voice.Index).View.IsEmpty || !verdict.Allows(voice.Name);
    }

    private static Task RefuseAsync(HttpContext context, int status, string detail, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } later)
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(later.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Problem.Of(status, detail).ExecuteAsync(context);
    }
}
