namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>What goes wrong in the matrix of faults (issue 3, point 4).</summary>
public enum MatrixFault
{
    /// <summary>The media worker is killed (SIGKILL).</summary>
    WorkerKilled,

    /// <summary>The media worker is stopped and answers no more (SIGSTOP).</summary>
    WorkerHung,

    /// <summary>The media worker takes all memory that it may have, at every segment.</summary>
    WorkerOutOfMemory,

    /// <summary>The recogniser dies at every utterance.</summary>
    EngineDead,

    /// <summary>The voice answers too late for every utterance.</summary>
    EngineSlow,

    /// <summary>Recogniser, translator and voice answer what makes no sense.</summary>
    EngineGarbage,

    /// <summary>The source answers 503 for longer than its window.</summary>
    SourceGone,

    /// <summary>Everything that the source sends comes two seconds late.</summary>
    SourceSlow,

    /// <summary>The source sends web pages instead of segments.</summary>
    SourceWrongContent,

    /// <summary>The source's time stamps jump ahead and back, without a word of it.</summary>
    SourceClocksJump,

    /// <summary>The volume of <c>state_dir</c> is full.</summary>
    DiskFull,

    /// <summary>The volume of <c>state_dir</c> is mounted read-only.</summary>
    DiskReadOnly,

    /// <summary>The server itself is killed (SIGKILL) and started again.</summary>
    ServerKilled,
}

/// <summary>How faults are called in tables.</summary>
public static class MatrixFaults
{
    /// <summary>Words instead of an identifier.</summary>
    public static string Name(this MatrixFault fault) => fault switch
    {
        MatrixFault.WorkerKilled => "worker killed",
        MatrixFault.WorkerHung => "worker hung",
        MatrixFault.WorkerOutOfMemory => "worker out of memory",
        MatrixFault.EngineDead => "engine dead",
        MatrixFault.EngineSlow => "engine slow",
        MatrixFault.EngineGarbage => "engine garbage",
        MatrixFault.SourceGone => "source gone",
        MatrixFault.SourceSlow => "source slow",
        MatrixFault.SourceWrongContent => "source, wrong content",
        MatrixFault.SourceClocksJump => "source, jumping clocks",
        MatrixFault.DiskFull => "disk full",
        MatrixFault.DiskReadOnly => "disk read-only",
        MatrixFault.ServerKilled => "server SIGKILLed",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    /// <summary>Whether speech and a real engine are needed; all else is measured with <c>echo</c>.</summary>
    public static bool NeedsSpeech(this MatrixFault fault) => fault is MatrixFault.EngineDead or MatrixFault.EngineSlow or MatrixFault.EngineGarbage;
}
