using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tandem.Server.WebSockets;

/// <summary>What a request for a socket says, or what is wrong with it. Pure.</summary>
/// <param name="Language">The voice; null for the channel's default.</param>
/// <param name="Video">Whether the picture is wanted.</param>
/// <param name="Resume">The next sequences wanted.</param>
/// <param name="Protocol">The subprotocol that is spoken.</param>
internal sealed record SocketRequest(string? Language, bool Video, (long? Audio, long? Video) Resume, string Protocol)
{
    /// <summary>The current version.</summary>
    public const string Version = "tandem.v1";

    /// <summary>The version before.</summary>
    public const string VersionBefore = "tandem.v0";

    // RFC 6455, 1.3.
    private const string AcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Reads a request; with a mistake the status and one sentence for people.</summary>
    public static (SocketRequest? Request, int Status, string Problem) Read(HttpRequest request)
    {
        var headers = request.Headers;
        if (!Names(headers.Upgrade.ToString(), "websocket"))
            return Wrong(StatusCodes.Status426UpgradeRequired, "This address is a WebSocket; ask with Upgrade: websocket.");
        if (!Names(headers.Connection.ToString(), "upgrade"))
            return Wrong(StatusCodes.Status400BadRequest, "Connection must name Upgrade.");
        if (headers.SecWebSocketVersion.ToString() != "13")
            return Wrong(StatusCodes.Status426UpgradeRequired, "Sec-WebSocket-Version must be 13.");
        Span<byte> key = stackalloc byte[16];
        if (!Convert.TryFromBase64String(headers.SecWebSocketKey.ToString(), key, out var length) || length != 16)
            return Wrong(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64.");
        var offered = headers.SecWebSocketProtocol.ToString();
        var protocol = Names(offered, Version) ? Version : Names(offered, VersionBefore) ? VersionBefore : null;
        if (protocol is null)
            return Wrong(StatusCodes.Status400BadRequest, $"Sec-WebSocket-Protocol must offer {Version} or {VersionBefore}.");
        var media = request.Query["media"].ToString();
        if (media is not ("" or "av" or "audio"))
            return Wrong(StatusCodes.Status400BadRequest, "media must be av or audio.");
        if (ReadResume(request.Query["resume"].ToString()) is not { } resume)
            return Wrong(StatusCodes.Status400BadRequest, "resume must be audio:N,video:N, or one of them.");
        var language = request.Query["lang"].ToString();
        return (new SocketRequest(language.Length == 0 ? null : language, media != "audio", resume, protocol), 0, "");
    }

    /// <summary>Sec-WebSocket-Accept for a key.</summary>
#pragma warning disable CA5350 // RFC 6455 wants SHA-1 here, and nothing rests on it.
    public static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key.Trim() + AcceptGuid)));
#pragma warning restore CA5350

    private static (SocketRequest? Request, int Status, string Problem) Wrong(int status, string problem) => (null, status, problem);

    private static bool Names(string header, string name) =>
        header.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase);

    private static (long? Audio, long? Video)? ReadResume(string text)
    {
        long? audio = null, video = null;
        if (text.Length == 0)
            return (null, null);
        foreach (var part in text.Split(','))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !long.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            switch (part[..colon])
            {
                case "audio" when audio is null:
                    audio = number;
                    break;
                case "video" when video is null:
                    video = number;
                    break;
                default:
                    return null;
            }
        }

        return (audio, video);
    }
}
