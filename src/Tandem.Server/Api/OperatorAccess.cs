using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tandem.Server.Api;

/// <summary>
/// Who may do what operators do. A key comes as <c>Authorization: Bearer KEY</c>, or as the password of basic authentication, for packagers
/// that take only an address; only hashes are kept. While there are none, what comes from this machine itself is an operator's.
/// </summary>
/// <param name="hashes">SHA-256 of each key.</param>
internal sealed class OperatorAccess(ImmutableArray<ImmutableArray<byte>> hashes)
{
    // Proxies say for whom they ask; then the peer's address is theirs.
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"];

    /// <summary>Null for an operator; else the answer that refuses.</summary>
    public IResult? Refuse(HttpContext context)
    {
        if (hashes.IsEmpty)
        {
            return IsLocal(context)
                ? null
                : Problem.Of(StatusCodes.Status403Forbidden, "Only operators may do this, and while operator_keys is empty only programs on the server's own machine are.");
        }

        if (KeyOf(context.Request) is not { } key)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"Tandem operators\", charset=\"UTF-8\"";
            return Problem.Of(
                StatusCodes.Status401Unauthorized, "Only operators may do this: send a key of operator_keys as Authorization: Bearer KEY, or as the password of basic authentication.");
        }

        return IsKnown(key) ? null : Problem.Of(StatusCodes.Status403Forbidden, "The key is none of operator_keys.");
    }

    /// <summary>
    /// Whether a request comes from a program of this machine: not through a proxy, and not from a page in a browser, which any site could have
    /// sent.
    /// </summary>
    private static bool IsLocal(HttpContext context)
    {
        var headers = context.Request.Headers;
        return context.Connection.RemoteIpAddress is { } peer
            && IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer)
            && headers.Origin.Count == 0
            && !headers.ContainsKey("Sec-Fetch-Site")
            && !Array.Exists(ProxyHeaders, headers.ContainsKey);
    }

    private static string? KeyOf(HttpRequest request)
    {
        var text = request.Headers.Authorization.ToString();
        if (text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return text["Bearer ".Length..].Trim();
        if (!text.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        var coded = text["Basic ".Length..].Trim();
        var bytes = new byte[coded.Length];
        if (!Convert.TryFromBase64String(coded, bytes, out var length))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair is [_, var password] ? password : null;
    }

    private bool IsKnown(string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        var known = false;

        // All of them, in the same time each: how long it takes tells nothing.
        foreach (var one in hashes)
            known |= CryptographicOperations.FixedTimeEquals(one.AsSpan(), hash);
        return known;
    }
}
