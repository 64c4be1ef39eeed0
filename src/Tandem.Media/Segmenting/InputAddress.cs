using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tandem.Media.Segmenting;

/// <summary>Reads the addresses of listeners as operators write them. Pure, but for looking up the host's name.</summary>
public static class InputAddress
{
    /// <summary>Whether this is the address of a listener rather than a path or a playlist.</summary>
    public static bool IsListener(string text) =>
        text.StartsWith("rtmp://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("srt://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("udp://", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// <c>rtmp://host:port/app/key</c>, <c>srt://host:port?passphrase=…&amp;latency=200</c> (milliseconds) or
    /// <c>udp://host:port?interface=…</c>. The host is an address of this machine, a multicast group (udp), or empty or <c>0.0.0.0</c>
    /// for all; <c>@</c> before it is accepted.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <param name="problem">What is wrong with it, one line with the remedy; null where it is fine.</param>
    public static SegmenterInput? Parse(string text, out string? problem)
    {
        problem = null;
        if (!Uri.TryCreate(text.Replace("://@", "://", StringComparison.Ordinal).Replace("://:", "://0.0.0.0:", StringComparison.Ordinal), UriKind.Absolute, out var uri))
        {
            problem = "no address of a listener: write it as rtmp://0.0.0.0:1935/live/KEY, srt://0.0.0.0:9000 or udp://0.0.0.0:5000";
            return null;
        }

        var query = Query(uri.Query);
        var input = Read(uri, query, ref problem);
        if (problem is null && query.Count > 0)
            problem = $"{uri.Scheme}: unknown parameter '{query.Keys.First()}'";
        return problem is null ? input : null;
    }

    private static SegmenterInput? Read(Uri uri, Dictionary<string, string> query, ref string? problem)
    {
        var port = uri.Port > 0 ? uri.Port : uri.Scheme == "rtmp" ? 1935 : -1;
        if (port < 0)
        {
            problem = $"{uri.Scheme}: the port is missing";
            return null;
        }

        if (port < 1024 && uri.Scheme is "rtmp" or "srt")
        {
            problem = $"{uri.Scheme}: port {port} takes privileges that the confined listener has not; choose one from 1024 to 65535";
            return null;
        }

        if (Resolve(uri.DnsSafeHost) is not { } host)
        {
            problem = $"{uri.Scheme}: '{uri.DnsSafeHost}' is no address of this machine; 0.0.0.0 listens on all";
            return null;
        }

        var address = new IPEndPoint(host, port);
        return uri.Scheme switch
        {
            "rtmp" => Rtmp(uri, address, ref problem),
            "srt" => Srt(query, address, ref problem),
            "udp" => Udp(query, address, ref problem),
            _ => Unknown(uri.Scheme, ref problem),
        };
    }

    private static SegmenterInput? Unknown(string scheme, ref string? problem)
    {
        problem = $"'{scheme}' is no protocol to listen by; there are rtmp, srt and udp";
        return null;
    }

    private static RtmpInput? Rtmp(Uri uri, IPEndPoint address, ref string? problem)
    {
        var parts = uri.AbsolutePath.Trim('/').Split('/');
        if (parts is [{ Length: > 0 } application, { Length: > 0 } key] && parts.All(part => part.Length <= 100 && part.All(IsPlain)))
            return new RtmpInput(address, application, key);
        problem = "rtmp: the path must be APPLICATION/KEY, of letters, digits, '-', '_' and '.', such as rtmp://0.0.0.0:1935/live/KEY";
        return null;
    }

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';

    private static SrtInput? Srt(Dictionary<string, string> query, IPEndPoint address, ref string? problem)
    {
        if (query.Remove("mode", out var mode) && mode != "listener")
            problem = $"srt: mode={mode} is not served; Tandem listens, leave it out or say mode=listener";
        var latency = SrtInput.DefaultLatency;
        if (query.Remove("latency", out var text))
        {
            if (int.TryParse(text.Replace("ms", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms is >= 20 and <= 8000)
                latency = TimeSpan.FromMilliseconds(ms);
            else
                problem = $"srt: latency={text} is not within 20 and 8000 ms";
        }

        query.Remove("passphrase", out var passphrase);
        if (passphrase is not null && passphrase.Length is < 10 or > 79)
            problem = "srt: the passphrase must have 10 to 79 characters";
        return new SrtInput(address, passphrase, latency);
    }

    private static UdpInput? Udp(Dictionary<string, string> query, IPEndPoint address, ref string? problem)
    {
        IPAddress? through = null;
        if (query.Remove("interface", out var text) && !IPAddress.TryParse(text, out through))
            problem = $"udp: interface={text} is no address of a network interface of this machine";
        return new UdpInput(address, through);
    }

    private static IPAddress? Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var address))
            return address;
        try
        {
            return Dns.GetHostAddresses(host).FirstOrDefault(found => found.AddressFamily == AddressFamily.InterNetwork);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Query(string query)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            result[Uri.UnescapeDataString(parts[0])] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        }

        return result;
    }
}
