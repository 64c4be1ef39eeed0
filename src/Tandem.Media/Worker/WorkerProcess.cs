namespace Tandem.Media.Worker;

/// <summary>The child side of a <c>MediaWorker</c>: what runs as <c>tandem worker</c>.</summary>
public static class WorkerProcess
{
    /// <summary>Serves requests from standard input until it closes.</summary>
    /// <param name="args">The program's arguments; the first is <c>worker</c>.</param>
    /// <returns>The process's exit code.</returns>
    public static int Run(IReadOnlyList<string> args) => args.Count;
}
