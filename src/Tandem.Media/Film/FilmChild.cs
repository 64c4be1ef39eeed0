using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Tandem.Media.Sandbox;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>A film's child, seen from the parent.</summary>
internal sealed class FilmChild : IAsyncDisposable
{
    private const int LargestMessage = 16 << 20;
    private const int LongestWords = 2_000;

    private readonly ConfinedProcess _process;
    private readonly FileStream _input;
    private readonly Channel<(FilmMessage Kind, byte[] Body)> _messages =
        Channel.CreateBounded<(FilmMessage, byte[])>(new BoundedChannelOptions(16) { SingleReader = true, SingleWriter = true });

    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private readonly Task<string> _words;
    private string? _broken;
    private bool _disposed;

    private FilmChild(ConfinedProcess process, TimeSpan patience, TimeProvider time)
    {
        _process = process;
        _time = time;
        _patience = patience;
        _input = new FileStream(process.Input, FileAccess.Write, bufferSize: 0);
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _words = Task.Factory.StartNew(ReadWords, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How it is confined; known once it has spoken.</summary>
    public SandboxReport Sandbox { get; private set; } = SandboxReport.Unknown;

    /// <summary>Starts a child on files that are open.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static FilmChild Start(IReadOnlyList<SafeFileHandle> sources, FilmOptions options, TimeProvider time)
    {
        var started = WorkerStart.Start(
            new MediaWorkerOptions
            {
                Name = "film",
                Command = options.Command ?? WorkerCommand.Default("film"),
                MemoryLimit = options.MemoryLimit,
                Confined = options.Confined,
            },
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [FilmProcess.SourcesVariable] = sources.Count.ToString(CultureInfo.InvariantCulture),
            },
            sources);
        return new FilmChild(started, options.Patience, time);
    }

    /// <summary>The next message; null with the reason when there will be none any more.</summary>
    public async Task<((FilmMessage Kind, byte[] Body)? Message, string? Problem)> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var (kind, body) = await _messages.Reader.ReadAsync(cancellation).AsTask().WaitAsync(_patience, _time, cancellation).ConfigureAwait(false);
                if ((MessageKind)kind != MessageKind.Hello)
                    return ((kind, body), null);
                Sandbox = SandboxOf(body);
            }
        }
        catch (ChannelClosedException)
        {
            return (null, _broken ?? await LastWordsAsync().ConfigureAwait(false));
        }
        catch (TimeoutException)
        {
            _process.Kill();
            return (null, string.Create(CultureInfo.InvariantCulture, $"reading it made no headway for {_patience.TotalSeconds:0} s"));
        }
    }

    /// <summary>Sends a message; blocks while the child is slow. False when it is gone.</summary>
    public bool Send(ReadOnlyMemory<byte> message)
    {
        try
        {
            _input.Write(message.Span);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void CloseInput() => _input.Dispose();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _process.Kill();
        await Task.WhenAll(_reading, _words).ConfigureAwait(false);
        await Task.Run(_process.Reap).ConfigureAwait(false);
        await _input.DisposeAsync().ConfigureAwait(false);
        _process.Dispose();
        _stop.Dispose();
    }

    private static SandboxReport SandboxOf(byte[] body)
    {
        var wire = new WireReader(body);
        return SandboxReport.Read(ref wire);
    }

    private async Task<string> LastWordsAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        var words = (await _words.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var end = await Task.Run(_process.Reap).ConfigureAwait(false);
        return words is [var first, ..] ? $"the child that reads it died ({end}): {first}" : $"the child that reads it died ({end})";
    }

    private void Read()
    {
        // Closed by whoever disposes of the process.
        var output = new FileStream(new SafeFileHandle(_process.Output.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, bufferSize: 64 << 10);
        var header = new byte[WireWriter.HeaderLength];
        try
        {
            while (output.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(header);
                if (length is < 0 or > LargestMessage)
                {
                    _broken = $"the child that reads it sent a message of {length} bytes";
                    break;
                }

                var body = new byte[length];
                if (output.ReadAtLeast(body, length, throwOnEndOfStream: false) < length)
                    break;
                if (!_messages.Writer.TryWrite(((FilmMessage)header[4], body)))
                    _messages.Writer.WriteAsync(((FilmMessage)header[4], body), _stop.Token).AsTask().GetAwaiter().GetResult();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The process was ended.
        }

        _messages.Writer.TryComplete();
    }

    private string ReadWords()
    {
        using var errors = new StreamReader(
            new FileStream(new SafeFileHandle(_process.Errors.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, bufferSize: 0), Encoding.UTF8);
        var words = new StringBuilder();
        var block = new char[512];
        try
        {
            while (errors.Read(block) is > 0 and var got)
            {
                if (words.Length < LongestWords)
                    words.Append(block, 0, got);
            }
        }
        catch (IOException)
        {
            // The process was ended.
        }

        return words.ToString();
    }
}
