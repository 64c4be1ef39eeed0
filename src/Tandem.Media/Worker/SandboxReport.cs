namespace Tandem.Media.Worker;

/// <summary>One way in which a worker is confined, or why it is not.</summary>
/// <param name="Active">Whether it holds.</param>
/// <param name="Detail">What holds it, such as <c>Landlock, ABI 6</c>, or why it is not to be had.</param>
public sealed record Confinement(bool Active, string Detail);

/// <summary>How a media worker is confined. What is not to be had is said, and the worker runs all the same: its limits remain.</summary>
/// <param name="FileSystem">Nothing can be written, and nothing read but the program, its libraries and what the runtime needs.</param>
/// <param name="Network">No sockets.</param>
/// <param name="SystemCalls">No other programs, no tracing, no mounting, no signals to others.</param>
/// <param name="Limits">Memory, open files, core dumps.</param>
public sealed record SandboxReport(Confinement FileSystem, Confinement Network, Confinement SystemCalls, Confinement Limits)
{
    /// <summary>Before a child has reported.</summary>
    public static SandboxReport Unknown { get; } = new(NotYet, NotYet, NotYet, NotYet);

    /// <summary>Whether everything holds.</summary>
    public bool Complete => FileSystem.Active && Network.Active && SystemCalls.Active && Limits.Active;

    private static Confinement NotYet => new(false, "no worker has started yet");

    /// <summary>What does not hold, one line for people; null where everything does.</summary>
    public string? Gaps
    {
        get
        {
            var gaps = new List<string>();
            Add(gaps, "file system", FileSystem);
            Add(gaps, "network", Network);
            Add(gaps, "system calls", SystemCalls);
            Add(gaps, "limits", Limits);
            return gaps.Count == 0 ? null : string.Join("; ", gaps);

            static void Add(List<string> to, string name, Confinement confinement)
            {
                if (!confinement.Active)
                    to.Add($"{name}: {confinement.Detail}");
            }
        }
    }

    internal void Write(WireWriter wire)
    {
        foreach (var confinement in new[] { FileSystem, Network, SystemCalls, Limits })
        {
            wire.U8(confinement.Active ? 1 : 0);
            wire.Text(confinement.Detail);
        }
    }

    internal static SandboxReport Read(ref WireReader wire)
    {
        return new SandboxReport(One(ref wire), One(ref wire), One(ref wire), One(ref wire));

        static Confinement One(ref WireReader wire) => new(wire.U8() != 0, wire.Text(1024) ?? "");
    }
}
