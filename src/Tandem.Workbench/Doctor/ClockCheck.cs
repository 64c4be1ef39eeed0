namespace Tandem.Workbench.Doctor;

/// <summary>
/// Whether the clock is fit to date playlists with: not earlier than this program, not being moved while it is looked at, and the one
/// that the file system writes, by which a restarted instance knows how old its record is.
/// </summary>
internal static class ClockCheck
{
    private const string Name = "clock";
    private const int Looks = 5;
    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(50);

    // A virtual machine's clock is nudged by less; what steps by more makes dates that players stumble over.
    private static readonly TimeSpan _mostStep = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _mostApart = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(CheckSurroundings around, CancellationToken cancellation)
    {
        var (options, time) = (around.Options, around.Time);
        var now = time.GetUtcNow();
        if (now.Year < options.BuildYear)
            return [Finding.Failed(Name, $"says {now:yyyy-MM-dd HH:mm} UTC, before this program was built ({options.BuildYear})", "set the clock, best by NTP")];

        // The smallest of several: a process that waits for its turn between two readings sees a step that was none.
        var step = TimeSpan.MaxValue;
        for (var look = 0; look < Looks; look++)
        {
            var (wall, steady) = (time.GetUtcNow(), time.GetTimestamp());
            await Task.Delay(_between, TimeProvider.System, cancellation);
            var elapsed = time.GetElapsedTime(steady);
            if (elapsed < TimeSpan.Zero)
                return [Finding.Failed(Name, "the machine's steady clock runs backwards", "use another clock source of the kernel or the hypervisor")];
            var moved = (time.GetUtcNow() - wall - elapsed).Duration();
            step = moved < step ? moved : step;
        }

        if (step > _mostStep)
            return [Finding.Warning(Name, $"is being moved: {step.TotalMilliseconds:0} ms within {_between.TotalMilliseconds:0} ms", "let NTP slew it rather than step it")];
        return [FileTime(options, time) ?? Finding.Ok(Name, $"{now:yyyy-MM-dd HH:mm:ss} UTC, steady, and the file system agrees")];
    }

    private static Finding? FileTime(DoctorOptions options, TimeProvider time)
    {
        var file = Path.Combine(options.ScratchDirectory, $".{Guid.NewGuid():N}");
        try
        {
            var before = time.GetUtcNow();
            File.WriteAllText(file, "");
            var written = new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero);
            var after = time.GetUtcNow();
            return written < before - _mostApart || written > after + _mostApart
                ? Finding.Warning(
                    Name, $"{options.ScratchDirectory} dates files {(written - before).TotalSeconds:+0;-0} s off this machine's clock",
                    "set both clocks by NTP; a restart misjudges the age of its record")
                : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The check of the folder has said so.
            return null;
        }
        finally
        {
            TryDelete(file);
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It was not made.
        }
    }
}
