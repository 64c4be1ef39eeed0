using System.Net;
using System.Net.Sockets;

namespace Tandem.Live.Ingest;

/// <summary>
/// Which network addresses a source may lead to. A playlist is untrusted: without this, it could have the server fetch from its own
/// machine, its private network or a cloud's metadata service. Ranges from the IANA special-purpose address registries (RFC 6890).
/// </summary>
public static class AddressPolicy
{
    private static readonly IPNetwork[] s_refused4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // "this" network; 0.0.0.0 reaches loopback on Linux
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // carrier-grade NAT; some clouds keep metadata there
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // link-local, metadata services among them
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // 6to4 relays
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, broadcast
        IPNetwork.Parse("168.63.129.16/32"), // a cloud's host agent at a public address
    ];

    private static readonly IPNetwork[] s_refused6 =
    [
        IPNetwork.Parse("64:ff9b:1::/48"), // NAT64 of local use: what it leads to cannot be told from the address
        IPNetwork.Parse("100::/64"), // discard
        IPNetwork.Parse("2001::/23"), // protocol assignments, Teredo among them
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("3fff::/20"), // documentation
        IPNetwork.Parse("5f00::/16"), // segment routing
        IPNetwork.Parse("fc00::/7"), // unique local
        IPNetwork.Parse("fe80::/10"), // link-local
        IPNetwork.Parse("fec0::/10"), // site-local
        IPNetwork.Parse("ff00::/8"), // multicast
    ];

    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork s_6to4 = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork s_low = IPNetwork.Parse("::/96"); // unspecified, loopback, IPv4-compatible
    private static readonly IPNetwork s_translated = IPNetwork.Parse("::ffff:0:0:0/96"); // SIIT

    /// <summary>Whether <paramref name="address"/> is on the public internet as far as its number tells.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Array.Exists(s_refused4, network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        if (address.IsIPv4MappedToIPv6)
            return IsPublic(address.MapToIPv4());
        // Without its scope: fe80::1%eth0 is fe80::1.
        var bytes = address.GetAddressBytes();
        var plain = new IPAddress(bytes);
        if (s_low.Contains(plain) || s_translated.Contains(plain) || Array.Exists(s_refused6, network => network.Contains(plain)))
            return false;
        if (s_nat64.Contains(plain))
            return IsPublic(new IPAddress(bytes.AsSpan(12, 4)));
        return !s_6to4.Contains(plain) || IsPublic(new IPAddress(bytes.AsSpan(2, 4)));
    }
}
