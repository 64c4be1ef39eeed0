using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Tandem.Server.Api;

/// <summary>A <see cref="Problem"/> as an answer that the API's description knows of.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="detail">One sentence for people.</param>
internal sealed class ProblemResult(int status, string detail) : IResult, IEndpointMetadataProvider
{
    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(Problem), [Problem.ContentType]));

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => Problem.Of(status, detail).ExecuteAsync(httpContext);
}
