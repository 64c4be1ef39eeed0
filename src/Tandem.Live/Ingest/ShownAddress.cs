namespace Tandem.Live.Ingest;

/// <summary>Addresses as people, logs and APIs may see them.</summary>
public static class ShownAddress
{
    private const int MaxLength = 200;

    /// <summary>Scheme, host, port and path; query, fragment, user and password often are secrets and stay out.</summary>
    public static string Of(Uri address)
    {
        if (!address.IsAbsoluteUri)
            return "(relative address)";
        if (address.Scheme is not ("http" or "https"))
            return $"{address.Scheme}:…";
        var shown = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return shown.Length <= MaxLength ? shown : string.Concat(shown.AsSpan(0, MaxLength), "…");
    }
}
