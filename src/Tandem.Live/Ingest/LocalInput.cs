using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Tandem.Media;
using Tandem.Media.Segmenting;

namespace Tandem.Live.Ingest;

/// <summary>Why nothing comes from an input.</summary>
/// <param name="Detail">One line for people.</param>
/// <param name="Final">Whether nothing will come any more without help.</param>
/// <param name="Plays">Whether something comes all the same: what is wrong is worth saying, and no more.</param>
public sealed record InputTrouble(string Detail, bool Final, bool Plays = false);

/// <summary>
/// A source that is not fetched over HTTP: its files in memory, and what fills them. Pushed ones are filled by the server; files and
/// listeners by a segmenter, whose confined child opens just that file or socket.
/// </summary>
public sealed class LocalInput : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name;
    private readonly bool _loops;
    private readonly ILogger _log;
    private readonly Segmenter? _segmenter;
    private readonly SafeFileHandle? _file;
    private readonly Task _running = Task.CompletedTask;
    private volatile InputTrouble? _trouble;
    private InputTrouble? _defect;

    private LocalInput(ChannelOptions options, TimeProvider time, ILogger log)
    {
        _log = log;
        _name = SourceAddress.Shown(options.Input);
        _loops = options.Loop;
        IsPushed = SourceAddress.KindOf(options.Input) == InputKind.Push;
        var root = RootOf(options);
        Files = new PushedFiles(root, options.PushMemory, IsPushed ? Awaited(root) : $"{_name}: nothing has come yet", time);
        if (IsPushed)
            return;
        var input = Open(options, out _file, out var trouble);
        _trouble = trouble;
        if (input is null)
            return;
        var largest = new SegmenterOptions { Input = input }.LargestSegment;
        _segmenter = Segmenter.Start(
            new SegmenterOptions
            {
                Input = input,
                Name = options.Id,
                Paced = !input.Listens,
                LargestSegment = Math.Min(largest, Files.LargestFile),
            },
            time,
            log);
        _running = Task.Run(() => RunAsync(new LiveCut(Files, time), input.Listens));
    }

    /// <summary>What there is of the source.</summary>
    public PushedFiles Files { get; }

    /// <summary>Whether the server may put files there.</summary>
    public bool IsPushed { get; }

    /// <summary>Why nothing comes, or what is wrong with what does; null where all is well, and where that is not known here.</summary>
    public InputTrouble? Trouble => _trouble;

    /// <summary>The made-up address of such a channel's files: the path that they are pushed to, on a host that does not exist.</summary>
    public static Uri RootOf(ChannelOptions options) => new($"https://{ShownAddress.PushedHost}/ingest/{options.Id}/");

    /// <summary>Opens a channel's input; null where it is fetched over HTTP.</summary>
    public static LocalInput? Open(ChannelOptions options, TimeProvider time, ILogger log) =>
        SourceAddress.HasAddresses(options.Input) ? null : new LocalInput(options, time, log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_segmenter is not null)
            await _segmenter.DisposeAsync();
        await _running;
        _file?.Dispose();
        _stop.Dispose();
    }

    private static string Awaited(Uri root) =>
        $"nothing has been pushed yet: PUT a playlist and its segments to {root.AbsolutePath}, such as {root.AbsolutePath}master.m3u8";

    private static SegmenterInput? Open(ChannelOptions options, out SafeFileHandle? file, out InputTrouble? trouble)
    {
        (file, trouble) = (null, null);
        string? problem;
        try
        {
            if (SourceAddress.KindOf(options.Input) == InputKind.File)
            {
                if (RegularFile.IsNone(options.Input.LocalPath))
                    throw new IOException("is a pipe or a device and no file");
                file = File.OpenHandle(options.Input.LocalPath);
                return new FileInput(file, Path.GetFileName(options.Input.LocalPath), options.Loop);
            }

            if (InputAddress.Parse(options.Input.OriginalString, out problem) is { } input)
                return input;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = error.Message;
        }

        trouble = new InputTrouble($"{SourceAddress.Shown(options.Input)}: {problem}", Final: true);
        return null;
    }

    private async Task RunAsync(LiveCut cuts, bool listens)
    {
        try
        {
            await foreach (var what in _segmenter!.ReadAsync(_stop.Token))
                Take(what, cuts, listens);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposal.
        }
#pragma warning disable CA1031 // A bug here must not end in silence: the channel's state tells of it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _log.LogError(error, "Reading the input failed.");
            _trouble = new InputTrouble($"{_name}: a defect of Tandem's ingest: {error.Message}", Final: true);
        }
    }

    private void Take(CutEvent what, LiveCut cuts, bool listens)
    {
        switch (what)
        {
            case CutListening:
                _trouble = new InputTrouble(_trouble is null ? $"nobody sends to {_name}" : _trouble.Detail, Final: false);
                break;
            case CutOpened opened:
                _log.LogInformation("{Input}: {Format}{Note}", _name, opened.Format, opened.Note is null ? "" : ". " + opened.Note);
                break;
            case SegmentCut cut:
                _trouble = _defect;
                if (!cuts.Add(cut))
                    _log.LogWarning("{Input}: a segment of {Bytes} bytes is more than a quarter of push_memory and is left out", _name, cut.Data.Length);
                break;
            case CutEnded ended:
                if (!listens)
                    cuts.End();
                else
                    _trouble = new InputTrouble(ended.Detail, Final: false);
                break;
            case CutFailed { Fault: CutFault.BrokeOff, Retry: true } failed when !listens:
                // Once, not at each turn.
                if (_defect is null)
                    _log.LogWarning("{Detail}; it is looped as far as it goes", failed.Detail);
                _trouble = _defect = new InputTrouble($"{failed.Detail}; it is looped as far as it goes", Final: false, Plays: true);
                break;
            case CutFailed failed:
                _log.LogWarning("{Detail}", failed.Detail);
                _trouble = new InputTrouble(failed.Detail, !failed.Retry || !(listens || _loops));
                break;
        }
    }
}
