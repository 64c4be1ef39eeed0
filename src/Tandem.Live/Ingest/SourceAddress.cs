namespace Tandem.Live.Ingest;

/// <summary>How a source comes in.</summary>
public enum InputKind
{
    /// <summary>Playlists and segments are fetched over HTTP.</summary>
    Web,

    /// <summary>Playlists and segments are pushed over HTTP.</summary>
    Push,

    /// <summary>A media file of this machine, played as if it were live.</summary>
    File,

    /// <summary>A sender comes by RTMP.</summary>
    Rtmp,

    /// <summary>A sender comes by SRT.</summary>
    Srt,

    /// <summary>MPEG transport packets come by UDP.</summary>
    Udp,
}

/// <summary>What the addresses in <see cref="ChannelOptions.Input"/> mean.</summary>
public static class SourceAddress
{
    /// <summary>Stands for a source that is pushed: it has no address of its own.</summary>
    public static Uri Push { get; } = new("push:");

    /// <summary>The kind of an address.</summary>
    public static InputKind KindOf(Uri input) => input.Scheme switch
    {
        "push" => InputKind.Push,
        "file" => InputKind.File,
        "rtmp" => InputKind.Rtmp,
        "srt" => InputKind.Srt,
        "udp" => InputKind.Udp,
        _ => InputKind.Web,
    };

    /// <summary>Whether viewers could fetch the source's segments at an address of their own.</summary>
    public static bool HasAddresses(Uri input) => KindOf(input) == InputKind.Web;

    /// <summary>
    /// An input as it may be shown and logged: without user, password, query and fragment, without the key that an RTMP path ends with, and of
    /// a file its name alone.
    /// </summary>
    public static string Shown(Uri input) => KindOf(input) switch
    {
        InputKind.Push => "push",
        InputKind.File => "file:" + Path.GetFileName(input.LocalPath),
        InputKind.Rtmp => $"rtmp://{input.Authority[(input.Authority.IndexOf('@', StringComparison.Ordinal) + 1)..]}/{App(input)}…",
        InputKind.Srt or InputKind.Udp => input.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped),
        _ => input.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
    };

    private static string App(Uri input) => input.Segments is [_, var app, _, ..] ? app : "";
}
