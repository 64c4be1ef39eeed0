namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>A count that must be in <c>/metrics</c> after the fault.</summary>
/// <param name="Metric">Name of the series.</param>
/// <param name="Labels">Parts of its labels, beside the channel's.</param>
/// <param name="Least">How much it has grown at least.</param>
/// <param name="Most">And at most.</param>
public sealed record Counted(string Metric, string[] Labels, double Least, double Most = double.PositiveInfinity);

/// <summary>What design.md, sections 3 and 3a, promises viewers and operators of a channel that a fault hits; what is not named is zero.</summary>
public sealed record FaultPromise
{
    /// <summary>Sound that may be missing in a voice, s.</summary>
    public double Silence { get; init; }

    /// <summary>Picture that may be missing, s, where it is carried.</summary>
    public double Carried { get; init; }

    /// <summary>Picture that may be missing, s, where viewers fetch the source's own.</summary>
    public double Referred { get; init; }

    /// <summary>Stretches between discontinuities.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>How long playlists may stand still beyond a segment's length, s. The machine's own pauses are among it.</summary>
    public double Standstill { get; init; } = 3;

    /// <summary>States of the channel that may be seen beside <c>live</c>.</summary>
    public string[] States { get; init; } = [];

    /// <summary>Part of the reason with which the first of <see cref="States"/> must be seen; null where it need not.</summary>
    public string? Reason { get; init; }

    /// <summary>What is counted.</summary>
    public Counted[] Counts { get; init; } = [];

    /// <summary>The promise at a fault.</summary>
    public static FaultPromise Of(MatrixFault fault) => fault switch
    {
        // A decoder that starts anew lacks the frame before.
        MatrixFault.WorkerKilled => new() { Silence = 0.1, Counts = [new("tandem_worker_restarts_total", [], 1, 1)] },

        // It is given up after 5 s: within the delay of 8 s for a segment that is alone, too late for one or two behind others.
        MatrixFault.WorkerHung => new()
        {
            Silence = 4.1,
            Carried = 4,
            States = ["faulted"],
            Counts = [new("tandem_worker_restarts_total", [], 1, 1)],
        },
        MatrixFault.WorkerOutOfMemory => new()
        {
            Silence = 4.1,
            Carried = 4,
            States = ["faulted"],
            Counts = [new("tandem_worker_restarts_total", [], 1)],
        },
        MatrixFault.EngineDead => new()
        {
            Counts = [new("tandem_segment_failures_total", ["stage=\"recognise\"", "reason=\"crashed\""], 3)],
        },
        MatrixFault.EngineSlow => new() { Counts = [new("tandem_dubs_total", ["outcome=\"dropped_too_late\""], 1)] },
        MatrixFault.EngineGarbage => new() { Counts = [new("tandem_segment_failures_total", ["reason=\"bad_answer\""], 3)] },

        // What is buffered plays out. Whoever fetches the picture at the source has none as soon as it is gone.
        MatrixFault.SourceGone => new()
        {
            Silence = 0.5,
            Referred = 10,
            Epochs = 2,
            Standstill = MatrixRun.Away.TotalSeconds + 12,
            States = ["source_lost"],
            Reason = "503",
            Counts =
            [
                new("tandem_epochs_total", ["reason=\"outage\""], 1, 1),
                new("tandem_segment_failures_total", ["stage=\"playlist\"", "reason=\"server_error\""], 1),
            ],
        },
        MatrixFault.SourceSlow => new()
        {
            Silence = 0.1,
            Standstill = 6,
            Counts = [new("tandem_segment_processing_seconds_sum", ["stage=\"fetch\""], 4)],
        },
        MatrixFault.SourceWrongContent => new()
        {
            Silence = MatrixRun.Upset.TotalSeconds + 4,
            Carried = MatrixRun.Upset.TotalSeconds + 4,
            Referred = MatrixRun.Upset.TotalSeconds + 14,
            States = ["faulted"],
            Reason = "no container",
            Counts = [new("tandem_segment_failures_total", ["stage=\"decode\"", "reason=\"not_media\""], 3)],
        },
        MatrixFault.SourceClocksJump => new() { Silence = 0.5, Epochs = 3, Counts = [new("tandem_epochs_total", ["reason=\"jump\""], 2, 2)] },
        MatrixFault.DiskFull => new() { Counts = [new("tandem_record_failures_total", ["reason=\"full\""], 3)] },
        MatrixFault.DiskReadOnly => new() { Counts = [new("tandem_record_failures_total", ["reason=\"read_only\""], 3)] },
        MatrixFault.ServerKilled => new() { Silence = 0.5, Epochs = 2, Standstill = 20, States = ["starting"] },
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
