namespace Tandem.Media.Worker;

/// <summary>What can be done to a worker's child on purpose, in tests and rehearsals.</summary>
public enum WorkerStrike
{
    /// <summary>It is killed (SIGKILL).</summary>
    Kill,

    /// <summary>It is stopped and hangs (SIGSTOP), until it is given up.</summary>
    Stop,

    /// <summary>It takes all the memory that it may have, and goes on as far as it can.</summary>
    Exhaust,
}
