namespace Tandem.Tests.Server;

/// <summary>Finds files of the checkout that the tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The cells of a Markdown file's tables, header and rule rows left out; code marks taken off.</summary>
    public static List<string[]> TableRows(string path) =>
    [
        .. Read(path).Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()),
    ];

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Tandem.slnx")))
                return folder;
        }

        throw new InvalidOperationException("The tests do not lie in a checkout.");
    }
}
