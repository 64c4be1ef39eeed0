using System.Net.Sockets;
using Tandem.Live.Package;

namespace Tandem.Server.WebSockets;

/// <summary>What one viewer asked for and may have.</summary>
/// <param name="Rendition">The voice to begin with.</param>
/// <param name="Video">Whether the picture is wanted.</param>
/// <param name="Full">Whether it speaks <c>tandem.v1</c>; otherwise the version before: without captions and acknowledgements.</param>
/// <param name="Resume">The next sequences wanted.</param>
/// <param name="Allows">Which voices are open.</param>
/// <param name="Expires">When its token ends.</param>
internal sealed record ViewerWish(
    int Rendition, bool Video, bool Full, (long? Audio, long? Video) Resume, Func<string, bool> Allows, DateTimeOffset? Expires);

/// <summary>One viewer's socket after the upgrade: a loop that reads, a loop that sends, and what the hub tells both.</summary>
/// <param name="viewers">The channel's viewers, this one among them.</param>
/// <param name="wish">What it wants.</param>
/// <param name="stream">The upgraded stream.</param>
/// <param name="socket">The connection's socket, where it may be written to.</param>
/// <param name="abort">Cuts the connection.</param>
/// <param name="time">The clock.</param>
internal sealed class ViewerSocket(ChannelViewers viewers, ViewerWish wish, Stream stream, Socket? socket, Action abort, TimeProvider time)
{
    /// <summary>Between two pings.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(20);

    private const int MostPings = 3;
    private const int MostTexts = 64;
    private const int BatchBytes = 256 * 1024;

    // A viewer that takes less than this is as good as frozen.
    private const double LeastBytesASecond = 8 * 1024;

    // Two acknowledgements a second are allowed, and a person who tries all voices.
    private const int MostFrames = 40;

    private static readonly TimeSpan s_framesPer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_barrier = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_acknowledgedEvery = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan s_resumeWithin = TimeSpan.FromSeconds(1);

    // A second of media at most waits for a viewer who is told to go.
    private static readonly TimeSpan s_flush = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<ReadOnlyMemory<byte>> _texts = [];
    private readonly Signal _signal = new();
    private readonly ViewerCursor _cursor = new(viewers.Stream, wish.Rendition, wish.Video, time.GetUtcNow());
    private readonly ClientFrames _frames = new();
    private readonly MessageAllowance _allowance = new(MostFrames, s_framesPer);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTimeOffset _joined = time.GetUtcNow();
    private readonly (DateTimeOffset At, long Sequence)[] _acknowledged = [.. Enumerable.Repeat((DateTimeOffset.MinValue, -1L), 3)];
    private IViewerWire _wire = new StreamWire(stream);
    private DateTimeOffset _pinged = time.GetUtcNow();
    private DateTimeOffset? _stuckAt;
    private DateTimeOffset? _flushUntil;
    private TimeSpan _roundTrip;
    private SocketEnd? _end;
    private (long? Audio, long? Video)? _resume = wish.Resume;
    private int _selected = wish.Rendition;
    private int _unanswered;
    private bool _heardOf;
    private bool _closed;

    /// <summary>The voice that is heard.</summary>
    public int Rendition { get; private set; } = wish.Rendition;

    /// <summary>Whether it gets captions.</summary>
    public bool WantsCaptions => wish.Full;

    /// <summary>When it is to end at the latest.</summary>
    public DateTimeOffset EndsAt { get; } = time.GetUtcNow() + ChannelViewers.Lifetime();

    /// <summary>Serves the viewer until its end, whatever that is.</summary>
    public async Task RunAsync()
    {
        var reading = ReadAsync();
        try
        {
            await SendAllAsync();

            // The client answers with its own close frame; who does not is cut off.
            await Task.WhenAny(reading, Task.Delay(s_closing, time));
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            End(SocketEnd.Lost);
        }
        finally
        {
            if (!reading.IsCompleted)
                abort();
            await reading;
        }
    }

    /// <summary>How it ended, or would if it ended now.</summary>
    public SocketEnd Ended => _end ?? SocketEnd.Lost;

    /// <summary>There may be something to send.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Queues a text message in its frame; the newest is left out where too many wait.</summary>
    public void Tell(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (_texts.Count >= MostTexts || _end is not null)
                return;
            _texts.Enqueue(frame);
        }

        _signal.Set();
    }

    /// <summary>Ends it; what was said first counts.</summary>
    public void End(SocketEnd end)
    {
        lock (_lock)
        {
            if (_end is not null)
                return;
            _end = end;
            _flushUntil = time.GetUtcNow() + (end.Planned ? s_flush : TimeSpan.Zero);
        }

        _signal.Set();
    }

    /// <summary>Looks after pings and times; called about twice a second.</summary>
    public void Tick(DateTimeOffset now)
    {
        // Until its first chunk it waits for time as well; afterwards only for what wakes it by itself.
        if (_cursor.NextOf(MediaTrack.Audio) < 0)
            _signal.Set();
        DateTimeOffset? stuckAt;
        lock (_lock)
            stuckAt = _stuckAt;
        if (stuckAt <= now)
            Cut(SocketEnd.Frozen);
        else if (wish.Expires <= now)
            End(SocketEnd.Expired);
        else if (EndsAt <= now)
            End(SocketEnd.Lifetime(ChannelViewers.Spread()));
        if (now - _pinged < PingEvery)
            return;
        if (_unanswered >= MostPings)
            Cut(SocketEnd.Silent);
        Ping(now);
    }

    private void Ping(DateTimeOffset now)
    {
        _pinged = now;
        _unanswered++;
        Tell(ServerFrames.Ping("tandem"u8));
    }

    private void Cut(SocketEnd end)
    {
        End(end);
        abort();
    }

    private async Task SendAllAsync()
    {
        var frames = new List<ArraySegment<byte>>();
        var batch = new List<MediaMessage>();
        var notices = new List<CursorNotice>();
        if (await HelloAsync(frames, notices))
            await CrossAsync();
        while (true)
        {
            frames.Clear();
            batch.Clear();
            Obey();
            var end = _end;
            var flushes = end is null || (end.Planned && time.GetUtcNow() < _flushUntil);
            if (flushes)
                _cursor.Take(time.GetUtcNow(), BatchBytes, batch, notices);
            Collect(frames, batch, notices);
            if (end is not null && batch.Count == 0)
            {
                frames.AddRange(end.Frames().Select(frame => new ArraySegment<byte>(frame)));
                await SendAsync(frames);
                return;
            }

            if (frames.Count == 0)
                await _signal.WaitAsync();
            else
                await SendAsync(frames);
            foreach (var message in batch)
                viewers.Metrics.MessageSent(message.Message.Length);
        }
    }

    /// <summary>Waits until there is something to begin with, and says hello; false where it ended before.</summary>
    private async Task<bool> HelloAsync(List<ArraySegment<byte>> frames, List<CursorNotice> notices)
    {
        Obey();
        while (!_cursor.TryPlace(time.GetUtcNow(), notices))
        {
            if (_end is not null)
                return false;
            await _signal.WaitAsync();
            Obey();
        }

        frames.Add(viewers.Hello(wish, _cursor, (EndsAt - time.GetUtcNow()).TotalSeconds));
        frames.Add(viewers.StatusOf(Rendition));
        await SendAsync(frames);
        return true;
    }

    /// <summary>
    /// Changes to the socket itself once the client has answered a ping: then all that went through the stream has left it, and nothing of
    /// it can come between what goes into the socket. A client that answers late stays with the stream.
    /// </summary>
    private async Task CrossAsync()
    {
        if (socket is null)
            return;
        _pinged = time.GetUtcNow();
        _unanswered++;
        await SendAsync([ServerFrames.Ping("tandem"u8)]);
        await Task.WhenAny(_answered.Task, Task.Delay(s_barrier, time));
        if (!_answered.Task.IsCompleted)
            return;

        // What lies in the kernel for a slow viewer comes too late to be skipped: a second of a large picture is enough.
        socket.SendBufferSize = BatchBytes;
        _wire = new SocketWire(socket);
    }

    /// <summary>Does what the client wants, between two messages.</summary>
    private void Obey()
    {
        (long? Audio, long? Video)? resume;
        int selected;
        lock (_lock)
            (resume, selected, _resume) = (_resume, _selected, null);
        if (resume is var (audio, video))
            _cursor.Resume(audio, video);
        if (selected == Rendition)
            return;
        _cursor.Select(selected);
        viewers.Moved(this, Rendition, selected);
        Rendition = selected;
        Tell(viewers.StatusOf(selected));
    }

    private void Collect(List<ArraySegment<byte>> frames, List<MediaMessage> batch, List<CursorNotice> notices)
    {
        lock (_lock)
        {
            while (_texts.TryDequeue(out var text))
                frames.Add(Segment(text));
        }

        foreach (var notice in notices)
        {
            frames.Add(viewers.Notice(notice, _cursor.Rendition));
            if (notice.Code == "skipped")
                viewers.Metrics.Skipped(notice.Track, notice.To - notice.From + 1);
        }

        notices.Clear();
        foreach (var message in batch)
            frames.Add(message.Segment);
    }

    private static ArraySegment<byte> Segment(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) ? segment : memory.ToArray();

    private async ValueTask SendAsync(List<ArraySegment<byte>> frames)
    {
        var bytes = 0L;
        foreach (var frame in frames)
            bytes += frame.Count;
        lock (_lock)
            _stuckAt = time.GetUtcNow() + s_stuck + TimeSpan.FromSeconds(bytes / LeastBytesASecond);
        await _wire.SendAsync(frames);
        lock (_lock)
            _stuckAt = null;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1024];
        try
        {
            while (true)
            {
                var count = await stream.ReadAsync(buffer);
                if (count == 0)
                    break;
                if (!Read(buffer.AsSpan(0, count)))
                {
                    if (_end is { Cause: not "client" } && !_closed)
                        await DiscardAsync(buffer);
                    return;
                }
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The connection is gone.
        }

        Cut(SocketEnd.Lost);
    }

    /// <summary>What is left unread when a connection closes takes with it what was sent last: the reason.</summary>
    private async Task DiscardAsync(byte[] buffer)
    {
        while (await stream.ReadAsync(buffer) > 0)
        {
        }
    }

    /// <summary>Takes what came; false where nothing more is to be read.</summary>
    private bool Read(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var happened = _frames.Next(ref bytes);
            if (happened == ClientEvent.None)
                return true;
            if (happened != ClientEvent.Violation && !_allowance.Take(time.GetUtcNow()))
            {
                End(SocketEnd.Violation(1008, $"more than {MostFrames} messages in {s_framesPer.TotalSeconds} s"));
                return false;
            }

            switch (happened)
            {
                case ClientEvent.Violation:
                    End(SocketEnd.Violation(_frames.Code, _frames.Detail));
                    return false;
                case ClientEvent.Close:
                    _closed = true;
                    End(SocketEnd.Client(_frames.Code));
                    return false;
                case ClientEvent.Ping:
                    Tell(ServerFrames.Pong(_frames.Payload.Span));
                    break;
                case ClientEvent.Pong:
                    Answered();
                    break;
                case ClientEvent.Text when !Take(ClientMessage.Read(_frames.Payload)):
                    End(SocketEnd.Violation(1007, "a message must be a JSON object with a type"));
                    return false;
            }
        }
    }

    private void Answered()
    {
        if (_unanswered == 0)
            return;
        _unanswered = 0;
        _roundTrip = time.GetUtcNow() - _pinged;
        _answered.TrySetResult();
    }

    private bool Take(ClientMessage? message)
    {
        var first = !_heardOf;
        _heardOf = true;
        switch (message)
        {
            case null:
                return false;
            case ClientMessage.Select select:
                Select(select.Language);
                break;
            case ClientMessage.Ack ack when wish.Full:
                Acknowledge(ack);
                break;
            case ClientMessage.Resume resume when first && time.GetUtcNow() - _joined <= s_resumeWithin:
                lock (_lock)
                    _resume = (resume.Audio, resume.Video);
                _signal.Set();
                break;
        }

        return true;
    }

    private void Select(string language)
    {
        var found = viewers.Stream.Find(language);
        var refusal = found is null || viewers.Stream.Sound(found.Index).View.IsEmpty ? "this channel has no such voice"
            : !wish.Allows(found.Name) ? "this voice needs another token"
            : null;
        if (refusal is not null)
        {
            Tell(SocketJson.Frame(new NoticeMessage("refused", refusal) { Language = language.Length > 35 ? null : language }));
            return;
        }

        lock (_lock)
            _selected = found!.Index;
        _signal.Set();
    }

    /// <summary>From when the chunk could first be had until the client had it.</summary>
    private void Acknowledge(ClientMessage.Ack ack)
    {
        if (ack.Track is not (1 or 2))
            return;
        var (now, last) = (time.GetUtcNow(), _acknowledged[ack.Track]);

        // What was not sent yet cannot have come, and what was told before has not come now: either would make the figure what the client likes.
        if (ack.Sequence <= last.Sequence || ack.Sequence >= _cursor.NextOf((MediaTrack)ack.Track) || now - last.At < s_acknowledgedEvery)
            return;
        _acknowledged[ack.Track] = (now, ack.Sequence);
        var lane = ack.Track == (int)MediaTrack.Video ? viewers.Stream.Picture : viewers.Stream.Sound(Rendition);
        if (lane.View.Find(ack.Sequence)?.Chunk is not { } chunk || chunk.PublishedAt < _joined)
            return;
        viewers.Metrics.Delivered(now - chunk.PublishedAt - (_roundTrip / 2));
    }
}
