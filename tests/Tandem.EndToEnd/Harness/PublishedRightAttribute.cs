using System.Collections.Concurrent;
using System.Reflection;
using Tandem.Checks.Hls;
using Xunit;
using Xunit.v3;

[assembly: Tandem.EndToEnd.Harness.PublishedRight]

namespace Tandem.EndToEnd.Harness;

/// <summary>
/// Fails every test in which anything was published that design.md, section 3a, forbids: the servers of <see cref="TandemServer"/> are
/// watched by themselves, and report here what was found.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class PublishedRightAttribute : BeforeAfterTestAttribute
{
    private const int Shown = 10;
    private static readonly ConcurrentDictionary<string, IReadOnlyList<HlsViolation>> _found = new(StringComparer.Ordinal);

    /// <summary>Reports what a channel published wrongly; outside of a test, as while a fixture starts, it fails at once.</summary>
    /// <exception cref="InvalidOperationException">There are violations, and no test runs.</exception>
    public static void Report(IReadOnlyList<HlsViolation> violations)
    {
        if (violations.Count == 0)
            return;
        if (TestContext.Current.Test is not { } test)
            throw new InvalidOperationException(Told(violations));
        _found.AddOrUpdate(test.UniqueID, violations, (_, before) => [.. before, .. violations]);
    }

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (_found.TryRemove(test.UniqueID, out var violations))
            Assert.Fail(Told(violations));
    }

    private static string Told(IReadOnlyList<HlsViolation> violations) =>
        $"{violations.Count} violations of section 3a were published:\n{string.Join('\n', violations.Take(Shown))}";
}
