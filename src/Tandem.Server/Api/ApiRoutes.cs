using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tandem.Live;
using Tandem.Server.Access;
using Tandem.Server.Feedback;

namespace Tandem.Server.Api;

/// <summary>The paths below <c>/v1/channels</c> and <c>/v1/feedback</c>, and what their description says.</summary>
internal static class ApiRoutes
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps them.</summary>
    public static void Map(WebApplication app, AccessParts access)
    {
        app.MapMethods("/v1/channels", Reading, Task<IResult> (HttpContext context) => access.Views.ListAsync(context))
            .Produces<ChannelList>()
            .WithName("channels").WithSummary("State of all channels.");
        app.MapMethods("/v1/channels/{id}", Reading, (HttpContext context, string id) => access.Views.ShowAsync(context, id))
            .Produces<ChannelSnapshot>().Refuses(404)
            .WithName("channel").WithSummary("State of one channel.");

        app.MapPost("/v1/channels", Task<IResult> (HttpContext context) => ForOperators(context, access, () => access.Changes.CreateAsync(context)))
            .Accepts<ChannelSettings>("application/json").Produces<ChannelSnapshot>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 503)
            .WithName("make-channel").WithSummary("Makes a channel; operators only.");
        app.MapPatch("/v1/channels/{id}", (HttpContext context, string id) => ForOperators(context, access, () => access.Changes.ChangeAsync(context, id)))
            .Accepts<ChannelSettings>("application/json").Produces<ChannelSnapshot>().Refuses(400, 401, 403, 404, 409, 503)
            .WithName("change-channel").WithSummary("Changes a channel and starts it again; operators only.");
        app.MapDelete("/v1/channels/{id}", (HttpContext context, string id) => ForOperators(context, access, () => access.Changes.DeleteAsync(context, id)))
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404, 409, 503)
            .WithName("delete-channel").WithSummary("Stops a channel and forgets its settings; operators only.");

        app.MapPost("/v1/feedback", Task<IResult> (HttpContext context) => access.Feedback.TakeAsync(context))
            .Accepts<FeedbackRequest>("application/json").Produces(StatusCodes.Status202Accepted).Refuses(400, 401, 403, 429, 503)
            .WithName("feedback").WithSummary("What a viewer says of latency or quality, or a score.");
        app.MapMethods("/v1/feedback", Reading, (HttpContext context) => access.Operators.Refuse(context) ?? access.Feedback.Show(context))
            .Produces<FeedbackSummary>().Refuses(400, 401, 403)
            .WithName("feedback-summary").WithSummary("What viewers said; operators only.");
        app.MapMethods("/v1/feedback", [HttpMethods.Options], (HttpContext context) => FeedbackApi.Options(context)).ExcludeFromDescription();
    }

    private static Task<IResult> ForOperators(HttpContext context, AccessParts access, Func<Task<IResult>> change) =>
        access.Operators.Refuse(context) is { } refused ? Task.FromResult(refused) : change();

    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
            route.Produces<Problem>(status, Problem.ContentType);
        return route;
    }
}
