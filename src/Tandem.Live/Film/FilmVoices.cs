using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Film;

namespace Tandem.Live.Film;

/// <summary>A film's engine and voices: hands on what is heard, takes what the engine reports, works as far ahead as all is certain.</summary>
public sealed class FilmVoices : IAsyncDisposable
{
    // The mixers measure the loudness of speech that was understood late.
    private static readonly SoundLength Held = SoundLength.OfSeconds(16);

    // The mixer's limiter and the engine's feed look this far ahead of what is mixed.
    private static readonly SoundLength Margin = SoundLength.OfSeconds(0.03);

    // A cascade drops the oldest of 16 that wait; a film waits for its engine instead.
    private const int MostWaiting = 3;
    private static readonly SoundLength MostAhead = SoundLength.OfSeconds(90);

    // An engine's stages have deadlines of a minute each.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly CascadeOptions Deadlines = new()
    {
        RecogniseWithin = TimeSpan.FromSeconds(60),
        TranslateWithin = TimeSpan.FromSeconds(60),
        SpeakWithin = TimeSpan.FromSeconds(60),
    };

    private readonly IEngine _engine;
    private readonly EngineFeed _feed;
    private readonly List<FilmVoice> _voices = [];
    private readonly FilmVoice? _original;
    private readonly SpeechLoudness _speech = new();
    private readonly TimeProvider _time;
    private readonly SortedSet<string> _troubles = new(StringComparer.Ordinal);
    private ChannelTime _heardUpTo;
    private long _utterances;
    private long _lost;

    private FilmVoices(FilmJob job, string folder, bool encodeOriginal, FilmServices services)
    {
        _time = services.Time;
        _engine = job.Engine.Create!(new EngineServices(services.Time, services.Log) { Deadlines = Deadlines });
        _feed = new EngineFeed(_engine, Track);
        foreach (var language in job.Voices.To)
        {
            var dubs = new DubTrack(language, _engine.Traits, PlacementOptions.Of(job.Voices, _engine.Traits), TimeStretcher.Stretch);
            var mixer = new VoiceMixer(VoiceMixerOptions.Of(job.Voices), _engine.Traits, _speech);
            _voices.Add(new FilmVoice(language, Track, dubs, mixer, job.Voices.VoiceBitRate, folder));
        }

        if (encodeOriginal)
            _original = new FilmVoice(job.Voices.From, Track, null, null, job.Voices.VoiceBitRate, folder);
    }

    /// <summary>The film's sound, as far as it is needed.</summary>
    public SoundTrack Track { get; } = new(ChannelTime.Zero);

    /// <summary>Everything before this is mixed in every voice.</summary>
    public ChannelTime Mixed => All.Aggregate(Track.End, (time, voice) => ChannelTime.Min(time, voice.Mixed));

    /// <summary>Told how far all voices are.</summary>
    public Action<ChannelTime> Worked { get; set; } = _ => { };

    /// <summary>One for each language, in the order of the job.</summary>
    public IReadOnlyList<VoiceFacts> Facts => [.. _voices.Select(Describe)];

    /// <summary>The original encoded anew, if it is.</summary>
    public VoiceFacts? Original => _original is null ? null : Describe(_original);

    /// <summary>What befell the engine, one line each.</summary>
    public IEnumerable<string> Troubles => _lost > 0
        ? _troubles.Append(string.Create(CultureInfo.InvariantCulture, $"the engine did not understand {_lost} utterances"))
        : _troubles;

    private IEnumerable<FilmVoice> All => _original is null ? _voices : _voices.Append(_original);

    /// <summary>Starts the engine and opens the voices.</summary>
    /// <param name="job">The film.</param>
    /// <param name="folder">Where voices wait.</param>
    /// <param name="encodeOriginal">Whether the original is encoded, too.</param>
    /// <param name="services">The process around.</param>
    /// <param name="captions">All that is said, for an engine that reads captions.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FilmVoices Start(
        FilmJob job, string folder, bool encodeOriginal, FilmServices services, IReadOnlyList<SourceCue>? captions = null)
    {
        var voices = new FilmVoices(job, folder, encodeOriginal, services);
        if (voices._engine is ICaptionListener listener)
            listener.Read(captions ?? [], new ChannelTime(long.MaxValue / 8));
        return voices;
    }

    /// <summary>Takes what the track has gained; returns when the engine can hear more. What is wrong with the engine, or null.</summary>
    public async Task<string?> AdvanceAsync(CancellationToken stop)
    {
        _feed.FeedAll(Track.End);
        while (true)
        {
            TakeReports();
            WorkTo(Track.End - Margin, FilmHorizon.Certain(_heardUpTo));
            if (_engine.Waiting <= MostWaiting && Track.End - Mixed < MostAhead)
                return null;
            if (await SilentAsync(stop) is { } silent)
                return silent;
        }
    }

    /// <summary>The sound ends: waits for all dubs and finishes all voices. What is wrong with the engine, or null.</summary>
    public async Task<string?> FinishAsync(ChannelTime end, CancellationToken stop)
    {
        _feed.Finish(end);
        TakeReports();
        while (_voices.Exists(voice => voice.Dubs!.Pending is not null))
        {
            WorkTo(end - Margin, end);
            if (await SilentAsync(stop) is { } silent)
                return silent;
            TakeReports();
        }

        Parallel.ForEach(All, voice => voice.Finish(end));
        Worked(end);
        return null;
    }

    /// <summary>The packets of all own tracks of a plan, in order of time.</summary>
    public IEnumerable<FilmPacket> Packets(ImmutableArray<FilmTrack> tracks, FilmContainer container)
    {
        var voices = new Queue<FilmVoice>(_voices);
        var captions = new Queue<FilmVoice>(_voices);
        var queue = new PriorityQueue<IEnumerator<FilmPacket>, (long Start, int Track)>();
        for (var track = 0; track < tracks.Length; track++)
        {
            var packets = tracks[track] switch
            {
                VoiceTrack { Original: true } => Sound(_original!, track, container),
                VoiceTrack => Sound(voices.Dequeue(), track, container),
                CaptionsTrack => Text(captions.Dequeue(), track),
                _ => [],
            };
            Add(queue, packets.GetEnumerator());
        }

        while (queue.TryDequeue(out var next, out _))
        {
            yield return next.Current;
            Add(queue, next);
        }
    }

    /// <summary>What became of it.</summary>
    public FilmSummary Summary(FilmJob job, string input, double took, ImmutableArray<string> notes) => new(
        input,
        job.Output,
        job.Voices.Engine,
        Math.Round(Track.End.Seconds, 3),
        took,
        _utterances,
        [.. _voices.Select(FilmLanguageSummary.Of)],
        notes);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        foreach (var voice in All)
            voice.Dispose();
        _speech.Dispose();
    }

    private static void Add(PriorityQueue<IEnumerator<FilmPacket>, (long Start, int Track)> queue, IEnumerator<FilmPacket> packets)
    {
        if (packets.MoveNext())
            queue.Enqueue(packets, (packets.Current.Start, packets.Current.Track));
        else
            packets.Dispose();
    }

    // Matroska has no edit list: what only primes the decoder is left out, and costs the first 21 ms their full quality.
    private static IEnumerable<FilmPacket> Sound(FilmVoice voice, int track, FilmContainer container) => voice.Packets()
        .Where(packet => container == FilmContainer.Mp4 || packet.Start >= 0)
        .Select(packet => new FilmPacket(track, packet.Start, AacEncoder.FrameSamples, packet.Data));

    private static IEnumerable<FilmPacket> Text(FilmVoice voice, int track) => voice.Captions.Select(caption =>
        new FilmPacket(track, caption.Start.Samples, (caption.End - caption.Start).Samples, Encoding.UTF8.GetBytes(caption.Text)));

    private static VoiceFacts Describe(FilmVoice voice) => new(voice.Language, voice.Configuration, voice.BitRate);

    private void WorkTo(ChannelTime heard, ChannelTime certain)
    {
        Parallel.ForEach(All, voice => voice.WorkTo(heard, certain));
        Track.Trim(Mixed - Held);
        Worked(Mixed);
    }

    /// <summary>Waits until the engine reports something; what is wrong where it does not.</summary>
    private async Task<string?> SilentAsync(CancellationToken stop)
    {
        try
        {
            await _engine.Events.WaitToReadAsync(stop).AsTask().WaitAsync(Patience, _time, stop);
            return null;
        }
        catch (TimeoutException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"cannot be dubbed: the engine has not answered for {Patience.TotalMinutes:0} minutes");
        }
    }

    private void TakeReports()
    {
        while (_engine.Events.TryRead(out var report))
        {
            switch (report)
            {
                case HeardUpTo heard:
                    _heardUpTo = ChannelTime.Max(_heardUpTo, heard.Time);
                    break;
                case UtteranceHeard:
                    _utterances++;
                    break;
                case SpeechLost:
                    _lost++;
                    break;
                case EngineHealth { Healthy: false } trouble:
                    _troubles.Add($"the engine failed: {trouble.Reason}");
                    break;
            }

            foreach (var voice in _voices)
                voice.Dubs!.Accept(report);
        }
    }
}
