using System.Text;
using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Captions;
using Tandem.Media.Chunks;
using Tandem.Media.Decode;
using Tandem.Media.Demux;
using Tandem.Media.Worker;
using Tandem.Operations.Load;
using Tandem.Server.Configuration;
using Tandem.Server.WebSockets;

namespace Tandem.Fuzz;

/// <summary>A parser of outside bytes. It may refuse anything, and must neither throw, nor hang, nor take memory without bound.</summary>
/// <param name="Name">Also of the corpus below tests/fuzz.</param>
/// <param name="Run">Reads some bytes; an exception is a finding.</param>
public sealed record FuzzTarget(string Name, Action<byte[]> Run);

/// <summary>A target for each parser of bytes that come from outside.</summary>
public static class FuzzTargets
{
    private static readonly Uri _address = new("https://source.example/live/index.m3u8?token=1");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("playlist", Playlist),
        new("segment", Segment),
        new("webvtt", WebVtt),
        new("captions", Captions),
        new("configuration", Configuration),
        new("headers", Headers),
        new("remux", RemuxTarget.Run),
        new("push", PushTarget.Run),
        new("viewer", Viewer),
        new("socket", Socket),
        new("chunks", Chunks),
    ];

    public static FuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);

    /// <summary>
    /// A segment with its init segment as one input: the init's length (two bytes, big-endian), the init, the segment. More init than there
    /// are bytes is taken for none.
    /// </summary>
    public static DecodeRequest Request(byte[] bytes, bool continues)
    {
        var length = bytes.Length < 2 ? 0 : (bytes[0] << 8) | bytes[1];
        var begin = Math.Min(2, bytes.Length);
        if (length > bytes.Length - begin)
            length = 0;
        return new DecodeRequest(bytes.AsMemory(begin + length), bytes.AsMemory(begin, length), "en", continues);
    }

    private static void Playlist(byte[] bytes)
    {
        var outcome = PlaylistParser.Parse(Encoding.UTF8.GetString(bytes), _address);

        // What a follower makes of it besides.
        if (outcome is PlaylistOutcome.Master(var master))
            SourceCatalog.Of(master, "en", new SourceLimits().Playlists);
    }

    /// <summary>As the worker's child does it, twice, so that what is kept from segment to segment is met too.</summary>
    private static void Segment(byte[] bytes)
    {
        using var decoder = new SegmentDecoder();
        var wire = new WireWriter();
        foreach (var continues in new[] { false, true })
        {
            var outcome = decoder.Decode(Request(bytes, continues));

            // The parent's half: what the child answers is read with the same distrust.
            wire.Begin(MessageKind.Outcome);
            WireOutcome.Write(wire, 1, outcome);
            var (_, read) = WireOutcome.Read(wire.End().Span[WireWriter.HeaderLength..]);
            if (read.Segment?.Coded is { } coded && read.Segment.Tracks.FirstOrDefault(track => track.Id == read.Segment.Heard) is { } heard)
                SoundFormat.Of(coded, heard.CodecsTag);
        }
    }

    /// <summary>WebVTT as a source sends it, and what is spoken of it.</summary>
    private static void WebVtt(byte[] bytes)
    {
        var speech = new CueSpeech();
        foreach (var cue in VttParser.Parse(bytes).File?.Cues.OrderBy(cue => cue.Start) ?? Enumerable.Empty<VttCue>())
        {
            var start = ChannelTime.Zero + SoundLength.Of(cue.Start);
            speech.Add(new SourceCue(start, start + SoundLength.Of(cue.End - cue.Start), cue.Text));
        }

        speech.Flush();
        foreach (var codec in new[] { "mov_text", "ass", "subrip" })
            SubtitlePacket.Text(codec, bytes);
    }

    /// <summary>As the worker's child does it, twice, with the parent's half behind it.</summary>
    private static void Captions(byte[] bytes)
    {
        var extractor = new CaptionExtractor();
        var decoder = new Cea608Decoder(1);
        var wire = new WireWriter();
        foreach (var continues in new[] { false, true })
        {
            var request = Request(bytes, continues);
            WireCaptions.Write(wire, 1, extractor.Extract(new CaptionRequest(request.Data, request.Init, continues)));
            var (_, read) = WireCaptions.Read(wire.End().Span[WireWriter.HeaderLength..]);
            foreach (var pair in read.Pairs ?? [])
                decoder.Take(pair.Ticks, pair.Field, pair.First, pair.Second);
        }

        decoder.Finish();

        // Bytes of line 21 themselves, which a fuzzer does not find inside pictures.
        for (var at = 0; at + 1 < bytes.Length; at += 2)
            decoder.Take(at * 1500L, 1 + (bytes[at] & 1), bytes[at], bytes[at + 1]);
        decoder.Finish();
    }

    /// <summary>A settings file, and the same text as a channel's argument and as the values of variables.</summary>
    private static void Configuration(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var lines = text.Split('\n');
        var sources = new ConfigurationSources
        {
            LookForFile = false,
            Channels = [lines[0]],
            Environment = [.. lines.Skip(1).Take(20).Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2)
                .Select(parts => KeyValuePair.Create("TANDEM__" + parts[0], parts[1]))],
        };
        ConfigurationLoader.Load(sources, (_, _, _) => EngineChoice.Refused("fuzzed"));
        ConfigurationLoader.Load(new ConfigurationSources { Text = text }, (_, _, _) => EngineChoice.Refused("fuzzed"));
    }

    /// <summary>Headers of frames and codecs, and tags, each on the bare bytes.</summary>
    private static void Headers(byte[] bytes)
    {
        if (Id3Tag.Match(bytes, out var length) == HeaderMatch.Yes && length <= bytes.Length)
            Id3Tag.Timestamp(bytes.AsSpan(0, length));
        Ac3Header.Read(bytes, out _);
        MpegAudioHeader.Read(bytes, out _);
        DolbyHeader.Ac3(bytes);
        DolbyHeader.EnhancedAc3(bytes);
        OpusConfig.Of(bytes);
        Tandem.Live.Package.AudioSpecificConfig.Parse(bytes);
        Tandem.Media.Demux.AudioSpecificConfig.Read(bytes);
        PackedAudioReader.Recognise(bytes);
    }

    /// <summary>What <c>load</c> reads of servers: WebSocket frames, messages, playlists, and segments in two pieces.</summary>
    private static void Viewer(byte[] bytes)
    {
        var reader = new FrameReader(new Deaf());
        reader.Feed(bytes.AsSpan(0, bytes.Length / 3));
        reader.Feed(bytes.AsSpan(bytes.Length / 3));
        reader.Drop();
        ServerMessage.Read(bytes);
        UpgradeAnswer.DetailOf(bytes);
        var text = Encoding.UTF8.GetString(bytes);
        UpgradeAnswer.Read(text);
        HlsMaster.Read(text, _address).Master?.Choose("es", audioOnly: false);
        if (HlsMedia.Read(text, _address).Media is { } media)
            new HlsCheck("voice", 1000).Take(media, (_, _) => { });
        var walk = new SegmentWalk(null);
        walk.Feed(bytes.AsSpan(0, bytes.Length / 2));
        walk.Feed(bytes.AsSpan(bytes.Length / 2));
        walk.End();
        _ = walk.Times;
    }

    /// <summary>What a viewer's client sends after the upgrade, in pieces that fall anywhere.</summary>
    private static void Socket(byte[] bytes)
    {
        var frames = new ClientFrames();
        for (var at = 0; at < bytes.Length; at += 1024)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(1024, bytes.Length - at));
            while (!piece.IsEmpty)
            {
                switch (frames.Next(ref piece))
                {
                    case ClientEvent.Text:
                        ClientMessage.Read(frames.Payload);
                        break;
                    case ClientEvent.Close or ClientEvent.Violation:
                        return;
                }
            }
        }
    }

    /// <summary>A segment whose picture is cut into chunks, as the worker's child does it, with the parent's half behind it.</summary>
    private static void Chunks(byte[] bytes)
    {
        var request = Request(bytes, continues: false);
        var cut = Chunker.Cut(request.Data, request.Init, 4);
        var (head, pieces) = WireChunks.Outcome(1, cut);
        byte[] body = [.. head.AsSpan(WireWriter.HeaderLength), .. pieces.SelectMany(piece => piece.ToArray())];
        WireChunks.ReadOutcome(body);
    }

    /// <summary>Takes what a reader finds, and makes nothing of it but to read texts.</summary>
    private sealed class Deaf : IMessageSink
    {
        public void Text(ReadOnlySpan<byte> message) => ServerMessage.Read(message);

        public void BinaryBegins()
        {
        }

        public void Binary(ReadOnlySpan<byte> bytes)
        {
        }

        public void BinaryEnds()
        {
        }

        public void Ping(ReadOnlySpan<byte> payload)
        {
        }

        public void Pong(ReadOnlySpan<byte> payload)
        {
        }

        public void Close(int code)
        {
        }
    }
}
