using Tandem.Live.Ingest;
using Tandem.Media;
using Tandem.Media.Segmenting;

namespace Tandem.Server.Configuration;

/// <summary>Reads what a channel's <c>input</c> may be.</summary>
internal static class Inputs
{
    /// <summary>The forms, as documents and messages name them.</summary>
    public const string Forms = "an http or https address, push, a file, or rtmp://, srt:// or udp:// to listen on";

    private const string Known = "known are http, https, push, file, rtmp, srt and udp";

    public static Parsed<Uri> Read(string text)
    {
        if (text.Equals("push", StringComparison.OrdinalIgnoreCase))
            return SourceAddress.Push;
        if (text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || text.StartsWith('/') || text.StartsWith('.'))
            return File(text);
        if (InputAddress.IsListener(text))
            return Listener(text);
        if (Web(text) is { } address)
        {
            return address.UserInfo.Length == 0
                ? address
                : new Wrong($"\"{Values.Shown(text)}\" holds a user name or password; give them as a header, such as Authorization: Basic dXNlcjpwYXNz");
        }

        var colon = text.IndexOf("://", StringComparison.Ordinal);
        return colon > 0 && text[..colon] is not ("http" or "https")
            ? new Wrong($"\"{Values.Shown(text)}\" is no address of a source: {text[..colon]} is not known; {Known}")
            : new Wrong($"\"{Values.Shown(text)}\" is no address of a source; write a playlist's whole, such as https://example.com/live/master.m3u8 ({Known})");
    }

    private static Uri? Web(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0 ? address : null;

    private static Parsed<Uri> Listener(string text)
    {
        // Ports that are none keep Uri from reading the rest.
        if (InputAddress.Parse(text, out var problem) is null)
            return new Wrong($"\"{Shown(text)}\": {problem}");
        return new Uri(text.Replace("://@", "://", StringComparison.Ordinal).Replace("://:", "://0.0.0.0:", StringComparison.Ordinal));
    }

    private static Parsed<Uri> File(string text)
    {
        var path = text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? text["file:".Length..] : text;
        path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            return new Wrong($"\"{text}\" names no file; write its path, such as /media/talk.mp4");
        try
        {
            path = Path.GetFullPath(path);
            if (Directory.Exists(path))
                return new Wrong($"\"{path}\" is a folder; name a media file in it");
            if (RegularFile.IsNone(path))
                return new Wrong($"\"{path}\" is a pipe or a device; name a media file, which is read more than once");
            using var file = System.IO.File.OpenHandle(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Wrong($"there is no file \"{path}\"; check the path, it is that of the server's machine");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return new Wrong($"the file \"{path}\" cannot be read; let the server's user read it ({exception.Message.Split('\n')[0]})");
        }

        // What means something in an address means nothing in a path.
        return new Uri("file://" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));
    }

    /// <summary>An address without what may be a secret: an RTMP path ends with the key, a query holds the passphrase.</summary>
    private static string Shown(string text)
    {
        var shown = Values.Shown(text);
        var last = shown.LastIndexOf('/');
        return shown.StartsWith("rtmp:", StringComparison.OrdinalIgnoreCase) && last > "rtmp://".Length ? shown[..last] + "/…" : shown;
    }
}
