using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Tandem.Server.Access;

/// <summary>What a ticket opens.</summary>
/// <param name="Languages">Voices; null for all of them.</param>
/// <param name="Expires">Its end.</param>
/// <param name="Viewer">What its viewer is counted by: the key of the token that it was made for (<see cref="RequestLimits.KeyOf(string)"/>).</param>
internal readonly record struct Ticket(ImmutableArray<string>? Languages, DateTimeOffset Expires, UInt128 Viewer);

/// <summary>
/// Signed parts of HLS addresses: <c>/live/news/~1790000000.es_fr.SIGNATURE/es/index.m3u8</c>. The token is taken once, at the master playlist;
/// its addresses carry a ticket, the relative addresses in playlists inherit it, and what is behind it is the same for all viewers, so that a
/// cache can leave it out of its key. SIGNATURE is whom it was made for, 16 bytes, and 32 bytes of HMAC-SHA256, in base64url. A second signature, which nginx can check by itself (secure_link), follows where there is a secret for it;
/// it is never taken for proof here.
/// </summary>
internal sealed class Tickets
{
    /// <summary>A path's part that begins so is a ticket.</summary>
    public const char Mark = '~';

    private const int ViewerBytes = 16;
    private const string All = "_";
    private const string None = "-";

    private readonly ImmutableArray<byte[]> _keys;
    private readonly string? _cdnSecret;

    public Tickets(AccessOptions options)
    {
        var secrets = options.TicketSecrets.IsEmpty ? options.Secrets : options.TicketSecrets;
        _keys =
        [
            .. secrets.Select(secret => HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), SHA256.HashSizeInBytes, info: "tandem hls ticket"u8.ToArray())),
        ];
        _cdnSecret = options.CdnSecret;
    }

    /// <summary>Makes one, with the mark.</summary>
    /// <param name="channel">The channel's id.</param>
    /// <param name="languages">Voices; null for all.</param>
    /// <param name="expires">Its end; fractions of a second are cut off.</param>
    /// <param name="viewer">What the viewer is counted by.</param>
    public string Issue(string channel, ImmutableArray<string>? languages, DateTimeOffset expires, UInt128 viewer)
    {
        var end = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var voices = languages is not { } open ? All : open.IsEmpty ? None : string.Join('_', open);
        var whom = new byte[ViewerBytes];
        BinaryPrimitives.WriteUInt128BigEndian(whom, viewer);
        var ticket = $"{Mark}{end}.{voices}.{WebEncoders.Base64UrlEncode([.. whom, .. Sign(_keys[0], end, channel, voices, whom)])}";
        return _cdnSecret is null ? ticket : $"{ticket}.{CdnSignature(_cdnSecret, end, channel, voices)}";
    }

    /// <summary>What a ticket opens, or a word of <see cref="Refusals"/>.</summary>
    /// <param name="text">With the mark.</param>
    /// <param name="channel">The channel that it is used for.</param>
    /// <param name="now">The time.</param>
    public (Ticket Ticket, string? Refusal) Read(string text, string channel, DateTimeOffset now)
    {
        // The fourth part is for a cache.
        if (text.Length > 1024 || text[1..].Split('.') is not { Length: 3 or 4 } parts)
            return (default, Refusals.Malformed);
        var (end, voices, signature) = (parts[0], parts[1], parts[2]);
        if (!long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return (default, Refusals.Malformed);
        if (!IsSigned(signature, end, channel, voices, out var viewer))
            return (default, Refusals.Signature);
        var expires = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (now >= expires)
            return (default, Refusals.Expired);
        return (new Ticket(voices switch { All => null, None => [], _ => [.. voices.Split('_')] }, expires, viewer), null);
    }

    /// <summary>The signature as nginx's secure_link_md5 makes it of <c>"SECRET end/channel/voices SECRET"</c>.</summary>
    internal static string CdnSignature(string secret, string end, string channel, string voices)
    {
#pragma warning disable CA5351 // The only hash that nginx's module knows; with the secret at both ends it cannot be continued. Not trusted here.
        var hash = MD5.HashData(Encoding.UTF8.GetBytes($"{secret} {end}/{channel}/{voices} {secret}"));
#pragma warning restore CA5351
        return WebEncoders.Base64UrlEncode(hash);
    }

    private static byte[] Sign(byte[] key, string end, string channel, string voices, ReadOnlySpan<byte> viewer) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{end}\n{channel}\n{voices}\n{Convert.ToHexString(viewer)}"));

    private bool IsSigned(string signature, string end, string channel, string voices, out UInt128 viewer)
    {
        viewer = 0;
        byte[] given;
        try
        {
            given = WebEncoders.Base64UrlDecode(signature);
        }
        catch (FormatException)
        {
            return false;
        }

        if (given.Length != ViewerBytes + HMACSHA256.HashSizeInBytes)
            return false;
        var whom = given.AsSpan(0, ViewerBytes);
        viewer = BinaryPrimitives.ReadUInt128BigEndian(whom);
        var known = false;
        foreach (var key in _keys)
            known |= CryptographicOperations.FixedTimeEquals(given.AsSpan(ViewerBytes), Sign(key, end, channel, voices, whom));
        return known;
    }
}
