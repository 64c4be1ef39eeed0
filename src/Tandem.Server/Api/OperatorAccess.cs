using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tandem.Live;
using Tandem.Server.Access;

namespace Tandem.Server.Api;

/// <summary>
/// Who may do what operators do. A key comes as <c>Authorization: Bearer KEY</c>, or as the password of basic authentication, for packagers
/// that take only an address; only hashes are kept. While there are none, what comes from this machine itself is an operator's. The operators'
/// own listener (<c>admin_port</c>) asks for no key where only this machine reaches it, or where the settings say so.
/// </summary>
/// <param name="hashes">SHA-256 of each key.</param>
/// <param name="access">Whether viewers need tokens, and the operators' own listener.</param>
/// <param name="meter">Counts refusals.</param>
internal sealed class OperatorAccess(ImmutableArray<ImmutableArray<byte>> hashes, AccessOptions access, TandemMeter meter)
{
    // Proxies say for whom they ask; then the peer's address is theirs.
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"];

    /// <summary>
    /// Whether anything is configured that says who may do what; without, everything that only shows is open to all who reach the server.
    /// </summary>
    public bool IsConfigured => !hashes.IsEmpty || access.NeedsToken || access.AdminPort is not null;

    /// <summary>Null for an operator; else the answer that refuses.</summary>
    public IResult? Refuse(HttpContext context)
    {
        if (IsForeignPage(context.Request))
        {
            return Answer(
                context,
                StatusCodes.Status403Forbidden,
                Refusals.OperatorOrigin,
                "A page of another site asks; operators come by the server's own pages, or with a key of operator_keys as Authorization: Bearer KEY.");
        }

        if (IsOwnListener(context) && access.AdminNeedsNoKey)
            return null;
        if (hashes.IsEmpty)
        {
            return IsLocal(context)
                ? null
                : Answer(
                    context,
                    StatusCodes.Status403Forbidden,
                    Refusals.OperatorRemote,
                    "Only operators may do this, and while operator_keys is empty only programs on the server's own machine are.");
        }

        if (KeyOf(context.Request) is not { } key)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"Tandem operators\", charset=\"UTF-8\"";
            return Answer(
                context,
                StatusCodes.Status401Unauthorized,
                Refusals.OperatorMissing,
                "Only operators may do this: send a key of operator_keys as Authorization: Bearer KEY, or as the password of basic authentication.");
        }

        return IsKnown(key) ? null : Answer(context, StatusCodes.Status403Forbidden, Refusals.OperatorKey, "The key is none of operator_keys.");
    }

    /// <summary>As <see cref="Refuse"/>, for what only shows: open to all while nothing is configured.</summary>
    public IResult? RefuseReading(HttpContext context) => IsConfigured ? Refuse(context) : null;

    /// <summary>Whether somebody may see what operators see; counts nothing and asks for nothing.</summary>
    public bool MaySee(HttpContext context) =>
        !IsConfigured
        || (!IsForeignPage(context.Request)
            && ((IsOwnListener(context) && access.AdminNeedsNoKey) || (hashes.IsEmpty ? IsLocal(context) : HasKey(context.Request))));

    /// <summary>Whether a request brings a key.</summary>
    public bool HasKey(HttpRequest request) => !hashes.IsEmpty && KeyOf(request) is { } key && IsKnown(key);

    private static bool IsOwnListener(HttpContext context) => context.Features.Get<AdminListener>() is not null;

    /// <summary>
    /// Whether a page of another site sent this: its browser would add a password that it remembers, and reaches listeners that only this
    /// machine does. Names beside <c>localhost</c> are no proof of the own site at a listener without key: anybody's name may lead here.
    /// </summary>
    private static bool IsForeignPage(HttpRequest request)
    {
        // No page can send this to another site without asking first, and the answer would be no.
        if (request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return false;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "cross-site" or "same-site")
            return true;
        var (origin, host) = (request.Headers.Origin.ToString(), request.Host);
        if (origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase)))
        {
            return true;
        }

        return site.Length > 0 && IsOwnListener(request.HttpContext) && host.Host is not "localhost" && !IPAddress.TryParse(host.Host.Trim('[', ']'), out _);
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

    private IResult Answer(HttpContext context, int status, string reason, string detail)
    {
        meter.AccessRefused(reason);
        return Problem.Refuse(context, status, reason, detail);
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
