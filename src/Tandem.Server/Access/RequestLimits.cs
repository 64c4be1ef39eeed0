using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Tandem.Server.Access;

/// <summary>
/// What one address or one token may ask for. Programs of this machine are not limited, and trusted proxies only for those they ask for. An
/// IPv6 address counts with its whole /64: a household, or one machine with many addresses.
/// </summary>
internal sealed class RequestLimits
{
    private const int Seconds = 5;

    private readonly TokenBuckets _address;
    private readonly TokenBuckets _token;
    private readonly OpenCounts<IPAddress> _addressOpen;
    private readonly OpenCounts<UInt128> _tokenOpen;

    public RequestLimits(LimitOptions options, TimeProvider time)
    {
        _address = new TokenBuckets(options.AddressRequests, options.AddressRequests * Seconds, time);
        _token = new TokenBuckets(options.TokenRequests, options.TokenRequests * Seconds, time);
        _addressOpen = new OpenCounts<IPAddress>(options.AddressConnections);
        _tokenOpen = new OpenCounts<UInt128>(options.TokenConnections);
    }

    /// <summary>Takes a request of an address; else how long until it may ask again.</summary>
    public TimeSpan? Request(IPAddress? address) => IsOwn(address) ? null : _address.Take(KeyOf(address!));

    /// <summary>Takes a request with a token; else how long until it may ask again.</summary>
    public TimeSpan? Request(UInt128 token) => _token.Take(token);

    /// <summary>Takes a connection of an address; null where it has as many as it may.</summary>
    public IDisposable? Connect(IPAddress? address) => IsOwn(address) ? Nothing.Instance : _addressOpen.Open(KeyOf(address!));

    /// <summary>Takes a WebSocket with a token; null where there are as many as may be.</summary>
    public IDisposable? Connect(UInt128 token) => _tokenOpen.Open(token);

    /// <summary>A token as it is counted: half of its SHA-256, so that no table holds tokens.</summary>
    public static UInt128 KeyOf(string token) => KeyOf(Encoding.UTF8.GetBytes(token));

    /// <summary>An address as it is counted.</summary>
    internal static IPAddress KeyOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private static UInt128 KeyOf(ReadOnlySpan<byte> bytes) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(bytes));

    private static bool IsOwn(IPAddress? address) => address is null || IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}
