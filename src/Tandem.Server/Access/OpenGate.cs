using Microsoft.AspNetCore.Http;

namespace Tandem.Server.Access;

/// <summary>Admits everybody.</summary>
internal sealed class OpenGate : IViewerGate
{
    /// <inheritdoc/>
    public ValueTask<ViewerVerdict> AdmitAsync(HttpContext context, string channel, string? language, ViewerKind kind) => new(ViewerVerdict.Admit());
}
