using System.Net;
using System.Net.Sockets;
using Tandem.Live.Package;
using Tandem.Server.WebSockets;

namespace Tandem.Benchmarks.Loops;

/// <summary>What is done for viewers of <c>tandem.v1</c>, at 3 Mbit/s and a chunk each 0.4 s.</summary>
public sealed class ViewerLoops : ILoopSet
{
    /// <summary>Viewers that take each chunk.</summary>
    public const int Viewers = 100;

    private const int PictureBytes = 150_000;
    private const int SoundBytes = 6_400;
    private const int Held = 30;

    private static readonly DateTimeOffset s_begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(0.4);

    private readonly ChunkStream _stream = new("en", ["es"]);
    private readonly ChunkGeneration _picture = new(1, new byte[700], "video/mp4; codecs=\"avc1.64001f\"", 1280, 720);
    private readonly ChunkGeneration _sound = new(2, new byte[600], "audio/mp4; codecs=\"mp4a.40.2\"");
    private readonly byte[] _pictureBytes = new byte[PictureBytes];
    private readonly byte[] _soundBytes = new byte[SoundBytes];
    private readonly ViewerCursor[] _cursors;
    private readonly List<MediaMessage> _batch = [];
    private readonly List<CursorNotice> _notices = [];
    private readonly List<ArraySegment<byte>> _frames = [];
    private readonly Socket _viewer;
    private readonly Socket _connection;
    private readonly SocketWire _wire;
    private readonly MediaMessage[] _sent;
    private readonly byte[] _received = new byte[4096];
    private readonly ClientFrames _client = new();
    private readonly byte[] _acknowledgement = Masked("""{"type":"ack","track":2,"sequence":123456,"receivedAt":1790000000000,"bufferMs":1800}"""u8);
    private long _sequence;

    public ViewerLoops()
    {
        (_viewer, _connection) = Connected();
        _wire = new SocketWire(_connection);
        _sent = [Message(MediaTrack.Audio, 0, new byte[1000]), Message(MediaTrack.Video, 0, new byte[1000])];
        Publish();
        _cursors = [.. Enumerable.Range(0, Viewers).Select(_ => new ViewerCursor(_stream, 1, video: true, Now))];
        Loops = [new(Names[0], Publish), new(Names[1], FanOut), new(Names[2], Send), new(Names[3], Read)];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["viewers.publish", "viewers.fan_out", "viewers.send", "viewers.read_ack"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    private DateTimeOffset Now => s_begin + (_sequence * s_every);

    /// <inheritdoc/>
    public void Dispose()
    {
        _viewer.Dispose();
        _connection.Dispose();
    }

    private static (Socket Viewer, Socket Connection) Connected()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var viewer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        viewer.Connect(listener.LocalEndPoint!);
        return (viewer, listener.Accept());
    }

    /// <summary>A client's text frame (RFC 6455, 5.3), with a key of zeros but for its first byte.</summary>
    private static byte[] Masked(ReadOnlySpan<byte> text)
    {
        var frame = new byte[6 + text.Length];
        (frame[0], frame[1], frame[2]) = (0x81, (byte)(0x80 | text.Length), 0x5A);
        for (var i = 0; i < text.Length; i++)
            frame[6 + i] = (byte)(text[i] ^ (i % 4 == 0 ? 0x5A : 0));
        return frame;
    }

    private MediaMessage Message(MediaTrack track, long sequence, byte[] payload)
    {
        var (generation, rendition) = track == MediaTrack.Video ? (_picture, 0) : (_sound, 1);
        var draft = new ChunkDraft(
            track, rendition, sequence, ChunkFlags.CutPoint, s_begin + (sequence * s_every), s_every, generation, new ChunkPayload(payload));
        return MediaMessage.OfChunk(draft, generation.Number, s_begin + (sequence * s_every));
    }

    /// <summary>One more chunk of picture and sound.</summary>
    private void Publish()
    {
        _sequence++;
        _stream.Picture.Add(new ChunkEntry(_picture, Message(MediaTrack.Video, _sequence, _pictureBytes)), _sequence - Held, long.MaxValue);
        _stream.Sound(1).Add(new ChunkEntry(_sound, Message(MediaTrack.Audio, _sequence, _soundBytes)), _sequence - Held, long.MaxValue);
    }

    /// <summary>The same, and all viewers take it: what goes into their sockets is put together, not sent.</summary>
    private void FanOut()
    {
        Publish();
        foreach (var cursor in _cursors)
        {
            _batch.Clear();
            _frames.Clear();
            cursor.Take(Now, 256 * 1024, _batch, _notices);
            _notices.Clear();
            foreach (var message in _batch)
                _frames.Add(message.Segment);
        }
    }

    /// <summary>Two messages go into one viewer's socket, and are read at its other end.</summary>
    private void Send()
    {
        _frames.Clear();
        var length = 0;
        foreach (var message in _sent)
        {
            _frames.Add(message.Segment);
            length += message.Framed.Length;
        }

        var sending = _wire.SendAsync(_frames);
        while (length > 0)
            length -= _viewer.Receive(_received);
        if (!sending.IsCompletedSuccessfully)
            throw new InvalidOperationException("a message of 2 KB did not fit into the socket");
    }

    /// <summary>What a viewer says most often.</summary>
    private void Read()
    {
        ReadOnlySpan<byte> bytes = _acknowledgement;
        if (_client.Next(ref bytes) != ClientEvent.Text || ClientMessage.Read(_client.Payload) is not ClientMessage.Ack { Sequence: 123_456 })
            throw new InvalidOperationException("an acknowledgement was not understood");
    }
}
