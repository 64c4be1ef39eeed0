using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tandem.Server.Api;

/// <summary>The API's own description at <c>/openapi/v1.json</c>, made from the routes.</summary>
internal static class ApiDescription
{
    /// <summary>Adds what makes it.</summary>
    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options =>
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Tandem";
            document.Info.Version = ProgramVersion.Text;

            // The server does not know all addresses that it can be reached at; the description's own is right.
            document.Servers?.Clear();
            return Task.CompletedTask;
        }));

    /// <summary>Maps it.</summary>
    public static void Map(WebApplication app) =>
        app.MapOpenApi("/openapi/{documentName}.json").WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
}
