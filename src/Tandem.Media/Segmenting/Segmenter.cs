using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Media.Worker;
using Container = Tandem.Media.Worker.Container;

namespace Tandem.Media.Segmenting;

/// <summary>
/// Cuts a file or what a sender sends into segments, by a confined child process that reads it through libavformat. The picture is never
/// encoded anew; sound only where neither MPEG-TS nor MP4 carries it. The child dies with its parent, is watched, and its crash is an
/// event; a reader that does not read stops it.
/// </summary>
public sealed partial class Segmenter : IAsyncDisposable
{
    private readonly SegmenterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<CutEvent> _events;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private volatile SegmenterChild? _child;
    private volatile SandboxReport _sandbox = SandboxReport.Unknown;
    private TaskCompletionSource<string>? _probed;
    private long _sequence;
    private long _begin = SegmenterTask.FirstTicks;
    private ReadOnlyMemory<byte> _init;
    private bool _over;

    private Segmenter(SegmenterOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _events = Channel.CreateBounded<CutEvent>(new BoundedChannelOptions(Math.Max(options.MostQueued, 1)) { SingleReader = true, SingleWriter = true });
        _running = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();
    }

    /// <summary>How the newest child that got ready is confined.</summary>
    public SandboxReport Sandbox => _sandbox;

    /// <summary>Process id of the child; null while there is none.</summary>
    public int? ProcessId => _child?.ProcessId;

    /// <summary>Starts a segmenter; its child comes up by itself.</summary>
    /// <exception cref="FileNotFoundException">No <see cref="SegmenterOptions.Command"/> is given and this program is not to be found.</exception>
    public static Segmenter Start(SegmenterOptions options, TimeProvider time, ILogger log) =>
        new(options with { Command = options.Command ?? WorkerCommand.Default("segment") }, time, log);

    /// <summary>
    /// What happens, until a file has ended or failed for good, or a listener did; for one reader, once. Never throws for what the child
    /// does.
    /// </summary>
    /// <param name="cancellation">Ends the enumeration by <see cref="OperationCanceledException"/>; the segmenter goes on until disposed of.</param>
    public async IAsyncEnumerable<CutEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        // The pace of a file: a segment appears when those before it have played.
        long? first = null;
        var played = TimeSpan.Zero;
        await foreach (var next in _events.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            // After a child's death it goes on from the beginning; the pause is not made up for.
            if (next is CutFailed { Fault: CutFault.Crashed or CutFault.Hung or CutFault.Unavailable })
                (first, played) = (null, TimeSpan.Zero);
            if (next is SegmentCut cut && _options is { Paced: true, Input.Listens: false })
            {
                first ??= _time.GetTimestamp();
                var wait = played - _time.GetElapsedTime(first.Value);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, _time, cancellation).ConfigureAwait(false);
                played += TimeSpan.FromSeconds(cut.Duration / 90_000.0);
            }

            yield return next;
        }
    }

    /// <summary>Ends the child at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _child?.Kill();
        await _running.ConfigureAwait(false);
    }

    /// <summary>Sends a probe, in tests.</summary>
    internal async Task<string> ProbeAsync(string probe)
    {
        _probed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var wire = new WireWriter();
        wire.Begin(MessageKind.Probe);
        wire.I32(0);
        wire.Text(probe);
        _child!.Send(wire.End().Span);
        return await _probed.Task.ConfigureAwait(false);
    }

    private bool ComesAgain => _options.Input is { Listens: true } or FileInput { Loop: true };

    /// <summary>Child after child: one for a file, and for a listener or a file that is looped another whenever one died.</summary>
    private async Task RunAsync()
    {
        var pacing = default(RestartPacing);
        var pauses = new MediaWorkerOptions { FirstPause = _options.FirstPause, LongestPause = _options.LongestPause };
        try
        {
            while (true)
            {
                var (fault, detail, lived) = await LiveAsync().ConfigureAwait(false);
                if (_over || _stop.IsCancellationRequested)
                    return;
                LogDied(_log, _options.Name, detail);
                await _events.Writer.WriteAsync(new CutFailed(fault, detail, true), _stop.Token).ConfigureAwait(false);
                if (!ComesAgain)
                    return;
                TimeSpan pause;
                (pause, pacing) = pacing.Died(pauses, lived);
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
        finally
        {
            _events.Writer.TryComplete();
        }
    }

    /// <summary>One child's life. Returns how it ended.</summary>
    private async Task<(CutFault Fault, string Detail, TimeSpan Lived)> LiveAsync()
    {
        Socket? socket = null;
        SafeHandle? inherited = null;
        var held = false;
        try
        {
            socket = _options.Input is UdpInput udp ? DatagramSocket.Open(udp) : null;
            var task = SegmenterTask.Of(_options, _begin);
            inherited = _options.Input is FileInput file ? file.Handle : socket?.SafeHandle;
            inherited?.DangerousAddRef(ref held);
            var process = WorkerStart.Start(
                [.. _options.Command!, task.Sockets.ToString()],
                _options.MemoryLimit,
                _options.Confined,
                _options.AllowProbes,
                inherited,
                (_options.Input as RtmpInput)?.Address.Port);
            using var child = new SegmenterChild(process, _options, _time, _log);
            _child = child;
            if (_stop.IsCancellationRequested)
                child.Kill();
            child.Send(task.Message().Span);

            // A thread of its own: it waits for the child, and for the reader.
            var ended = await Task.Factory.StartNew(() => child.Read(Take), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
            _child = null;
            var how = ended.KilledFor is { } reason ? $"{ended.End}: {reason}" : ended.End;
            return (ended.KilledFor is null ? CutFault.Crashed : CutFault.Hung, $"the segmenter's process ended with {how}", ended.Lived);
        }
        catch (SocketException e)
        {
            return (CutFault.CannotListen, $"{_options.Input.Name} cannot be listened on: {e.Message}", TimeSpan.Zero);
        }
        catch (Exception e) when (e is Win32Exception or IOException or OutOfMemoryException or ObjectDisposedException)
        {
            return (CutFault.Unavailable, e.Message, TimeSpan.Zero);
        }
        finally
        {
            if (held)
                inherited!.DangerousRelease();
            socket?.Dispose();
        }
    }

    // Called by the thread that reads; it waits here while the queue is full.
    private void Take(MessageKind kind, byte[] body)
    {
        switch (kind)
        {
            case MessageKind.Hello:
                var wire = new WireReader(body);
                _sandbox = SandboxReport.Read(ref wire);
                LogReady(_log, _options.Name, _sandbox.Gaps ?? "fully confined");
                break;
            case MessageKind.Probed:
                wire = new WireReader(body);
                _probed?.TrySetResult(wire.Text(4096) ?? "");
                break;
            case MessageKind.Listening:
                Put(new CutListening(_options.Input.Name));
                break;
            case MessageKind.Opened:
                _init = default;
                Put(WireCut.ReadOpened(body));
                break;
            case MessageKind.Cut:
                TakeCut(body);
                break;
            case MessageKind.SourceEnded:
                _over |= !_options.Input.Listens;
                Put(new CutEnded(Named(WireCut.ReadLine(body).Line)));
                break;
            case MessageKind.SourceFailed:
                var (fault, retry, line) = WireCut.ReadLine(body);
                _over |= !_options.Input.Listens && !retry;
                Put(new CutFailed(fault, Named(line), retry));
                break;
            default:
                throw new WireException($"kind {kind}");
        }
    }

    private void TakeCut(byte[] body)
    {
        var cut = WireCut.ReadCut(body, _options.LargestSegment, _begin);
        if (!cut.Init.IsEmpty)
            _init = cut.Init;
        if (cut.Container == Container.FragmentedMp4 && _init.IsEmpty)
            throw new WireException("a fragment without an init segment");
        _begin = cut.Start + cut.Duration;
        Put(cut with { Sequence = _sequence++, Init = cut.Container == Container.FragmentedMp4 ? _init : default });
    }

    private string Named(string line) => $"{_options.Input.Name}: {line}";

    private void Put(CutEvent next)
    {
        try
        {
            if (!_events.Writer.TryWrite(next))
                _events.Writer.WriteAsync(next, _stop.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Disposed of; the child is being killed.
        }
    }

    [LoggerMessage(LogLevel.Information, "Segmenter {Name} is ready: {Confinement}")]
    private static partial void LogReady(ILogger log, string name, string confinement);

    [LoggerMessage(LogLevel.Warning, "Segmenter {Name}: {End}")]
    private static partial void LogDied(ILogger log, string name, string end);
}
