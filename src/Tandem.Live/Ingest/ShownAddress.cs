namespace Tandem.Live.Ingest;

/// <summary>Addresses as people, logs and APIs may see them.</summary>
public static class ShownAddress
{
    /// <summary>The host that pushed files are given; <c>invalid</c> is never resolved (RFC 6761, section 6.4).</summary>
    internal const string PushedHost = "push.invalid";

    private const int MaxLength = 200;

    /// <summary>Scheme, host, port and path; query, fragment, user and password often are secrets and stay out.</summary>
    public static string Of(Uri address)
    {
        if (!address.IsAbsoluteUri)
            return "(relative address)";
        if (address.Scheme is not ("http" or "https"))
            return $"{address.Scheme}:…";

        // Made up: the path is what was pushed to, and there is no host.
        if (address.Host == PushedHost)
            return Bounded(address.AbsolutePath);
        var shown = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return Bounded(shown);
    }

    private static string Bounded(string shown) => shown.Length <= MaxLength ? shown : string.Concat(shown.AsSpan(0, MaxLength), "…");
}
