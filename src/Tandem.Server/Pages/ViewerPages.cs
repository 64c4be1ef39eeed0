using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;

namespace Tandem.Server.Pages;

/// <summary>Serves the pages that web/ is built into.</summary>
internal static class ViewerPages
{
    // No inline script or style anywhere. Media Source plays through a blob: address, and caption tracks of a script's own begin as an empty
    // data: one; the source's own segments may lie on any host.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src *; media-src * data: blob:; "
        + "frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

    private const string NotBuilt =
        "Tandem runs. The viewer page is not built: start Tandem with ./run, which builds it.\n"
        + "Channels: /v1/channels. What a channel publishes: /live/{channel}/master.m3u8.\n";

    /// <summary>The folder with the built pages: beside the program, else in the checkout that it was built from; null where there is none.</summary>
    public static string? FindFolder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            foreach (var candidate in new[] { Path.Combine(folder, "web"), Path.Combine(folder, "web", "dist") })
            {
                // The sources have an index.html too, beside the manifest of their packages.
                if (File.Exists(Path.Combine(candidate, "index.html")) && !File.Exists(Path.Combine(candidate, "package.json")))
                    return candidate;
            }

            if (File.Exists(Path.Combine(folder, "Tandem.slnx")))
                return null;
        }

        return null;
    }

    /// <summary>Serves the pages at <c>/</c>.</summary>
    public static void Use(WebApplication app, string? folder)
    {
        if (folder is null)
        {
            app.MapGet("/", () => Results.Text(NotBuilt, "text/plain; charset=utf-8")).ExcludeFromDescription();
            return;
        }

        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = answer =>
            {
                var headers = answer.Context.Response.Headers;
                headers.ContentSecurityPolicy = Policy;
                headers["Referrer-Policy"] = "no-referrer";

                // Pages of other origins load /embed.js, those that are isolated among them.
                headers["Cross-Origin-Resource-Policy"] = "cross-origin";
                headers.AccessControlAllowOrigin = "*";

                // Names of built assets carry a hash of their content.
                headers.CacheControl = answer.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal)
                    ? "public, max-age=31536000, immutable"
                    : "no-cache";
            },
        });
    }
}
