using System.Runtime.CompilerServices;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>The recordings beside the checkout; tests that need them are skipped where they are missing.</summary>
internal static class SharedMedia
{
    public static string Find(string path, [CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
        var folder = Environment.GetEnvironmentVariable("TANDEM_TEST_MEDIA") ?? Path.Combine(root, "../shared/media");
        var found = Path.Combine(folder, path);
        Assert.SkipUnless(Path.Exists(found), "shared/media is not beside the checkout");
        return found;
    }
}
