using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tandem.Tests.Server;

/// <summary>Makes tokens by hand, the wrong ones too; shares nothing with the library that reads them.</summary>
internal static class Jwt
{
    public const string Secret = "0123456789abcdef0123456789abcdef";
    public const string OtherSecret = "fedcba9876543210fedcba9876543210";

    public static string Signed(object claims, string secret = Secret, object? header = null) =>
        Signed(claims, bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes), header ?? new { alg = "HS256", typ = "JWT" });

    public static string Signed(object claims, Func<byte[], byte[]> sign, object header)
    {
        var text = $"{Part(header)}.{Part(claims)}";
        return $"{text}.{Base64(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    /// <summary>Claims of a token for <c>news</c> that ends in ten minutes, changed by <paramref name="more"/>.</summary>
    public static JsonObject Claims(DateTimeOffset now, object? more = null)
    {
        var claims = new JsonObject { ["channels"] = "news", ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds() };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(more ?? new { })!.AsObject())
        {
            if (value is null)
                claims.Remove(name);
            else
                claims[name] = value.DeepClone();
        }

        return claims;
    }

    public static string Part(object part) => Base64(JsonSerializer.SerializeToUtf8Bytes(part));

    public static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
