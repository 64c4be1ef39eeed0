using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Tandem.Media.Sandbox;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>How a child's life ended.</summary>
/// <param name="End">How, for people.</param>
/// <param name="KilledFor">Why the parent killed it; null if it died by itself.</param>
/// <param name="Lived">How long it was ready.</param>
internal readonly record struct ChildEnd(string End, string? KilledFor, TimeSpan Lived);

/// <summary>One running child of a segmenter, seen from the parent: a thread reads its messages and hands them on, one at a time.</summary>
/// <param name="process">The child.</param>
/// <param name="options">The segmenter's options.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
internal sealed class SegmenterChild(ConfinedProcess process, SegmenterOptions options, TimeProvider time, ILogger log) : IDisposable
{
    private const int PollMilliseconds = 1000;

    private readonly ErrorLines _errors = new(options.Name, process.Id, time, log);
    private readonly byte[] _words = new byte[4096];
    private bool _wordsOver;
    private string? _killedFor;
    private int _waited;
    private long _headway = -1;
    private int _stalled;
    private bool _ready;
    private long? _readySince;

    /// <summary>Its process id.</summary>
    public int ProcessId => process.Id;

    /// <summary>Kills it.</summary>
    public void Kill() => process.Kill();

    /// <summary>Sends a short message. A child that is dead or about to be does not get it, which its end will tell.</summary>
    public unsafe void Send(ReadOnlySpan<byte> message)
    {
        // Short enough for the pipe to take it at once and whole.
        fixed (byte* from = message)
            _ = Libc.write((int)process.Input.DangerousGetHandle(), from, (nuint)message.Length);
    }

    /// <summary>
    /// Reads until it ends. What it does meanwhile is handed to <paramref name="take"/>, which may block: then the child waits, and is not
    /// watched.
    /// </summary>
    /// <param name="take">Gets each message; throws <see cref="WireException"/> for what is none.</param>
    public ChildEnd Read(Action<MessageKind, byte[]> take)
    {
        var header = new byte[WireWriter.HeaderLength];
        var most = (long)options.LargestSegment + WireCut.LargestInit + WireCut.Overhead;
        try
        {
            while (Fill(header))
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(header);
                if (length < 0 || length > most)
                    throw new WireException($"a message of {length} bytes");
                var body = new byte[length];
                if (!Fill(body))
                    break;
                var kind = (MessageKind)header[4];
                if (kind == MessageKind.Headway)
                    Watch(body);
                else
                    Take(kind, body, take);
            }
        }
        catch (WireException e)
        {
            _killedFor ??= $"it sent what is no message: {e.Message}";
        }

        process.Kill();
        LastWords();
        return new ChildEnd(process.Reap(), _killedFor, _readySince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    private void Take(MessageKind kind, byte[] body, Action<MessageKind, byte[]> take)
    {
        if (kind == MessageKind.Hello)
        {
            _ready = true;
            _readySince = time.GetTimestamp();
        }

        take(kind, body);
        _stalled = 0;
    }

    // Beats come each second; what counts is what it did in between.
    private void Watch(byte[] body)
    {
        var wire = new WireReader(body);
        var headway = wire.I64();
        _stalled = headway == _headway ? _stalled + 1 : 0;
        _headway = headway;
        if (_stalled >= options.StallTimeout.TotalSeconds)
            KillFor($"it made no headway for {_stalled} s");
    }

    private void KillFor(string reason)
    {
        _killedFor ??= reason;
        process.Kill();
    }

    private unsafe bool Fill(Span<byte> bytes)
    {
        var entries = stackalloc Libc.PollEntry[2];
        while (!bytes.IsEmpty)
        {
            // poll passes over negative descriptors.
            entries[0] = new Libc.PollEntry { Descriptor = (int)process.Output.DangerousGetHandle(), Wanted = Libc.PollEntry.Readable };
            entries[1] = new Libc.PollEntry { Descriptor = _wordsOver ? -1 : (int)process.Errors.DangerousGetHandle(), Wanted = Libc.PollEntry.Readable };
            var found = Libc.poll(entries, new CULong(2), PollMilliseconds);
            if (found == 0 && !Wait())
                return false;
            if (found <= 0)
                continue;
            if (entries[1].Found != 0)
                ReadWords();
            if (entries[0].Found == 0)
                continue;
            _waited = 0;
            var got = ReadSome((int)process.Output.DangerousGetHandle(), bytes);
            if (got <= 0)
                return false;
            bytes = bytes[got..];
        }

        return true;
    }

    // A second without a word. Seconds are counted, not the clock read: when this very process was stopped, the child is not to blame.
    private bool Wait()
    {
        // Its output closes when it ends, unless it passed it on to somebody.
        if (process.HasEnded)
            return false;
        _waited++;
        var limit = _ready ? options.StallTimeout : options.StartTimeout;
        if (_waited >= limit.TotalSeconds)
            KillFor(_ready ? $"no sign of life for {_waited} s" : "it did not get ready in time");
        return true;
    }

    private void ReadWords()
    {
        var got = ReadSome((int)process.Errors.DangerousGetHandle(), _words);
        if (got <= 0)
            _wordsOver = true;
        else
            _errors.Add(Encoding.UTF8.GetString(_words.AsSpan(0, got)));
    }

    private unsafe void LastWords()
    {
        for (var more = 16; more > 0 && !_wordsOver; more--)
        {
            var entry = new Libc.PollEntry { Descriptor = (int)process.Errors.DangerousGetHandle(), Wanted = Libc.PollEntry.Readable };
            if (Libc.poll(&entry, new CULong(1), 100) <= 0)
                return;
            ReadWords();
        }
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
}
