using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Tandem.Server.Api;

/// <summary>Reads small bodies whole.</summary>
internal static class JsonBody
{
    /// <summary>The body; null where it is larger than <paramref name="most"/> bytes.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int most)
    {
        if (context.Request.ContentLength > most)
            return null;
        using var body = new MemoryStream();
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                if (body.Length + read > most)
                    return null;
                body.Write(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return body.ToArray();
    }
}
