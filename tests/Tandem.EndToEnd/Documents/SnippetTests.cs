using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Tandem.EndToEnd.Documents;

/// <summary>What the documents tell people to type exists: each command has a help that knows each option.</summary>
public sealed partial class SnippetTests
{
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", "dist", "artifacts", "TestResults", ".git"];

    [Fact]
    public async Task Every_call_in_the_documents_is_one_that_the_program_knows()
    {
        var calls = Documents(Root()).SelectMany(d => Calls(File.ReadAllText(d)).Select(c => (Document: Path.GetFileName(d), Call: c))).ToArray();
        Assert.NotEmpty(calls);
        var helps = new Dictionary<string, string>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (var (document, call) in calls)
        {
            var words = call.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var command = words.Skip(1).FirstOrDefault(w => !w.StartsWith('-')) ?? (words is ["./run"] ? "demo" : "");
            if (!helps.TryGetValue(command, out var help))
                helps[command] = help = await HelpAsync(command);
            if (help.Length == 0)
                wrong.Add($"{document}: {call}: there is no such command");
            wrong.AddRange(words.Where(w => w.StartsWith("--", StringComparison.Ordinal) && !help.Contains(w.Split('=')[0], StringComparison.Ordinal))
                .Select(w => $"{document}: {call}: {w} is unknown"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Calls_are_found_in_snippets_only_and_without_comments()
    {
        Assert.Equal(["./run demo --input x", "./run"], Calls("text ./run no\n```bash\n$ ./run demo --input x   # why\nls\n./run\n```\n```\n./run neither\n```\n"));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_has_no_help() => Assert.Equal("", await HelpAsync("nonsense"));

    private static async Task<string> HelpAsync(string command)
    {
        string[] arguments = command.Length == 0 ? ["--help"] : [command, "--help"];
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tandem.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await errors;
        // Help for what does not exist is the help of the whole.
        return process.ExitCode == 0 && output.Contains($"tandem {command}", StringComparison.Ordinal) ? output : "";
    }

    private static IEnumerable<string> Calls(string document) =>
        Snippet().Matches(document).SelectMany(m => m.Groups["text"].Value.Split('\n'))
            .Select(l => Comment().Replace(l, "").Trim().TrimStart('$').Trim())
            .Where(l => l == "./run" || l.StartsWith("./run ", StringComparison.Ordinal));

    private static IEnumerable<string> Documents(string folder) =>
        Directory.EnumerateFiles(folder, "*.md")
            .Concat(Directory.EnumerateDirectories(folder).Where(d => !NotOurs.Contains(Path.GetFileName(d), StringComparer.Ordinal)).SelectMany(Documents));

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tandem.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the checkout");
        return folder;
    }

    [GeneratedRegex("^```bash\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\s#.*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Comment();
}
