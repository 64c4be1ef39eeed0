using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Doctor;

/// <summary>
/// The whole way of a segment on generated sound, in each container: decoded in a confined worker, dubbed, mixed, encoded, packaged, decoded
/// again, and both the original's tone and the dub's found at their places. The worker's confinement is told on the way.
/// </summary>
internal static class RoundCheck
{
    private const string Remedy = "see the log of the media worker above; ./test tells which part is broken";

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(CheckSurroundings around, CancellationToken cancellation)
    {
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { Name = "doctor" }, around.Time, around.Log);
        var round = await RoundAsync(worker, cancellation);
        return [round, Confinement(worker)];
    }

    private static async Task<Finding> RoundAsync(MediaWorker worker, CancellationToken cancellation)
    {
        const string Name = "round";
        var worst = SoundLength.Zero;
        foreach (var container in Enum.GetValues<Container>())
        {
            var (places, problem) = await SoundRound.RunAsync(container, worker, cancellation);
            if (problem is not null)
                return Finding.Failed(Name, $"{container}: {problem}", Remedy);
            foreach (var (what, late) in places)
            {
                var away = new SoundLength(Math.Abs(late.Samples));
                if (away.Samples > Epoch.FrameSamples)
                    return Finding.Failed(Name, $"{container}: {what} is {Milliseconds(late)} from its place", Remedy);
                worst = away > worst ? away : worst;
            }
        }

        return Finding.Ok(Name, $"decoded, dubbed, encoded and packaged as {string.Join(", ", Enum.GetNames<Container>())}; found again within {Milliseconds(worst)}");
    }

    private static Finding Confinement(MediaWorker worker)
    {
        const string Name = "sandbox";
        var report = worker.Sandbox;
        if (report.Complete)
            return Finding.Ok(Name, $"files: {report.FileSystem.Detail}; network and system calls: {report.SystemCalls.Detail}; limits: {report.Limits.Detail}");
        return worker.IsReady
            ? Finding.Warning(
                Name,
                $"media workers are not fully confined: {report.Gaps}",
                "run on a kernel with Landlock and seccomp (5.13 or newer), and let the container runtime allow both")
            : Finding.Failed(Name, "no media worker came up", Remedy);
    }

    private static string Milliseconds(SoundLength length) => $"{length.Seconds * 1000:0.0} ms";
}
