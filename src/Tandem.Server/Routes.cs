using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tandem.Server.Access;
using Tandem.Server.Api;
using Tandem.Server.Hls;
using Tandem.Server.Metrics;
using Tandem.Server.Ops;
using Tandem.Server.Pages;
using Tandem.Server.Push;
using Tandem.Server.WebSockets;

namespace Tandem.Server;

/// <summary>Every path of the server, and what all answers have in common.</summary>
internal static partial class Routes
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    private static readonly string[] Pushing = [HttpMethods.Put, HttpMethods.Post, HttpMethods.Delete];

    /// <summary>Maps them.</summary>
    public static void Map(WebApplication app, ChannelHost channels, PrometheusExporter exporter, ServerParts parts, AccessParts access, IngestFiles ingest, LiveSockets sockets, HealthAnswers health)
    {
        var log = parts.Logs.CreateLogger("Tandem.Server");
        app.Use((context, next) => GuardAsync(context, next, log));
        app.Use((context, next) => SentBytes.CountAsync(context, next, parts.Meter));
        access.Pipeline.Use(app);
        OpsPage.Use(app, parts.Pages);
        ViewerPages.Use(app, parts.Pages);
        app.UseRouting();

        app.MapMethods("/live/{channel}/{**path}", Reading, (HttpContext context, string channel, string? path) => access.Live.GetAsync(context, channel, path ?? ""))
            .WithName("live").WithSummary("What a channel publishes: master.m3u8, and what it leads to.");
        var states = new PublicStates(channels, access.Gate, parts.Time);
        app.Lifetime.ApplicationStopped.Register(states.Dispose);
        app.MapMethods("/live/channels.json", Reading, (Delegate)((HttpContext context) => states.AllAsync(context)))
            .WithName("public-channels").Produces<PublicChannels>().WithSummary("The channels that the viewer page offers.");
        app.MapMethods("/live/{channel}/state.json", Reading, (HttpContext context, string channel) => states.OfAsync(context, channel))
            .WithName("public-state").Produces<PublicState>().WithSummary("What viewers may know of a channel.");
        app.MapMethods("/live/{channel}/{**path}", [HttpMethods.Options], (HttpContext context) => ChannelFiles.Options(context)).ExcludeFromDescription();

        app.MapMethods("/ws/live/{channel}", Reading, (HttpContext context, string channel) => sockets.AnswerAsync(context, channel))
            .WithName("socket").WithSummary("A channel's chunks over a WebSocket, subprotocol tandem.v1; see docs/protocol.md.");

        app.MapMethods("/ingest/{channel}/{**file}", [.. Pushing, .. Reading], (HttpContext context, string channel, string? file) => ingest.AnswerAsync(context, channel, file))
            .WithName("ingest").WithSummary("Where a source is pushed to, if a channel's input is push; operators only.");

        ApiRoutes.Map(app, access);

        app.MapMethods("/health/live", Reading, (HttpContext context) => health.Live(context)).WithName("live-check").Produces<LiveReport>()
            .Produces<LiveReport>(StatusCodes.Status503ServiceUnavailable).WithSummary("Whether the process goes on, or should be started again.");
        app.MapMethods("/health/ready", Reading, (HttpContext context) => health.Ready(context)).WithName("ready-check").Produces<HealthReport>()
            .Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable).WithSummary("Whether viewers should be sent here, and if not, why.");
        app.MapMethods("/metrics", Reading, () => Results.Text(exporter.Write(), PrometheusText.ContentType))
            .WithName("metrics").WithSummary("Prometheus text.");
        var board = new OpsBoard(new OpsReader(exporter, parts.Time).Read, () => [.. channels.All.Select(channel => channel.Snapshot())], parts.Time, log);
        app.Lifetime.ApplicationStopped.Register(board.Dispose);
        OpsPage.Map(app, board);
        ApiDescription.Map(app);
    }

    /// <summary>Headers that every answer has; errors as JSON, never as a stack trace.</summary>
    private static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        if (!context.Request.Path.StartsWithSegments("/live", StringComparison.Ordinal))
            response.Headers.CacheControl = "no-store";
        try
        {
            await next(context);

            // Answers of the framework's own, 404 and 405, have no body.
            if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 } && response.StatusCode != StatusCodes.Status416RangeNotSatisfiable)
                await Problem.Of(response.StatusCode).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The viewer is gone.
        }
        catch (BadHttpRequestException exception) when (!response.HasStarted)
        {
            await Problem.Of(exception.StatusCode, exception.Message).ExecuteAsync(context);
        }
        catch (Exception exception) when (!response.HasStarted)
        {
            LogFailed(log, AccessPipeline.Loggable(context.Request.Path), exception);
            response.Clear();
            await Problem.Of(StatusCodes.Status500InternalServerError).ExecuteAsync(context);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "answering {Path} failed")]
    private static partial void LogFailed(ILogger log, string path, Exception exception);
}
