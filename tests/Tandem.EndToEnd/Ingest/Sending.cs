using System.Net;
using System.Net.Sockets;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Ingest;

/// <summary>Ways of a programme to a channel.</summary>
public enum SentBy
{
    /// <summary>Tandem polls it; viewers have the source's own pictures.</summary>
    Fetched,

    /// <summary>Tandem polls it, and carries the picture.</summary>
    Carried,

    /// <summary>ffmpeg pushes it, as HLS.</summary>
    Push,

    /// <summary>It is a file.</summary>
    File,

    /// <summary>ffmpeg sends it by RTMP.</summary>
    Rtmp,

    /// <summary>ffmpeg sends it by SRT, through a <see cref="LossyRelay"/>.</summary>
    Srt,

    /// <summary>ffmpeg sends it by UDP.</summary>
    Udp,

    /// <summary>The same through a <see cref="LossyRelay"/>.</summary>
    LossyUdp,
}

/// <summary>A programme on its way to one channel.</summary>
public sealed class Sending : IAsyncDisposable
{
    /// <summary>Key of RTMP senders.</summary>
    public const string Secret = "a-secret-of-the-test";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private readonly Programme _programme;
    private readonly string[] _options;
    private readonly string _output = "";
    private readonly string _input;
    private readonly OriginServer? _origin;
    private readonly string? _file;
    private Packager? _packager;

    private Sending(string id, SentBy by, Programme programme, string[] options, (OriginServer Server, Uri Master)? origin)
    {
        (Id, By, _programme, _options, _origin) = (id, by, programme, options, origin?.Server);
        var port = FreePort(by == SentBy.Rtmp ? ProtocolType.Tcp : ProtocolType.Udp);
        switch (by)
        {
            case SentBy.Fetched or SentBy.Carried:
                _input = $"{origin!.Value.Master},allow_private=true,video={(by == SentBy.Carried ? "carry" : "reference")}";
                break;
            case SentBy.Push:
                _input = "push";
                break;
            case SentBy.File:
                _input = _file = Packager.Write(programme);
                break;
            case SentBy.Rtmp:
                _input = _output = $"rtmp://127.0.0.1:{port}/live/{Secret}";
                break;
            case SentBy.Srt:
                Relay = new LossyRelay(port);

                // At a dozen datagrams a second the next one, which shows that one is missing, may come half a second later.
                (_input, _output) = ($"srt://127.0.0.1:{port}?latency=1500", $"srt://127.0.0.1:{Relay.Port}");
                break;
            case SentBy.Udp:
                (_input, _output) = ($"udp://127.0.0.1:{port}", $"udp://127.0.0.1:{port}?pkt_size=1316");
                break;
            default:
                Relay = new LossyRelay(port);
                (_input, _output) = ($"udp://127.0.0.1:{port}", $"udp://127.0.0.1:{Relay.Port}?pkt_size=1316");
                break;
        }
    }

    /// <summary>The channel.</summary>
    public string Id { get; }

    /// <summary>How it is sent.</summary>
    public SentBy By { get; }

    /// <summary>What loses a part of it; null where nothing does.</summary>
    public LossyRelay? Relay { get; }

    /// <summary>The end of what its sender said.</summary>
    public string Log => _packager?.Log ?? "";

    /// <summary>Prepares it; nothing is sent yet.</summary>
    /// <param name="id">The channel.</param>
    /// <param name="by">How it is sent.</param>
    /// <param name="programme">Its first track is sent; of what is polled, all are.</param>
    /// <param name="options">More of ffmpeg's options for the output.</param>
    public static async Task<Sending> PrepareAsync(string id, SentBy by, Programme programme, params string[] options)
    {
        if (by is not (SentBy.Fetched or SentBy.Carried))
            return new Sending(id, by, programme, options, null);
        var server = await OriginServer.StartAsync();
        return new Sending(id, by, programme, options, (server, server.Add(id, new OriginOptions { Programme = programme }).Master));
    }

    /// <summary>The value of <c>--channel</c>.</summary>
    public string Channel(string delay = "6s", string engine = "echo", string to = "es") =>
        $"id={Id},input={_input},from=en,to={to},delay={delay},engine={engine}";

    /// <summary>Begins to send, once the channel is ready for it; or again after <see cref="BreakOff"/>.</summary>
    public async Task BeginAsync(TandemServer server)
    {
        if (By is SentBy.Fetched or SentBy.Carried or SentBy.File)
            return;
        await server.UntilAsync($"{Id} waits for its sender", async () => await WaitsAsync(server), _limit);
        _packager?.Dispose();
        _packager = By == SentBy.Push
            ? Packager.Push(_programme, $"{server.Root}ingest/{Id}/")
            : Packager.Play(_programme, [.. _options, "-f", By == SentBy.Rtmp ? "flv" : "mpegts", _output]);
    }

    /// <summary>Kills the sender in the middle of whatever it sends.</summary>
    public void BreakOff() => _packager?.Kill();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _packager?.Dispose();
        if (Relay is not null)
            await Relay.DisposeAsync();
        if (_origin is not null)
            await _origin.DisposeAsync();
        if (_file is not null)
            File.Delete(_file);
    }

    /// <summary>A port that is free for the moment.</summary>
    public static int FreePort(ProtocolType protocol)
    {
        using var probe = new Socket(
            AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private async Task<bool> WaitsAsync(TandemServer server)
    {
        var channel = await server.ChannelAsync(Id);
        var reason = channel.GetProperty("reason").GetString() ?? "";

        // Whom a sender has left tells how that was, and listens again.
        return _packager is null
            ? reason.Contains(By == SentBy.Push ? "nothing has been pushed yet" : "nobody sends to", StringComparison.Ordinal)
            : By == SentBy.Push || channel.GetProperty("state").GetString() == "source_lost";
    }
}
