namespace Tandem.Server.Admission;

/// <summary>The most that an instance takes on; null for what its machine carries. Docs: docs/configuration.md.</summary>
public sealed record AdmissionOptions
{
    /// <summary>Channels.</summary>
    public int? Channels { get; init; }

    /// <summary>Voices, of all channels together.</summary>
    public int? Languages { get; init; }

    /// <summary>Viewers: WebSockets, and those who have asked for HLS within the last half minute.</summary>
    public int? Viewers { get; init; }

    /// <summary>Segments between fetch and publication, of all channels together.</summary>
    public int? SegmentsInFlight { get; init; }

    /// <summary>What waits in queues, of all channels together.</summary>
    public int? QueueDepth { get; init; }
}
