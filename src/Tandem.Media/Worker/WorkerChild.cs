using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>One running child, seen from the parent, from its start to its end.</summary>
internal sealed class WorkerChild : IDisposable
{
    // An answer holds at most the request's own frames and 90 s of sound.
    private const int LargestMessage = 112 << 20;
    private const int KeptCapacity = 8 << 20;
    private const int LookForEndMilliseconds = 1000;

    private static readonly string _outOfMemory = $"exit code {WorkerProcess.OutOfMemory}";

    private readonly ConfinedProcess _process;
    private readonly FileStream _input;
    private readonly ErrorLines _errors;
    private readonly TaskCompletionSource<SandboxReport> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _bytes = new byte[64 * 1024];
    private int _count;
    private TaskCompletionSource<object>? _pending;
    private int _pendingId;
    private int _requests;
    private string? _broken;
    private long _heard;

    /// <summary>Takes over a process that was just started.</summary>
    public WorkerChild(ConfinedProcess process, string name, TimeProvider time, ILogger log)
    {
        _process = process;
        _errors = new ErrorLines(name, process.Id, time, log);
        _input = new FileStream(process.Input, FileAccess.Write, bufferSize: 0);
        new Thread(Read, 256 * 1024) { IsBackground = true, Name = "media worker's reader" }.Start();
    }

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Completes when it is ready; never, if it dies before.</summary>
    public Task<SandboxReport> Ready => _ready.Task;

    /// <summary>Completes with how it ended.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Grows with every message that comes from it.</summary>
    public long Heard => Interlocked.Read(ref _heard);

    /// <summary>Why the parent killed it; null if it died by itself.</summary>
    public string? KilledFor { get; private set; }

    /// <summary>
    /// Sends a request and waits for the answer to it, a <see cref="DecodeOutcome"/>, a <see cref="RemuxAnswer"/>, a
    /// <see cref="CaptionOutcome"/> or a probe's text; null when the child ends first. One at a time.
    /// </summary>
    /// <param name="send">Writes the message with this number to the stream.</param>
    public async Task<object?> AskAsync(Func<int, Stream, Task> send)
    {
        var answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = ++_requests;
        Volatile.Write(ref _pendingId, id);
        Volatile.Write(ref _pending, answer);
        try
        {
            await send(id, _input).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is dead or about to be; its end is waited for below.
        }

        return await Task.WhenAny(answer.Task, Ended).ConfigureAwait(false) == answer.Task ? await answer.Task.ConfigureAwait(false) : null;
    }

    /// <summary>Kills it.</summary>
    public void Kill(string reason)
    {
        KilledFor ??= reason;
        _process.Kill();
    }

    /// <summary>Does something to it on purpose; what follows is as if it had come by itself.</summary>
    public void Strike(WorkerStrike strike) => _process.Signal(strike == WorkerStrike.Kill ? Libc.SigKill : Libc.SigStop);

    /// <summary>Lets it end by itself: it does once its input closes.</summary>
    public void Close() => _process.Input.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _process.Dispose();
    }

    private unsafe void Read()
    {
        var errors = new byte[4096];
        var entries = stackalloc Libc.PollEntry[2];
        var ends = new[] { (int)_process.Output.DangerousGetHandle(), (int)_process.Errors.DangerousGetHandle() };
        while (ends[0] >= 0)
        {
            // poll passes over negative descriptors.
            for (var i = 0; i < 2; i++)
                entries[i] = new Libc.PollEntry { Descriptor = ends[i], Wanted = Libc.PollEntry.Readable };
            var found = Libc.poll(entries, new CULong(2), LookForEndMilliseconds);

            // Its output closes when it ends, unless it passed it on to somebody.
            if (found == 0 && _process.HasEnded)
                break;
            if (found <= 0)
                continue;
            if (entries[1].Found != 0)
            {
                var got = ReadSome(ends[1], errors);
                if (got <= 0)
                    ends[1] = -1;
                else
                    _errors.Add(Encoding.UTF8.GetString(errors.AsSpan(0, got)));
            }

            if (entries[0].Found != 0 && !ReadMessages(ends[0]))
                ends[0] = -1;
        }

        // Whatever ended its output, nothing more can come of it; but its last words may tell why.
        _process.Kill();
        for (var more = 16; more > 0 && ends[1] >= 0; more--)
        {
            entries[0] = new Libc.PollEntry { Descriptor = ends[1], Wanted = Libc.PollEntry.Readable };
            if (Libc.poll(entries, new CULong(1), 100) <= 0 || ReadSome(ends[1], errors) is not (> 0 and var got))
                break;
            _errors.Add(Encoding.UTF8.GetString(errors.AsSpan(0, got)));
        }

        var end = _process.Reap();
        if (end == _outOfMemory)
            end = "no memory left";
        _ended.TrySetResult(_broken is null ? end : $"{end}; {_broken}");
    }

    private static unsafe int ReadSome(int descriptor, Span<byte> bytes)
    {
        fixed (byte* to = bytes)
        {
            nint got;
            do
                got = Libc.read(descriptor, to, (nuint)bytes.Length);
            while (got < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
            return (int)got;
        }
    }

    private bool ReadMessages(int descriptor)
    {
        var got = ReadSome(descriptor, _bytes.AsSpan(_count));
        if (got <= 0)
            return false;
        _count += got;
        try
        {
            TakeMessages();
            return true;
        }
        catch (WireException e)
        {
            _broken = $"it sent what is no message: {e.Message}";
            KilledFor ??= _broken;
            return false;
        }
    }

    private void TakeMessages()
    {
        var at = 0;
        while (_count - at >= WireWriter.HeaderLength)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
            if (length is < 0 or > LargestMessage)
                throw new WireException($"a message of {length} bytes");
            var whole = WireWriter.HeaderLength + length;
            if (_count - at < whole)
            {
                Room(at, whole);
                return;
            }

            Take((MessageKind)_bytes[at + 4], _bytes.AsSpan(at + WireWriter.HeaderLength, length));
            at += whole;
        }

        Room(at, KeptCapacity < _bytes.Length ? 64 * 1024 : _bytes.Length);
    }

    // Moves what is unread to the front of a buffer that holds at least so many bytes.
    private void Room(int at, int capacity)
    {
        var unread = _bytes.AsSpan(at, _count - at);
        if (capacity > _bytes.Length || (at == _count && capacity < _bytes.Length))
        {
            var next = new byte[capacity];
            unread.CopyTo(next);
            _bytes = next;
        }
        else
        {
            unread.CopyTo(_bytes);
        }

        _count -= at;
    }

    private void Take(MessageKind kind, ReadOnlySpan<byte> body)
    {
        Interlocked.Increment(ref _heard);
        switch (kind)
        {
            case MessageKind.Beat:
                break;
            case MessageKind.Hello:
                var wire = new WireReader(body);
                _ready.TrySetResult(SandboxReport.Read(ref wire));
                break;
            case MessageKind.Outcome:
                var (id, outcome) = WireOutcome.Read(body);
                if (id == Volatile.Read(ref _pendingId))
                    Volatile.Read(ref _pending)?.TrySetResult(outcome);
                break;
            case MessageKind.Remuxed:
                var (remuxId, remuxed) = WireRemux.ReadOutcome(body);
                if (remuxId == Volatile.Read(ref _pendingId))
                    Volatile.Read(ref _pending)?.TrySetResult(remuxed);
                break;
            case MessageKind.CaptionsRead:
                var (captionsId, captions) = WireCaptions.Read(body);
                if (captionsId == Volatile.Read(ref _pendingId))
                    Volatile.Read(ref _pending)?.TrySetResult(captions);
                break;
            case MessageKind.Chunked:
                var (chunkId, chunked) = WireChunks.ReadOutcome(body);
                if (chunkId == Volatile.Read(ref _pendingId))
                    Volatile.Read(ref _pending)?.TrySetResult(chunked);
                break;
            case MessageKind.Probed:
                wire = new WireReader(body);
                Volatile.Read(ref _pending)?.TrySetResult(wire.Text(4096) ?? "");
                break;
            default:
                throw new WireException($"kind {kind}");
        }
    }
}
