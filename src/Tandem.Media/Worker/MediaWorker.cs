using System.ComponentModel;
using Microsoft.Extensions.Logging;

namespace Tandem.Media.Worker;

/// <summary>
/// A channel's media worker: a child process that takes apart and decodes untrusted segments, without network or files, with bounded
/// memory and time. It is watched, killed when it hangs, and started again with growing pauses; requests always get an answer.
/// </summary>
public sealed partial class MediaWorker : IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    private readonly MediaWorkerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly byte[]?[] _memories = new byte[]?[RemuxRequest.MostStreams];
    private int _waiting;
    private int _restarts;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkerChild? _child;
    private volatile SandboxReport _sandbox = SandboxReport.Unknown;
    private volatile string _trouble = "";

    private MediaWorker(MediaWorkerOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _running = Task.Run(RunAsync);
    }

    /// <summary>How often a child died so far, or could not be started.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <summary>How the newest child that got ready is confined.</summary>
    public SandboxReport Sandbox => _sandbox;

    /// <summary>Whether a child is ready to decode.</summary>
    public bool IsReady => _child is { } child && child.Ready.IsCompletedSuccessfully && !child.Ended.IsCompleted;

    /// <summary>Process id of the child; null in a pause.</summary>
    public int? ProcessId => _child?.ProcessId;

    /// <summary>Starts a worker; its child comes up by itself.</summary>
    /// <exception cref="FileNotFoundException">No <see cref="MediaWorkerOptions.Command"/> is given and this program is not to be found.</exception>
    public static MediaWorker Create(MediaWorkerOptions options, TimeProvider time, ILogger log)
    {
        options = options with { Command = options.Command ?? WorkerCommand.Default() };
        return new MediaWorker(options, time, log);
    }

    /// <summary>
    /// Decodes one segment. Requests are done one at a time in the order of the calls. Never throws for what the child does: a crash, a
    /// hang or a pause is an outcome.
    /// </summary>
    /// <param name="request">The segment; its memory must stay as it is until the call completes, also when that is by cancellation.</param>
    /// <param name="cancellation">Gives up waiting; a request that the child has already got is finished all the same.</param>
    public async Task<DecodeOutcome> DecodeAsync(DecodeRequest request, CancellationToken cancellation)
    {
        var size = (long)request.Data.Length + request.Init.Length;
        if (size > _options.LargestSegment)
            return DecodeOutcome.Failed(DecodeFault.TooLarge, $"{size} bytes; a segment may have {_options.LargestSegment}");
        if (request.Data.IsEmpty)
            return DecodeOutcome.Failed(DecodeFault.NotMedia, "no bytes");
        var head = request;
        var limit = _options.RequestTimeout + (_options.TimeoutPerMebibyte * (size / 1_048_576.0));
        var answer = await AskAsync(SendAsync, Taken, limit, cancellation).ConfigureAwait(false);
        return answer switch
        {
            DecodeOutcome outcome => outcome,
            _ => DecodeOutcome.Failed(DecodeFault.Crashed, "the media worker gave no outcome"),
        };

        async Task SendAsync(int id, Stream input)
        {
            await input.WriteAsync(WireRequest.Head(id, head), CancellationToken.None).ConfigureAwait(false);
            await input.WriteAsync(head.Data, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes the sound out of one segment and leaves the picture as it is. Done in the order of the calls, together with those to
    /// <see cref="DecodeAsync"/>; never throws for what the child does. What a stream's next segment needs to know is kept here, so its
    /// counters go on when a child dies.
    /// </summary>
    /// <param name="request">The segment; its memory must stay as it is until the call completes, and longer where the outcome uses it.</param>
    /// <param name="cancellation">Gives up waiting; a request that the child has already got is finished all the same.</param>
    public async Task<RemuxOutcome> RemuxAsync(RemuxRequest request, CancellationToken cancellation)
    {
        if (request.Stream is < 0 or >= RemuxRequest.MostStreams)
            throw new ArgumentException($"stream {request.Stream}; there are {RemuxRequest.MostStreams}", nameof(request));
        var size = (long)request.Data.Length + request.Init.Length;
        if (size > _options.LargestSegment)
            return RemuxOutcome.Failed(DecodeFault.TooLarge, $"{size} bytes; a segment may have {_options.LargestSegment}");
        if (request.Data.IsEmpty)
            return RemuxOutcome.Failed(DecodeFault.NotMedia, "no bytes");
        var limit = _options.RequestTimeout + (_options.TimeoutPerMebibyte * (size / 1_048_576.0));
        var answer = await AskAsync(SendAsync, Take, limit, cancellation).ConfigureAwait(false);
        return answer switch
        {
            RemuxOutcome outcome => outcome,
            DecodeOutcome { Fault: { } fault, Detail: { } detail } => RemuxOutcome.Failed(fault, detail),
            _ => RemuxOutcome.Failed(DecodeFault.Crashed, "the media worker gave no outcome"),
        };

        async Task SendAsync(int id, Stream input)
        {
            var memory = request.Continues ? _memories[request.Stream] : null;
            await input.WriteAsync(WireRemux.Head(id, request, memory), CancellationToken.None).ConfigureAwait(false);
            await input.WriteAsync(request.Data, CancellationToken.None).ConfigureAwait(false);
        }

        object Take(object answer)
        {
            if (answer is not RemuxAnswer remuxed || WireRemux.Resolve(remuxed, request) is not { } outcome)
                return answer;
            if (outcome.Segment is not null)
                _memories[request.Stream] = remuxed.Memory;
            return outcome;
        }
    }

    /// <summary>
    /// Takes the caption bytes out of one segment's pictures. Done in the order of the calls, together with those to the other methods;
    /// never throws for what the child does.
    /// </summary>
    /// <param name="request">The segment; its memory must stay as it is until the call completes.</param>
    /// <param name="cancellation">Gives up waiting; a request that the child has already got is finished all the same.</param>
    public async Task<CaptionOutcome> ReadCaptionsAsync(CaptionRequest request, CancellationToken cancellation)
    {
        var size = (long)request.Data.Length + request.Init.Length;
        if (size > _options.LargestSegment)
            return CaptionOutcome.Failed(DecodeFault.TooLarge, $"{size} bytes; a segment may have {_options.LargestSegment}");
        if (request.Data.IsEmpty)
            return CaptionOutcome.Failed(DecodeFault.NotMedia, "no bytes");
        var limit = _options.RequestTimeout + (_options.TimeoutPerMebibyte * (size / 1_048_576.0));
        return await AskAsync(SendAsync, Taken, limit, cancellation).ConfigureAwait(false) switch
        {
            CaptionOutcome outcome => outcome,
            DecodeOutcome { Fault: { } fault, Detail: { } detail } => CaptionOutcome.Failed(fault, detail),
            _ => CaptionOutcome.Failed(DecodeFault.Crashed, "the media worker gave no outcome"),
        };

        async Task SendAsync(int id, Stream input)
        {
            await input.WriteAsync(WireCaptions.Head(id, request), CancellationToken.None).ConfigureAwait(false);
            await input.WriteAsync(request.Data, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Cuts a segment's picture into CMAF chunks. Done in the order of the calls, together with the others; never throws for what the child
    /// does.
    /// </summary>
    /// <param name="request">The segment; its memory must stay as it is until the call completes.</param>
    /// <param name="cancellation">Gives up waiting; a request that the child has already got is finished all the same.</param>
    public async Task<ChunkOutcome> ChunkAsync(ChunkRequest request, CancellationToken cancellation)
    {
        if (request.Count is < 1 or > ChunkRequest.MostChunks)
            throw new ArgumentException($"{request.Count} chunks; 1 to {ChunkRequest.MostChunks} can be made", nameof(request));
        var size = (long)request.Data.Length + request.Init.Length;
        if (size > _options.LargestSegment)
            return ChunkOutcome.Failed(DecodeFault.TooLarge, $"{size} bytes; a segment may have {_options.LargestSegment}");
        if (request.Data.IsEmpty)
            return ChunkOutcome.Failed(DecodeFault.NotMedia, "no bytes");
        var limit = _options.RequestTimeout + (_options.TimeoutPerMebibyte * (size / 1_048_576.0));
        var answer = await AskAsync(SendAsync, Take, limit, cancellation).ConfigureAwait(false);
        return answer switch
        {
            ChunkOutcome outcome => outcome,
            DecodeOutcome { Fault: { } fault, Detail: { } detail } => ChunkOutcome.Failed(fault, detail),
            _ => ChunkOutcome.Failed(DecodeFault.Crashed, "the media worker gave no outcome"),
        };

        async Task SendAsync(int id, Stream input)
        {
            await input.WriteAsync(WireChunks.Head(id, request), CancellationToken.None).ConfigureAwait(false);
            await input.WriteAsync(request.Data, CancellationToken.None).ConfigureAwait(false);
        }

        object Take(object got) => got is ChunkOutcome outcome && WireChunks.Resolve(outcome, request) is { } resolved ? resolved : got is ChunkOutcome ? "" : got;
    }

    /// <summary>Does something to the child on purpose, if there is one, to see what becomes of a channel.</summary>
    public void Strike(WorkerStrike strike)
    {
        // What is asked for after it comes after it.
        if (strike == WorkerStrike.Exhaust)
            _ = AskAsync(SendAsync, Taken, _options.RequestTimeout, CancellationToken.None);
        else
            _child?.Strike(strike);

        static async Task SendAsync(int id, Stream input)
        {
            var wire = new WireWriter();
            wire.Begin(MessageKind.Exhaust);
            wire.I32(id);
            await input.WriteAsync(wire.End(), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the child. Requests that wait are answered as unavailable.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    /// <summary>Sends a probe, in tests.</summary>
    internal async Task<string> ProbeAsync(string probe, CancellationToken cancellation)
    {
        var answer = await AskAsync(SendAsync, Taken, _options.RequestTimeout, cancellation).ConfigureAwait(false);
        return answer as string ?? ((DecodeOutcome)answer).Detail!;

        async Task SendAsync(int id, Stream input)
        {
            var wire = new WireWriter();
            wire.Begin(MessageKind.Probe);
            wire.I32(id);
            wire.Text(probe);
            await input.WriteAsync(wire.End(), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static DecodeOutcome Unavailable(string why) => DecodeOutcome.Failed(DecodeFault.Unavailable, $"no media worker: {why}");

    private static object Taken(object answer) => answer;

    private async Task<object> AskAsync(
        Func<int, Stream, Task> send, Func<object, object> take, TimeSpan limit, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > _options.MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return Unavailable($"{_options.MostWaiting} requests wait already");
        }

        try
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        // From here on the turn is kept until the child has answered or died, whatever the caller does meanwhile.
        return await Task.Run(() => InTurnAsync(send, take, limit), CancellationToken.None).WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<object> InTurnAsync(Func<int, Stream, Task> send, Func<object, object> take, TimeSpan limit)
    {
        try
        {
            if (_stop.IsCancellationRequested)
                return Unavailable("it is being closed");
            await _begun.Task.ConfigureAwait(false);
            if (_child is not { } child)
                return Unavailable(_trouble);
            if (!await WithinAsync(Task.WhenAny(child.Ready, child.Ended), limit).ConfigureAwait(false))
                return Unavailable("it is still starting");
            if (!child.Ready.IsCompletedSuccessfully)
                return Unavailable(await child.Ended.ConfigureAwait(false));

            var answer = child.AskAsync(send);
            if (!await WithinAsync(answer, limit).ConfigureAwait(false))
            {
                child.Kill($"no answer within {limit.TotalSeconds:F1} s");
                await answer.ConfigureAwait(false);
                return DecodeOutcome.Failed(DecodeFault.TimedOut, $"the media worker gave no answer within {limit.TotalSeconds:F1} s and was killed");
            }

            if (await answer.ConfigureAwait(false) is { } got)
                return take(got);
            return _stop.IsCancellationRequested
                ? Unavailable("it is being closed")
                : DecodeOutcome.Failed(DecodeFault.Crashed, $"the media worker died at this segment: {await child.Ended.ConfigureAwait(false)}");
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> WithinAsync(Task task, TimeSpan limit)
    {
        if (task.IsCompleted)
            return true;
        using var enough = new CancellationTokenSource();
        var finished = await Task.WhenAny(task, Task.Delay(limit, _time, enough.Token)).ConfigureAwait(false) == task;
        await enough.CancelAsync().ConfigureAwait(false);
        return finished;
    }

    /// <summary>Child after child, until the worker is disposed of.</summary>
    private async Task RunAsync()
    {
        var pacing = default(RestartPacing);
        using var begun = _stop.Token.Register(() => _begun.TrySetResult());
        while (!_stop.IsCancellationRequested)
        {
            var (end, lived) = await LiveAsync().ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
                return;
            Interlocked.Increment(ref _restarts);
            _trouble = $"it pauses before it starts again; the last one ended with {end}";
            TimeSpan pause;
            (pause, pacing) = pacing.Died(_options, lived);
            LogDied(_log, _options.Name, end, pause.TotalSeconds);
            _options.Died?.Invoke(end);
            try
            {
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One child's life. Returns how it ended and how long it was ready.</summary>
    private async Task<(string End, TimeSpan Lived)> LiveAsync()
    {
        WorkerChild child;
        try
        {
            child = new WorkerChild(WorkerStart.Start(_options), _options.Name, _time, _log);
        }
        catch (Exception e) when (e is Win32Exception or IOException or OutOfMemoryException)
        {
            _trouble = e.Message;
            _begun.TrySetResult();
            return (e.Message, TimeSpan.Zero);
        }

        using (child)
        {
            _child = child;
            _begun.TrySetResult();
            using var closing = _stop.Token.Register(() => Close(child));
            long? readySince = null;
            if (await WithinAsync(Task.WhenAny(child.Ready, child.Ended), _options.StartTimeout).ConfigureAwait(false))
            {
                if (child.Ready.IsCompletedSuccessfully)
                {
                    _sandbox = await child.Ready.ConfigureAwait(false);
                    readySince = _time.GetTimestamp();
                    LogReady(_log, _options.Name, child.ProcessId, _sandbox.Gaps ?? "fully confined");
                }
            }
            else
            {
                child.Kill("it did not get ready in time");
            }

            await WatchAsync(child).ConfigureAwait(false);
            _child = null;
            var end = await child.Ended.ConfigureAwait(false);
            return (child.KilledFor is { } reason ? $"{end}: {reason}" : end, readySince is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero);
        }
    }

    private static void Close(WorkerChild child)
    {
        if (child.Ready.IsCompleted)
            child.Close();
        else
            child.Kill("it is not wanted any more");
    }

    /// <summary>Waits for the child's end; kills it when it falls silent, ends it when the worker closes.</summary>
    private async Task WatchAsync(WorkerChild child)
    {
        var heard = child.Heard;
        var silent = TimeSpan.Zero;
        var closed = _stop.IsCancellationRequested;
        while (!child.Ended.IsCompleted)
        {
            // Intervals are counted, not the clock read: when this very process was stopped for a while, the child is not to blame.
            if (await WithinAsync(child.Ended, closed ? GoodbyeTimeout : WatchInterval).ConfigureAwait(false))
                return;
            if (closed)
                child.Kill("it did not end by itself");
            closed = _stop.IsCancellationRequested;
            silent = child.Heard == heard ? silent + WatchInterval : TimeSpan.Zero;
            heard = child.Heard;
            if (silent >= _options.SilenceTimeout)
                child.Kill($"no sign of life for {silent.TotalSeconds:F0} s");
        }
    }

    [LoggerMessage(LogLevel.Information, "Media worker {Name} ({ProcessId}) is ready: {Confinement}")]
    private static partial void LogReady(ILogger log, string name, int processId, string confinement);

    [LoggerMessage(LogLevel.Warning, "Media worker {Name} ended: {End}; starting again in {Pause} s")]
    private static partial void LogDied(ILogger log, string name, string end, double pause);
}
