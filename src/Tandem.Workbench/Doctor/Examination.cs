using Microsoft.Extensions.Logging;

namespace Tandem.Workbench.Doctor;

/// <summary>What a check needs.</summary>
/// <param name="Options">What is examined.</param>
/// <param name="Time">The clock that is examined, and runs deadlines.</param>
/// <param name="Log">Where the parts that are tried say what befell them.</param>
internal sealed record CheckSurroundings(DoctorOptions Options, TimeProvider Time, ILogger Log);

/// <summary>
/// <c>doctor</c>: looks at everything that Tandem needs of a machine, and tries what can be tried. Never throws for what it finds, and
/// never hangs: each check has its time.
/// </summary>
public static class Examination
{
    // In the order in which people read them. What needs the libraries comes behind them and is not tried without them: functions that are
    // not what they seem crash the process.
    private static readonly (string Name, bool NeedsLibraries, Func<CheckSurroundings, CancellationToken, Task<IReadOnlyList<Finding>>> Check)[] _checks =
    [
        ("codecs", true, (around, _) => Task.FromResult(CodecCheck.Examine())),
        ("round", true, RoundCheck.ExamineAsync),
        ("engines", false, EngineCheck.ExamineAsync),
        ("memory", false, (around, _) => Task.FromResult(MemoryCheck.Examine(around.Options))),
        ("scratch", false, FolderCheck.ScratchAsync),
        ("state_dir", false, FolderCheck.StateAsync),
        ("port", false, (around, _) => Task.FromResult(PortCheck.Examine(around.Options))),
        ("clock", false, ClockCheck.ExamineAsync),
    ];

    /// <summary>Runs all checks, one after the other.</summary>
    /// <param name="options">What is examined.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where the parts that are tried say what befell them.</param>
    /// <param name="tell">Told each finding as it comes.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(
        DoctorOptions options, TimeProvider time, ILogger log, Action<Finding> tell, CancellationToken cancellation)
    {
        var around = new CheckSurroundings(options, time, log);
        var all = new List<Finding>();
        Add(await BoundedAsync("libraries", around, (_, _) => Task.FromResult(LibraryCheck.Examine(options)), cancellation));
        var usable = all.TrueForAll(finding => finding.Name != LibraryCheck.Libraries || finding.State != CheckState.Failed);
        foreach (var (name, needsLibraries, check) in _checks)
        {
            Add(needsLibraries && !usable
                ? [Finding.Failed(name, "not tried, because the libraries do not fit", "mend the libraries first")]
                : await BoundedAsync(name, around, check, cancellation));
        }

        return all;

        void Add(IReadOnlyList<Finding> findings)
        {
            all.AddRange(findings);
            foreach (var finding in findings)
                tell(finding);
        }
    }

    private static async Task<IReadOnlyList<Finding>> BoundedAsync(
        string name, CheckSurroundings around, Func<CheckSurroundings, CancellationToken, Task<IReadOnlyList<Finding>>> check, CancellationToken cancellation)
    {
        // The real clock: a check that hangs is left behind, whatever the examined one does.
        using var deadline = new CancellationTokenSource(around.Options.Limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await Task.Run(() => check(around, either.Token), CancellationToken.None).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [Finding.Failed(
                name, $"no result within {around.Options.Limit.TotalSeconds:0.#} s", "see whether the machine is overloaded or a disk hangs, then try again")];
        }
#pragma warning disable CA1031 // The edge of a check: whatever is broken on this machine is a finding.
        catch (Exception problem) when (problem is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return [Finding.Failed(name, $"{problem.GetType().Name}: {problem.Message}", "this should not happen; please report it with this line")];
        }
    }
}
