using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>How a channel writes the addresses of what it serves, signs them, and knows its own signatures again.</summary>
/// <param name="id">The channel's id.</param>
/// <param name="options">What is on the air.</param>
/// <param name="lengthOf">Bytes of a segment, for EXT-X-BYTERANGE.</param>
internal sealed class OriginAddresses(string id, OriginOptions options, Func<Track, OriginEntry, int> lengthOf)
{
    /// <summary>Segments that share a key.</summary>
    private const int KeyPeriod = 10;

    private readonly byte[] _secret = SHA256.HashData(Encoding.UTF8.GetBytes("origin " + id));

    /// <summary>File name ending of segments.</summary>
    public string Extension => options.Programme.Packing == Packing.Ts ? "ts" : "m4s";

    /// <summary>The path and query of the master playlist.</summary>
    public string Master(DateTimeOffset now) => Signed($"/{id}/master.m3u8", $"/{id}/master.m3u8", now.AddDays(1));

    /// <summary>A media playlist as the master writes it. Playlists are signed for a day: the source's own players could not live otherwise.</summary>
    public string Playlist(Track track, DateTimeOffset now) =>
        Signed($"/{id}/{track.Name}/index.m3u8", options.Variables ? $"{track.Name}/{{$list}}" : $"{track.Name}/index.m3u8", now.AddDays(1));

    /// <summary>An init segment as a media playlist writes it.</summary>
    public string Init(Track track) => Signed($"/{id}/{track.Name}/init.mp4", Prefix(track) + "init.mp4", DateTimeOffset.UnixEpoch.AddYears(100));

    /// <summary>A segment, or the file that holds it.</summary>
    public string Segment(Track track, OriginEntry entry)
    {
        var name = options.SegmentsPerFile > 0
            ? $"{entry.Life}-f{entry.Sequence / options.SegmentsPerFile}.{Extension}"
            : $"{entry.Life}-{entry.Sequence}.{Extension}";
        return Signed($"/{id}/{track.Name}/{name}", Prefix(track) + name, entry.Appears + (options.SignedFor ?? default));
    }

    /// <summary>A part of a segment.</summary>
    public string Part(Track track, OriginEntry entry, int part)
    {
        var name = $"{entry.Life}-{entry.Sequence}.{part}.{Extension}";
        return Signed($"/{id}/{track.Name}/{name}", Prefix(track) + name, entry.Appears + (options.SignedFor ?? default));
    }

    /// <summary>EXT-X-BYTERANGE's value; null for whole files.</summary>
    public string? Range(Track track, OriginEntry entry)
    {
        if (options.SegmentsPerFile == 0)
            return null;
        return string.Create(CultureInfo.InvariantCulture, $"{lengthOf(track, entry)}@{OffsetInFile(track, entry)}");
    }

    /// <summary>EXT-X-KEY that applies to a segment; null where it is clear.</summary>
    public string? Key(OriginEntry entry)
    {
        if (options.Encryption == Encryption.None)
            return null;
        var number = entry.Sequence / KeyPeriod;
        var iv = options.Encryption == Encryption.Aes128ExplicitIv ? $",IV=0x{Convert.ToHexString(Iv(entry))}" : "";
        var path = $"/{id}/key/{number}.key";
        return $"#EXT-X-KEY:METHOD=AES-128,URI=\"{Signed(path, path, DateTimeOffset.UnixEpoch.AddYears(100))}\"{iv}";
    }

    /// <summary>16 bytes of key.</summary>
    public byte[] KeyBytes(long number) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"key {number}"))[..16];

    /// <summary>The whole segment as it is served, encrypted where the channel is.</summary>
    public byte[] Encrypted(OriginEntry entry, byte[] data)
    {
        if (options.Encryption == Encryption.None)
            return data;
        using var aes = Aes.Create();
        aes.Key = KeyBytes(entry.Sequence / KeyPeriod);
        return aes.EncryptCbc(data, Iv(entry));
    }

    /// <summary>Whether a signed path may be served now.</summary>
    public bool MayServe(string path, string? signature, DateTimeOffset now)
    {
        if (options.SignedFor is null)
            return true;
        var parts = (signature ?? "").Split('-');
        return parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var until)
            && signature == Signature(path, until) && now.ToUnixTimeSeconds() <= until;
    }

    private string Prefix(Track track) => options.Variables ? $"{{$where}}/{track.Name}/" : "";

    private int OffsetInFile(Track track, OriginEntry entry)
    {
        var offset = 0;
        for (var sequence = entry.Sequence - (entry.Sequence % options.SegmentsPerFile); sequence < entry.Sequence; sequence++)
            offset += lengthOf(track, entry with { Sequence = sequence, Ordinal = entry.Ordinal - (entry.Sequence - sequence) });
        return offset;
    }

    private byte[] Iv(OriginEntry entry)
    {
        var iv = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(iv.AsSpan(8), entry.Sequence);
        if (options.Encryption == Encryption.Aes128ExplicitIv)
            iv[0] = 0xA5;
        return iv;
    }

    private string Signed(string path, string written, DateTimeOffset until) =>
        options.SignedFor is null ? written : $"{written}?sig={Signature(path, until.ToUnixTimeSeconds())}";

    private string Signature(string path, long until) => string.Create(
        CultureInfo.InvariantCulture,
        $"{until}-{Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{path} {until}")))[..20]}");
}
