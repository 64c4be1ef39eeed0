namespace Tandem.Live.Ingest;

/// <summary>Names of pushed files: relative paths such as <c>v0/seg1.ts</c>, as plain text, not percent-encoded.</summary>
public static class PushedName
{
    private const int MaxLength = 512;
    private const int MaxParts = 16;

    /// <summary>What is wrong with <paramref name="name"/>, one line for people; null where it can be used.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
            return "the address names no file; push to /ingest/{channel}/{file}";
        if (name.Length > MaxLength)
            return $"the file's name has {name.Length} characters; at most {MaxLength} can be kept";
        if (name.Any(char.IsControl) || name.Contains('\\', StringComparison.Ordinal) || name.Contains('\uFFFD', StringComparison.Ordinal))
            return "the file's name holds control characters, a backslash or broken UTF-8; use letters, digits and . _ - /";

        // Servers leave %2F as it is, and who decodes it later sees other folders than those that were checked.
        if (name.Contains("%2f", StringComparison.OrdinalIgnoreCase) || name.Contains("%5c", StringComparison.OrdinalIgnoreCase))
            return "the file's name holds an encoded slash; write / between folders";
        var parts = name.Split('/');
        if (parts.Length > MaxParts)
            return $"the file lies {parts.Length - 1} folders deep; at most {MaxParts - 1} can be used";
        return Array.Exists(parts, part => part is "" or "." or "..") ? "the file's name holds an empty part, . or ..; name folders and files plainly" : null;
    }

    /// <summary>
    /// The name that <paramref name="address"/> means below <paramref name="root"/>; empty for the root itself, null for what lies elsewhere.
    /// The host does not count: packagers write the address that they push to.
    /// </summary>
    internal static string? Of(Uri root, Uri address)
    {
        if (address.Scheme is not ("http" or "https") || !address.AbsolutePath.StartsWith(root.AbsolutePath, StringComparison.Ordinal))
            return null;
        var name = Uri.UnescapeDataString(address.AbsolutePath[root.AbsolutePath.Length..]);
        return name.Length == 0 || Problem(name) is null ? name : null;
    }
}
