using System.Diagnostics.CodeAnalysis;

namespace Tandem.Live.Ingest;

/// <summary>Addresses in playlists (RFC 3986, section 5).</summary>
internal static class AddressReader
{
    /// <summary>Longest address; servers and caches seldom take more.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>
    /// Resolves what a playlist wrote against the playlist's own address: absolute, protocol-relative, absolute path, relative or
    /// query only. <see cref="Uri"/> alone would take <c>/path</c> on Linux for a file.
    /// </summary>
    public static bool TryResolve(Uri playlist, string written, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        var text = written.Trim();
        if (text.Length is 0 or > MaxLength)
            return false;
        var found = HasScheme(text) ? Uri.TryCreate(text, UriKind.Absolute, out address)
            : text.StartsWith("//", StringComparison.Ordinal) ? Uri.TryCreate(playlist.Scheme + ":" + text, UriKind.Absolute, out address)
            : Uri.TryCreate(text, UriKind.Relative, out var relative) && Uri.TryCreate(playlist, relative, out address);
        if (!found || !IsUsable(address!))
            return false;
        address = WithoutCredentials(address!);
        return true;
    }

    /// <summary>
    /// Nobody would use them: neither Tandem's client nor a browser's sends what stands before the host, and it would reach every viewer
    /// with the addresses that are published, also those that are relative to this one (RFC 3986, section 5.2.2).
    /// </summary>
    private static Uri WithoutCredentials(Uri address) =>
        address.UserInfo.Length == 0 ? address : new UriBuilder(address) { UserName = "", Password = "" }.Uri;

    private static bool IsUsable(Uri address) =>
        address.IsAbsoluteUri && address.OriginalString.Length <= MaxLength && (address.Scheme is not ("http" or "https") || address.Host.Length > 0);

    private static bool HasScheme(string text)
    {
        if (!char.IsAsciiLetter(text[0]))
            return false;
        foreach (var character in text)
        {
            if (character == ':')
                return true;
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('+' or '-' or '.'))
                return false;
        }

        return false;
    }
}
