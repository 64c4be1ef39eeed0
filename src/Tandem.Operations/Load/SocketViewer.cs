using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>A viewer by WebSocket: connects, reads, comes back where it was cut off.</summary>
internal sealed class SocketViewer(string name, string? language, ReadingPace pace, Random random, DecodeSample? sample, Tally tally,
    LoadServices services)
    : Viewer(name, tally, services)
{
    /// <summary>Status comes every 2 s: a connection that is silent for so long is dead, µs.</summary>
    private const long LongestSilence = 15_000_000;

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(1);

    private readonly SocketChannel _channel = new(services, sample);
    private WebSocketLink? _link;
    private long _heardAt;
    private bool _silent;

    private ReadingPace Pace => pace;

    /// <inheritdoc/>
    protected override async Task WatchAsync(CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var (link, refusal) = await TryConnectAsync(stop);
            if (link is not null)
            {
                failures = 0;
                var ending = await StayAsync(link, stop);
                if (stop.IsCancellationRequested)
                    return;
                if (await LeftAsync(ending, stop))
                    return;
                continue;
            }

            if (refusal is null)
                return;
            failures++;
            NoteRefusal(refusal);
            await PauseAsync(refusal.After is { } after ? Limited(after) : Backoff(failures), stop);
        }
    }

    /// <inheritdoc/>
    protected override long Owed(long span) => _channel.Owed(span, Services.Options.AudioOnly);

    /// <inheritdoc/>
    protected override void Watchdog(long now)
    {
        if (_link is null || pace.BytesPerSecond is not null || now - _heardAt < LongestSilence)
            return;
        _silent = true;
        _link.Abort();
    }

    private async Task<(WebSocketLink? Link, Refusal? Refusal)> TryConnectAsync(CancellationToken stop)
    {
        try
        {
            return await WebSocketLink.ConnectAsync(Address(), Services.Options.Token, pace.ReceiveBuffer, Services.Clock.Time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (null, null);
        }
    }

    private Uri Address()
    {
        var target = Services.Target.Socket!;
        var query = new StringBuilder(target.Query.TrimStart('?'));
        void Add(string name, string value) => query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(value);
        if (language is not null)
            Add("lang", Uri.EscapeDataString(language));
        Add("media", Services.Options.AudioOnly ? "audio" : "av");
        lock (Gate)
        {
            if (_channel.Resume() is { } resume)
                Add("resume", resume);
        }

        return new UriBuilder(target) { Query = query.ToString() }.Uri;
    }

    /// <summary>Stays until the connection or the run ends; returns how it ended.</summary>
    private async Task<Ending> StayAsync(WebSocketLink link, CancellationToken stop)
    {
        var session = new Session(this);
        var reader = new FrameReader(session);
        lock (Gate)
        {
            (_link, _heardAt, _silent, Connected, LastRefused) = (link, Now, false, true, false);
            _channel.Connected(Now);
        }

        var lost = "lost";
        try
        {
            await (pace.IsFrozen ? FreezeAsync(link, reader, stop) : ReadAsync(link, reader, session, stop));
            if (session.CloseCode is not null)
                await FarewellAsync(link);
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException)
        {
            lost = "reset";
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await FarewellAsync(link);
        }
        finally
        {
            lock (Gate)
                (_link, Connected) = (null, false);
            reader.Drop();
            await link.DisposeAsync();
        }

        if (reader.Fault is { } broken)
        {
            lock (Gate)
                Fault(FaultKind.Protocol, broken);
            lost = "broken";
        }

        return new Ending(session.Bye, _silent ? "silent" : session.CloseCode is { } code
            ? string.Create(CultureInfo.InvariantCulture, $"close {code}") : lost);
    }

    private async Task ReadAsync(WebSocketLink link, FrameReader reader, Session session, CancellationToken stop)
    {
        await link.SendAsync(9, session.PingPayload(), stop);
        while (reader.Fault is null && session.CloseCode is null)
        {
            if (!await link.ReadAsync(reader, session.Came, pace.AtOnce, stop))
                return;
            while (session.Outbox.TryDequeue(out var message))
                await link.SendAsync(message.Opcode, message.Payload, stop);
            if (pace.BytesPerSecond is not null)
                await Task.Delay(ReadingPace.Pause, Services.Clock.Time, stop);
        }
    }

    /// <summary>Reads nothing; at the end looks what the server has done about it.</summary>
    private async Task FreezeAsync(WebSocketLink link, FrameReader reader, CancellationToken stop)
    {
        await PauseAsync(Timeout.InfiniteTimeSpan, stop);
        using var soon = new CancellationTokenSource(_farewell, Services.Clock.Time);
        try
        {
            while (await link.ReadAsync(reader, count => Tally.Came(count), null, soon.Token) && reader.Fault is null)
            {
                // What was on its way.
            }

            Tally.Disconnected("ended by the server", planned: false);
        }
        catch (OperationCanceledException)
        {
            // It is connected still.
        }
    }

    private async Task FarewellAsync(WebSocketLink link)
    {
        using var soon = new CancellationTokenSource(_farewell, Services.Clock.Time);
        try
        {
            var code = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(code, 1000);
            await link.SendAsync(8, code, soon.Token);
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The server left first.
        }
    }

    /// <summary>The connection ended before the run did. True when the viewer is not to come back.</summary>
    private async Task<bool> LeftAsync(Ending ending, CancellationToken stop)
    {
        var bye = ending.Bye;
        lock (Gate)
        {
            var refused = bye?.Reason == "admission";
            if (refused)
            {
                Tally.Refused(bye?.Detail is { Length: > 0 } detail ? $"bye admission: {detail.ReplaceLineEndings(" ")}" : "bye admission");
                LastRefused = true;
                _channel.TurnedAway();
            }
            else
            {
                CutOff(bye?.Reason ?? ending.Lost, planned: bye is { Reconnect: true, Reason: "shutdown" or "lifetime" or "moved" });
            }
        }

        if (bye is { Reconnect: false })
            return true;
        await PauseAsync(bye?.AfterMs is { } after ? Limited(TimeSpan.FromMilliseconds(after)) : Backoff(1), stop);
        return false;
    }

    private void NoteRefusal(Refusal refusal)
    {
        lock (Gate)
        {
            if (Finished)
                return;
            LastRefused = refusal.Refused;
            Tally.Refused(refusal.Detail.Length > 0 && refusal.Refused ? $"{refusal.Reason}: {refusal.Detail}" : refusal.Reason);
        }
    }

    private TimeSpan Backoff(int failures) =>
        TimeSpan.FromSeconds(Math.Min(5, 0.25 * Math.Pow(2, Math.Min(failures, 10))) * (0.5 + random.NextDouble()));

    private static TimeSpan Limited(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > _longestWait ? _longestWait : wait;

    private sealed record Ending(ServerMessage? Bye, string Lost);

    /// <summary>One connection of a viewer: takes its messages.</summary>
    private sealed class Session(SocketViewer viewer) : IMessageSink
    {
        private const long PingInterval = 20_000_000;

        private long _pingedAt;

        public ServerMessage? Bye { get; private set; }

        public int? CloseCode { get; private set; }

        public Queue<(int Opcode, byte[] Payload)> Outbox { get; } = new();

        public byte[] PingPayload()
        {
            _pingedAt = viewer.Now;
            var payload = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(payload, _pingedAt);
            return payload;
        }

        public void Came(int count)
        {
            viewer._heardAt = viewer.Now;
            if (!viewer.Finished)
                viewer.Tally.Came(count);
            if (viewer._heardAt - _pingedAt > PingInterval)
                Outbox.Enqueue((9, PingPayload()));
        }

        public void Text(ReadOnlySpan<byte> message)
        {
            var now = viewer.Now;
            lock (viewer.Gate)
            {
                if (ServerMessage.Read(message) is not { } read)
                {
                    viewer.Fault(FaultKind.Protocol, "a text message that is no JSON object with a type");
                    return;
                }

                if (read.ServerTime is { } server && viewer.Pace.BytesPerSecond is null)
                    viewer.Services.Offset.Heard(server, now);
                switch (read.Type)
                {
                    case "hello":
                        viewer._channel.Hello(read);
                        viewer.Playback ??= new PlaybackBuffer(viewer._channel.Tracks, viewer.Enough(1_000_000));
                        break;
                    case "notice" when read is { Code: "skipped", Track: { } track, From: { } from, To: { } to }:
                        viewer._channel.Announce(track, from, to);
                        break;
                    case "bye":
                        Bye = read;
                        break;
                    default:
                        break;
                }
            }
        }

        public void BinaryBegins() => viewer._channel.Begin();

        public void Binary(ReadOnlySpan<byte> bytes) => viewer._channel.Feed(bytes);

        public void BinaryEnds()
        {
            var now = viewer.Now;
            lock (viewer.Gate)
            {
                if (viewer.Finished || viewer._channel.End(now, viewer.WantedAt ?? now, viewer.Tally, viewer.Fault) is not { } chunk)
                    return;
                viewer.Back(now);
                viewer.Playback ??= new PlaybackBuffer(viewer._channel.Tracks, viewer.Enough(1_000_000));
                if (viewer._channel.IndexOf(chunk.Track) is { } index)
                    viewer.Playback.Add(index, chunk.SourceTime, chunk.Duration, chunk.Discontinuity, now);
                if (viewer._channel.AckIsDue(chunk.Track, now))
                    Outbox.Enqueue((1, Ack(chunk, now)));
            }
        }

        public void Ping(ReadOnlySpan<byte> payload) => Outbox.Enqueue((10, payload.ToArray()));

        public void Pong(ReadOnlySpan<byte> payload)
        {
            if (payload.Length == 8 && viewer.Pace.BytesPerSecond is null)
                viewer.Services.Offset.Pinged(viewer.Now - BinaryPrimitives.ReadInt64BigEndian(payload));
        }

        public void Close(int code) => CloseCode ??= code;

        private byte[] Ack(in ChunkHeader chunk, long now) => Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"type\":\"ack\",\"track\":{chunk.Track},\"sequence\":{chunk.Sequence},\"receivedAt\":{now / 1000},\"bufferMs\":{viewer.Playback!.Ahead / 1000}}}"));
    }
}
