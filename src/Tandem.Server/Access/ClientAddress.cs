using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Tandem.Server.Access;

/// <summary>Marks requests that a trusted proxy asks for somebody: its connections are not that viewer's.</summary>
internal sealed class Proxied
{
    public static Proxied Instance { get; } = new();
}

/// <summary>
/// Who really asks, where a proxy asks for somebody: the last address in the proxy's header that is not a trusted proxy's itself. Only trusted
/// proxies are believed, and of the two headers only the one that they are known to write: the other comes through as a viewer sent it.
/// </summary>
/// <param name="trusted">The proxies.</param>
/// <param name="header">What they write.</param>
internal sealed class ClientAddress(ImmutableArray<IPNetwork> trusted, ForwardedHeader header)
{
    // A chain of proxies that is longer than any real one.
    private const int MostHops = 16;

    /// <summary>Whether an address is a trusted proxy's.</summary>
    public bool IsTrusted(IPAddress? address)
    {
        if (address is null || trusted.IsEmpty)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return trusted.Any(network => network.Contains(plain));
    }

    /// <summary>Puts who really asks, and by which scheme, in the place of the proxy.</summary>
    public void Apply(HttpContext context)
    {
        if (!IsTrusted(context.Connection.RemoteIpAddress))
            return;
        var headers = context.Request.Headers;
        var (addresses, scheme) = header == ForwardedHeader.Forwarded
            ? Forwarded(headers["Forwarded"].ToString())
            : (headers["X-Forwarded-For"].ToString(), Last(headers["X-Forwarded-Proto"].ToString()));
        context.Features.Set(Proxied.Instance);
        if (Client(addresses) is { } client)
            context.Connection.RemoteIpAddress = client;
        if (scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("http", StringComparison.OrdinalIgnoreCase))
            context.Request.Scheme = scheme.ToLowerInvariant();
    }

    /// <summary>The last untrusted address of a list; null where nothing in it can be read.</summary>
    internal IPAddress? Client(string list)
    {
        IPAddress? found = null;
        foreach (var part in list.Split(',').Reverse().Take(MostHops))
        {
            // What is unreadable hides who asked the last proxy that could be read; that proxy is the one to count.
            if (Address(part.Trim()) is not { } address)
                return found;
            found = address;
            if (!IsTrusted(address))
                return found;
        }

        return found;
    }

    private static IPAddress? Address(string text)
    {
        text = text.Trim('"');
        if (IPAddress.TryParse(text, out var address))
            return address;

        // With a port: 192.0.2.1:80, [2001:db8::1]:80.
        return IPEndPoint.TryParse(text, out var endpoint) ? endpoint.Address : null;
    }

    private static string Last(string list) => list[(list.LastIndexOf(',') + 1)..].Trim();

    /// <summary>The <c>for</c> of each element as a list, and the last element's <c>proto</c> (RFC 7239, section 4).</summary>
    private static (string Addresses, string Scheme) Forwarded(string value)
    {
        var addresses = new List<string>();
        var scheme = "";
        foreach (var element in value.Split(','))
        {
            var (address, proto) = ("unknown", "");
            foreach (var pair in element.Split(';'))
            {
                switch (pair.Trim().Split('=', 2))
                {
                    case [var name, var text] when name.Equals("for", StringComparison.OrdinalIgnoreCase):
                        address = text;
                        break;
                    case [var name, var text] when name.Equals("proto", StringComparison.OrdinalIgnoreCase):
                        proto = text.Trim('"');
                        break;
                    default:
                        break;
                }
            }

            addresses.Add(address);
            scheme = proto;
        }

        return (string.Join(',', addresses), scheme);
    }
}
