// Stand-in until the real MediaWorker lands; whoever lands it deletes this file.
#pragma warning disable
using Microsoft.Extensions.Logging;
namespace Tandem.Media.Worker;
public sealed record MediaWorkerOptions;
public sealed class MediaWorker : IAsyncDisposable
{
    public int Restarts => 0;
    public static MediaWorker Create(MediaWorkerOptions options, TimeProvider time, ILogger log) => new();
    public Task<DecodeOutcome> DecodeAsync(DecodeRequest request, CancellationToken stop) => throw new NotSupportedException();
    public ValueTask DisposeAsync() => default;
}
