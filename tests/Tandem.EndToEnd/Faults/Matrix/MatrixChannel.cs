using Tandem.Checks.Recording;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>One channel of a run: how the picture reaches viewers, and what its source is packed in.</summary>
/// <param name="Video"><c>reference</c> or <c>carry</c>.</param>
/// <param name="Packing">Container.</param>
public sealed record MatrixChannel(string Video, Packing Packing)
{
    /// <summary>The four that a fault hits.</summary>
    public static IReadOnlyList<MatrixChannel> All { get; } =
        [.. from video in new[] { "reference", "carry" } from packing in new[] { Packing.Ts, Packing.Fmp4 } select new MatrixChannel(video, packing)];

    /// <summary>Its id.</summary>
    public string Id => $"{Video}-{Packing}".ToLowerInvariant();
}

/// <summary>What is there of the server's processes and memory at one moment.</summary>
/// <param name="Processes">Children that live on from segment to segment.</param>
/// <param name="Bytes">Memory of all, shared pages counted once (Pss).</param>
public sealed record MatrixLoad(int Processes, long Bytes);

/// <summary>What was seen of one channel.</summary>
/// <param name="Recording">What a viewer got.</param>
/// <param name="Heard">What was heard of the voice.</param>
public sealed record MatrixSeen(HlsRecording Recording, IReadOnlyList<HeardPiece> Heard)
{
    /// <summary>The voice.</summary>
    public RecordedTrack Voice => Recording.Voice("es");
}
