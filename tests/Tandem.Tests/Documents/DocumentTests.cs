using System.Text.RegularExpressions;
using Xunit;

namespace Tandem.Tests.Documents;

/// <summary>What the documents point at is there.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", "dist", "artifacts", "TestResults", ".git"];

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        var root = Root();
        var broken = new List<string>();
        var followed = 0;
        foreach (var document in Documents(root))
        {
            foreach (var target in Links(File.ReadAllText(document)))
            {
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                    continue;
                followed++;
                if (!Leads(document, target))
                    broken.Add($"{Path.GetRelativePath(root, document)}: {target}");
            }
        }

        Assert.Empty(broken);
        Assert.True(followed > 0, "no link was found to follow");
    }

    [Fact]
    public void The_follower_of_links_finds_broken_ones()
    {
        var document = Path.Combine(Root(), "README.md");
        Assert.Equal(["a.md", "LICENSE", "README.md#nowhere", "README.md#two-commands"],
            Links("[a](a.md) `[no](link.md)`\n```\n[nor](this.md)\n```\n[b](LICENSE \"title\") [c](README.md#nowhere) [d](<README.md#two-commands>)"));
        Assert.False(Leads(document, "a.md"));
        Assert.False(Leads(document, "README.md#nowhere"));
        Assert.True(Leads(document, "README.md#two-commands"));
        Assert.True(Leads(document, "LICENSE"));
    }

    [Fact]
    public void The_readme_stays_a_page()
    {
        Assert.InRange(File.ReadAllLines(Path.Combine(Root(), "README.md")).Length, 20, 99);
    }

    [Fact]
    public void Every_package_says_what_needs_it_and_why()
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "deploy", "packages.txt")).Where(l => l.Length > 0 && !l.StartsWith('#')).ToArray();
        Assert.All(lines, l => Assert.Matches(@"^[a-z0-9.+-]+ +(run|node|test|full) +\S.+$", l));
        Assert.Equal(lines.Length, lines.Select(l => l.Split(' ')[0]).Distinct(StringComparer.Ordinal).Count());
    }

    internal static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tandem.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the checkout");
        return folder;
    }

    private static IEnumerable<string> Documents(string folder) =>
        Directory.EnumerateFiles(folder, "*.md")
            .Concat(Directory.EnumerateDirectories(folder).Where(d => !NotOurs.Contains(Path.GetFileName(d), StringComparer.Ordinal)).SelectMany(Documents));

    private static string[] Links(string document) =>
        [.. Link().Matches(Code().Replace(document, "")).Select(m => m.Groups["target"].Value.Trim('<', '>'))];

    private static bool Leads(string document, string target)
    {
        var parts = target.Split('#', 2);
        var file = parts[0].Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document)!, Uri.UnescapeDataString(parts[0]));
        if (!File.Exists(file) && !Directory.Exists(file))
            return false;
        return parts.Length == 1 || (File.Exists(file) && Headings(File.ReadAllText(file)).Contains(parts[1]));
    }

    // As forges make them: lower case, spaces to hyphens, other signs left out.
    private static IEnumerable<string> Headings(string document) =>
        Heading().Matches(Code().Replace(document, "")).Select(m => new string(
            [.. m.Groups["text"].Value.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c)]));

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)\s]+)(\s+""[^""]*"")?\)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"```.*?```|`[^`\n]*`", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^#{1,6} (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Heading();
}
