using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Tandem.Live;
using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;

namespace Tandem.Benchmarks.Loops;

/// <summary>What is done with what the source sends, each 2 s and playlist.</summary>
public sealed class IngestLoops : ILoopSet
{
    private static readonly Uri s_address = new("https://cdn.invalid/live/video.m3u8");

    private readonly string _playlist;
    private readonly byte[] _captions;
    private readonly SoundTrack _track = new(ChannelTime.Zero);
    private readonly SoundTrack _heard = new(ChannelTime.Zero);
    private readonly float[] _sound = new float[2 * ChannelTime.Rate * 2];
    private readonly EngineFeed _feed;

    public IngestLoops()
    {
        _feed = new EngineFeed(new NoEngine(), _heard);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:100\n");
        text.Append("#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:00.000Z\n");
        for (var number = 100; number < 110; number++)
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:2.000,\nsegment-{number}.ts\n");
        _playlist = text.ToString();
        text.Clear().Append("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n");
        for (var cue = 0; cue < 3; cue++)
            text.Append(CultureInfo.InvariantCulture, $"\n00:00:0{cue}.000 --> 00:00:0{cue}.900 line:85%\nTwo lines,\nas somebody <i>speaks</i> them\n");
        _captions = Encoding.UTF8.GetBytes(text.ToString());
        Loops =
        [
            new(Names[0], () => _ = (PlaylistOutcome.Media)PlaylistParser.Parse(_playlist, s_address)),
            new(Names[1], () => VttParser.Parse(_captions)), new(Names[2], Append), new(Names[3], Feed),
        ];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["playlist.parse", "captions.parse", "timeline.append", "engine.feed"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Append()
    {
        _track.Append(_sound);
        _track.Trim(_track.End - SoundLength.OfSeconds(10));
    }

    /// <summary>What an engine gets of a segment of 2 s.</summary>
    private void Feed()
    {
        _heard.Append(_sound);
        _feed.FeedAll(_heard.End);
        _heard.Trim(_heard.End - SoundLength.OfSeconds(10));
    }

    /// <summary>An engine that hears and does nothing.</summary>
    private sealed class NoEngine : IEngine
    {
        private readonly Channel<EngineEvent> _events = Channel.CreateBounded<EngineEvent>(1);

        public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

        public ChannelReader<EngineEvent> Events => _events.Reader;

        public int Waiting => 0;

        public void Hear(SourceSound sound)
        {
        }

        public void Finish()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
