using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tandem.Operations.Load;

/// <summary>The head of an answer to an upgrade (RFC 6455, section 4.1).</summary>
internal sealed record UpgradeAnswer(int Status, string? Accept, string? Protocol, TimeSpan? RetryAfter, int? Length)
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int LongestDetail = 200;

    /// <summary>Reads status line and headers; status 0 where there is no status line.</summary>
    public static UpgradeAnswer Read(string head)
    {
        var lines = head.Split("\r\n");
        var words = lines[0].Split(' ');
        var status = words.Length >= 2 && words[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 0;
        var after = Number(lines, "retry-after");
        return new UpgradeAnswer(
            status, Value(lines, "sec-websocket-accept"), Value(lines, "sec-websocket-protocol"),
            after is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 3600)) : null, Number(lines, "content-length"));
    }

    /// <summary>What a server must answer to a key.</summary>
#pragma warning disable CA5350 // RFC 6455 demands SHA-1; nothing is protected by it.
    public static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350

    /// <summary>What a JSON body says in one line (<c>detail</c>, <c>reason</c> or <c>title</c>); empty for none.</summary>
    public static string DetailOf(ReadOnlySpan<byte> body)
    {
        var (from, to) = (body.IndexOf((byte)'{'), body.LastIndexOf((byte)'}'));
        if (from < 0 || to < from)
            return "";
        try
        {
            using var json = JsonDocument.Parse(body[from..(to + 1)].ToArray());
            foreach (var name in new[] { "detail", "reason", "title" })
            {
                if (!json.RootElement.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
                    continue;
                var text = value.GetString()!.ReplaceLineEndings(" ");
                return text.Length > LongestDetail ? text[..LongestDetail] : text;
            }
        }
        catch (JsonException)
        {
            // It says nothing that could be shown.
        }

        return "";
    }

    private static string? Value(string[] lines, string name) => lines.Skip(1)
        .Select(line => line.Split(':', 2))
        .FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))?[1].Trim();

    private static int? Number(string[] lines, string name) =>
        int.TryParse(Value(lines, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
