using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Tandem.Server.Api;

namespace Tandem.Server.Ops;

/// <summary>Serves the operations page at <c>/ops/</c>, and what it shows at <c>/ops/state</c>. Who may see them is decided before.</summary>
internal static class OpsPage
{
    // The page asks its own server and nobody else, and is shown in no frame.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string NotBuilt = "The operations page is not built: start Tandem with ./run, which builds it. What it shows: /ops/state.\n";

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Serves the files; before the viewers' pages, whose headers are others.</summary>
    /// <param name="app">The server.</param>
    /// <param name="pages">Folder with the built pages; null where there is none.</param>
    public static void Use(WebApplication app, string? pages)
    {
        var folder = pages is null ? null : Path.Combine(pages, "ops");
        if (!Directory.Exists(folder))
        {
            app.MapMethods("/ops", Reading, () => Results.Text(NotBuilt, "text/plain; charset=utf-8")).ExcludeFromDescription();
            return;
        }

        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, RequestPath = "/ops" });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            RequestPath = "/ops",
            OnPrepareResponse = answer =>
            {
                answer.Context.Response.Headers.ContentSecurityPolicy = Policy;
                answer.Context.Response.Headers.CacheControl = "no-cache";
            },
        });
    }

    /// <summary>Maps <c>/ops/state</c>.</summary>
    public static void Map(WebApplication app, OpsBoard board) =>
        app.MapMethods("/ops/state", Reading, (HttpContext context) => State(context, board))
            .Produces<OpsState>().Produces<Problem>(StatusCodes.Status400BadRequest, Problem.ContentType)
            .WithName("ops-state").WithSummary("What the operations page shows; operators only.");

    private static IResult State(HttpContext context, OpsBoard board)
    {
        var asked = context.Request.Query["window"].ToString();
        if (asked.Length == 0)
            return Results.Json(board.State(OpsBoard.Usual), ApiJson.Default.OpsState);
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= OpsHistory.Step.TotalSeconds && seconds <= OpsHistory.Longest.TotalSeconds
            ? Results.Json(board.State(TimeSpan.FromSeconds(seconds)), ApiJson.Default.OpsState)
            : Problem.Of(StatusCodes.Status400BadRequest, "window: seconds, from 10 to 600, such as ?window=60.");
    }
}
