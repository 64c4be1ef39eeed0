using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Mix;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Live;

/// <summary>All renditions of a channel: the original and one voice a language, worked ahead together and packaged together.</summary>
public sealed class VoiceSet : IDisposable
{
    /// <summary>Name of the original in paths and settings.</summary>
    public const string Original = "original";

    // design.md, section 3: placement commits 1 s before a segment is due; the last fifth is left for packaging.
    private static readonly TimeSpan Commit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Working = TimeSpan.FromSeconds(0.8);

    // The mixer's limiter and the engine's feed look this far ahead of what is mixed.
    private static readonly SoundLength Margin = SoundLength.OfSeconds(0.03);

    // Less than this may be the other side of a cut that comes with the next segment; more is sound that is not there.
    private static readonly SoundLength LargestLack = SoundLength.OfSeconds(0.25);

    // One voice at a time; decoding and correlating a segment takes about a hundredth of its length.
    private const int CheckEvery = 5;

    // A source may claim minutes, which would be copied and correlated whole.
    private static readonly SoundLength LongestChecked = SoundLength.OfSeconds(15);

    private readonly ChannelOptions _options;
    private readonly SoundTrack _track;
    private readonly ChannelMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly OriginalRendition _original;
    private readonly List<VoiceRendition> _voices = [];
    private readonly Dictionary<string, RenditionRate> _rates = [];
    private readonly Dictionary<string, LagWindow> _lags = [];
    private readonly Generations _generations;
    private readonly SpeechLoudness _speech = new();
    private UtteranceTraces? _traces;
    private VoiceRendition? _encodedOriginal;
    private Task _checking = Task.CompletedTask;
    private bool _decided;
    private PlaylistFacts _heard = new();

    /// <summary>Makes one voice for each target language.</summary>
    public VoiceSet(ChannelOptions options, EngineTraits traits, SoundTrack track, ChannelMetrics metrics, TimeProvider time, ILogger log)
    {
        _options = options;
        _track = track;
        _metrics = metrics;
        _time = time;
        _log = log;
        _generations = new Generations(time);
        _original = new OriginalRendition(options.From, _generations.Next);
        foreach (var language in options.To)
        {
            _lags[language] = new LagWindow();
            var dubs = new DubTrack(language, traits, PlacementOptions.Of(options, traits), TimeStretcher.Stretch);
            var mixer = new VoiceMixer(VoiceMixerOptions.Of(options), traits, _speech);
            _voices.Add(new VoiceRendition(language, track, dubs, mixer, options.VoiceBitRate, _generations.Next, result => Count(language, result), time));
        }
    }

    /// <summary>Everything before this is mixed in some voice.</summary>
    public ChannelTime Mixed => All.Aggregate(ChannelTime.Zero, (time, voice) => ChannelTime.Max(time, voice.Mixed));

    /// <summary>Everything before this is mixed in every voice.</summary>
    public ChannelTime MixedByAll => All.Where(voice => !voice.IsBroken).Aggregate(Mixed, (time, voice) => ChannelTime.Min(time, voice.Mixed));

    /// <summary>Whether a voice is broken and needs a new epoch to go on in.</summary>
    public bool NeedsEpoch { get; private set; }

    private IEnumerable<VoiceRendition> All => _encodedOriginal is null ? _voices : _voices.Append(_encodedOriginal);

    /// <summary>
    /// Takes the source's master playlist: a language that the source has is not dubbed, unless that is asked for (design.md, section 3a,
    /// rule 5). Decided once: what viewers listen to does not go away.
    /// </summary>
    public void Follow(MasterPlaylist master)
    {
        if (_decided)
            return;
        _decided = true;
        var wanted = SourceLanguages.ToDub(master, _options.To, _options.DubExisting);
        foreach (var voice in _voices.Where(voice => !wanted.Contains(voice.Name)).ToArray())
        {
            _voices.Remove(voice);
            voice.Dispose();
        }

        CountTraced();
    }

    /// <summary>Says what becomes of dubs.</summary>
    public void Follow(UtteranceTraces traces)
    {
        _traces = traces;
        foreach (var voice in _voices)
            voice.Track!.OnSettled = (utterance, outcome) => traces.Settled(utterance, voice.Name, outcome);
        CountTraced();
    }

    private void CountTraced()
    {
        if (_traces is not null)
            _traces.Languages = _voices.Count;
    }

    /// <summary>Takes a report of the engine.</summary>
    public void Accept(EngineEvent report)
    {
        // For engines that have no stages of their own to tell of.
        if (report is UtteranceHeard heard)
            _traces?.Begin(heard.Utterance.Id);
        foreach (var voice in _voices)
            voice.Track!.Accept(report);
    }

    /// <summary>Takes what came with a new row.</summary>
    public void Accept(SegmentRow row)
    {
        if (_encodedOriginal is null)
            _original.Accept(row);
        if (row is { Heard: true, Coded.Frames.Count: > 0 } && _original.Packager is null)
            _encodedOriginal ??= new VoiceRendition(Original, _track, null, null, _options.VoiceBitRate, _generations.Next, _ => { }, _time);
        if (row.Bytes == 0 || row.Tracks.Count == 0)
            return;
        var rate = Rate("source");
        rate.Add(row.Bytes, row.Duration);
        _heard = new PlaylistFacts(
            row.Tracks.Any(track => track.CodecsTag is null) ? null : string.Join(',', row.Tracks.Select(track => track.CodecsTag)),
            row.Tracks.Any(track => track.Kind == Tandem.Media.Worker.TrackKind.Picture),
            rate.Peak,
            rate.Average);
    }

    /// <summary>Whether so much of <paramref name="row"/>'s sound is missing that it is not just behind a cut.</summary>
    public bool Lacks(SegmentRow row) => _track.End + LargestLack < row.To;

    /// <summary>
    /// Mixes and encodes as much of <paramref name="row"/> as its time has come for; true when it can be packaged: when everything is
    /// encoded, or when it is due.
    /// </summary>
    /// <param name="row">The first row that is not packaged.</param>
    /// <param name="next">The row after it, if it is known.</param>
    /// <param name="now">Wall time.</param>
    public bool WorkOn(SegmentRow row, SegmentRow? next, DateTimeOffset now)
    {
        var begin = row.Due - Commit;
        if (now < begin)
            return false;
        row.Freeze();
        row.WorkBegan ??= now;
        var isDue = now >= row.Due;
        var progress = Math.Min(1, (now - begin) / Working);
        var endsEpoch = next is not null && next.Epoch != row.Epoch;
        var target = progress < 1
            ? row.From + SoundLength.OfSeconds((row.To - row.From).Seconds * progress)
            : row.To + (endsEpoch ? SoundLength.Zero : VoiceEncoder.LookAhead);
        if (!endsEpoch)
            target = ChannelTime.Min(target, _track.End - Margin);

        Parallel.ForEach(All, voice =>
        {
            Guard(voice, () =>
            {
                voice.Enter(row);
                if (voice.IsBroken)
                    return;
                if (endsEpoch && progress >= 1)
                    voice.Finish(row.To);
                else
                    voice.WorkTo(target);
            });
        });
        return isDue || (progress >= 1 && All.All(voice => voice.IsBroken || voice.Encoded >= row.To));
    }

    /// <summary>Packages <paramref name="row"/> for all renditions.</summary>
    /// <param name="row">Worked on as far as its time allowed.</param>
    /// <param name="isLast">Whether no sound follows for now: the source stands still, or what it sent could not be heard.</param>
    public List<PackagedSegment> Package(SegmentRow row, bool isLast)
    {
        var work = All.Select(voice => voice.TakeWork()).ToList();
        var (mixing, encoding) = work.Aggregate((Mixing: TimeSpan.Zero, Encoding: TimeSpan.Zero), (sum, one) => (sum.Mixing + one.Mixing, sum.Encoding + one.Encoding));
        _metrics.SegmentProcessed("mix", mixing, row.Source.Sequence);
        _metrics.SegmentProcessed("encode", encoding, row.Source.Sequence);
        if (row is { Trace: { } trace, WorkBegan: { } began })
        {
            // Both go on in turns, as time passes.
            var now = _time.GetUtcNow();
            trace.Stage("mix", began, now, mixing);
            trace.Stage("encode", began, now, encoding);
        }

        var segments = new List<PackagedSegment>();
        foreach (var voice in All)
        {
            byte[]? body = null;
            Guard(voice, () => body = voice.Package(row.To, isLast));
            if (body is not null && voice.Track is not null && row.Number % (CheckEvery * _voices.Count) == CheckEvery * _voices.IndexOf(voice))
                CheckSync(row, voice, body);
            segments.Add(voice.Packager is { } packager ? Segment(voice.Name, voice.Generation, packager, row, body) : Nothing(voice.Name, row));
        }

        if (_encodedOriginal is null)
            segments.Add(OriginalOf(row, isLast));
        foreach (var voice in _voices)
            segments.Add(Captions(voice, row));
        return segments;
    }

    /// <summary>Renders the master playlist for a viewer's address.</summary>
    /// <param name="source">The source's master.</param>
    /// <param name="pictures">What reaches viewers of it, and how; null where it is the source's own.</param>
    public Func<Uri, string> Master(SourceEvent.MasterFound source, PictureSet? pictures = null)
    {
        var voices = ImmutableArray.CreateBuilder<Voice>();
        voices.Add(Described(Original, _options.From, true, (_encodedOriginal?.Packager ?? _original.Packager)?.CodecsTag ?? "mp4a.40.2"));
        foreach (var voice in _voices)
            voices.Add(Described(voice.Name, voice.Name, false, voice.Packager?.CodecsTag ?? "mp4a.40.2"));
        var master = new PublishedMaster
        {
            Source = source.Master,
            Carried = pictures is { Carried: true },
            Paths = source.Playlists.Where(playlist => pictures?.Lists(playlist.Id) ?? playlist.Id.Kind != PlaylistKind.IFrames)
                .DistinctBy(playlist => playlist.Address)
                .ToImmutableDictionary(playlist => playlist.Address, playlist => Publisher.PathOf(playlist.Id)),
            Voices = voices.DrainToImmutable(),
            Captions = [.. _voices.Select(voice => new CaptionTrack(Publisher.PathOf("subs/" + voice.Name), voice.Name))],
            DefaultVoice = _options.DefaultVoice,
            DubExisting = _options.DubExisting,
            Facts = source.Playlists
                .Select(playlist => (playlist.Address, Facts: pictures?.FactsOf(playlist.Id) ?? (playlist.Id == source.Heard ? _heard : null)))
                .Where(known => known.Facts is not null).DistinctBy(known => known.Address)
                .ToImmutableDictionary(known => known.Address, known => known.Facts!),
        };
        return address => MasterWriter.Write(master, address);
    }

    /// <summary>The state of each language.</summary>
    /// <param name="undubbed">Whether what viewers hear is an advertisement that is not dubbed.</param>
    public ImmutableArray<LanguageSnapshot> Snapshots(bool undubbed = false) => [.. _options.To.Select(language =>
    {
        if (_voices.Find(other => other.Name == language) is not { } voice)
            return new LanguageSnapshot(language, LanguageState.Original) { Reason = LanguageSnapshot.OfSource };
        var dubs = voice.Track!;
        var counts = dubs.Counts;
        var (p50, p95) = _lags[voice.Name].Percentiles();
        return new LanguageSnapshot(voice.Name, undubbed ? LanguageState.Original : dubs.State switch
        {
            VoiceState.Dubbed => LanguageState.Dubbed,
            VoiceState.Fallback => LanguageState.Fallback,
            _ => LanguageState.Original,
        })
        {
            Reason = undubbed ? LanguageSnapshot.Advertisement : dubs.StateReason.Length == 0 ? null : dubs.StateReason,
            OnsetLagP50 = p50,
            OnsetLagP95 = p95,
            OnsetLagEstimated = dubs.LagIsEstimated,
            Dubs = counts.Outcomes.ToImmutableSortedDictionary(pair => Word(pair.Key), pair => pair.Value, StringComparer.Ordinal),
            FallbackSeconds = Math.Round(counts.Fallback.Seconds, 3),
        };
    })];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var voice in All)
            voice.Dispose();
        _speech.Dispose();
    }

    /// <summary>Measures what is about to be published, beside the channel's loop.</summary>
    private void CheckSync(SegmentRow row, VoiceRendition voice, byte[] body)
    {
        if (!_checking.IsCompleted || row.To - row.From > LongestChecked)
            return;
        var from = row.From - SyncCheck.Margin;
        var bed = new float[(row.To + SyncCheck.Margin - from).Samples * 2];
        _track.Read(from, bed);
        var (name, init, epoch, start) = (voice.Name, voice.Packager!.Init, row.Epoch, row.From);
        _checking = Task.Run(() =>
        {
            try
            {
                if (SyncCheck.OffsetOf(body, init, epoch, start, bed) is { } offset)
                    _metrics.SyncOffset(name, offset);
            }
#pragma warning disable CA1031 // A measurement must not end what it measures.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _log.LogWarning(error, "The self-check of the voice {Language} failed.", name);
            }
        });
    }

    /// <summary>What fails in one voice is that voice's gap; it must not stop the others, whatever it is.</summary>
    private void Guard(VoiceRendition voice, Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // The edge of a voice.
        catch (Exception error)
#pragma warning restore CA1031
        {
            voice.Break();
            NeedsEpoch = true;
            _metrics.SegmentFailed("encode", "error");
            _log.LogError(error, "The voice {Language} failed; it has gaps until the next epoch.", voice.Name);
        }
    }

    /// <summary>A new epoch is on its way.</summary>
    public void EpochComes() => NeedsEpoch = false;

    private PackagedSegment OriginalOf(SegmentRow row, bool isLast) => _original.Package(row, isLast) is { } made
        ? Segment(Original, made.Generation, made.Packager, row, made.Body)
        : Nothing(Original, row);

    /// <summary>A gap of a rendition that has never had a packager.</summary>
    private static PackagedSegment Nothing(string rendition, SegmentRow row) =>
        new(rendition, new RenditionSegment(string.Create(CultureInfo.InvariantCulture, $"{rendition}/none/{row.Number}.aac"), null, true), null, null);

    private PackagedSegment Segment(string rendition, string generation, SoundPackager packager, SegmentRow row, byte[]? body)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{rendition}/{generation}/{row.Number}.{packager.Extension}");
        var init = packager.IsFragmented ? $"{rendition}/{generation}/init.mp4" : null;
        if (body is null)
            return new PackagedSegment(rendition, new RenditionSegment(path, init, true), null, Init(packager));
        Rate(rendition).Add(body.Length, row.Duration);
        return new PackagedSegment(
            rendition,
            new RenditionSegment(path, init, false),
            new PublishedResource(packager.ContentType, body, ResourceLife.Immutable),
            Init(packager))
        {
            Sound = packager.TakeFrames(generation),
        };
    }

    private static PublishedResource? Init(SoundPackager packager) =>
        packager.IsFragmented ? new PublishedResource(packager.ContentType, packager.Init, ResourceLife.Immutable) : null;

    private static PackagedSegment Captions(VoiceRendition voice, SegmentRow row)
    {
        var epoch = row.Epoch;
        var captions = voice.Track!.CaptionsBetween(row.From, row.To).ToImmutableArray();
        var cues = captions
            .Select(caption => new CaptionCue(epoch.ToMedia(caption.Start), epoch.ToMedia(caption.End), caption.Text));
        var body = WebVtt.Segment(new MediaTime(epoch.Index, epoch.StartTicks), epoch.ToMedia(row.From), epoch.ToMedia(row.To), cues);
        var path = string.Create(CultureInfo.InvariantCulture, $"subs/{voice.Name}/{voice.Generation}/{row.Number}.vtt");
        return new PackagedSegment(
            "subs/" + voice.Name, new RenditionSegment(path, null, false), new PublishedResource("text/vtt", body, ResourceLife.Immutable), null)
        {
            Captions = captions,
        };
    }

    private Voice Described(string rendition, string language, bool original, string codecs)
    {
        var rate = Rate(rendition);
        return new Voice(
            Publisher.PathOf(rendition),
            language,
            original,
            codecs,
            rendition == Original && _encodedOriginal is null ? _original.Packager?.Channels ?? 2 : 2,
            Math.Max(rate.Peak, original ? 1 : _options.VoiceBitRate),
            Math.Max(rate.Average, original ? 1 : _options.VoiceBitRate));
    }

    private void Count(string language, CommitResult result)
    {
        foreach (var outcome in result.Outcomes)
            _metrics.DubCounted(language, Word(outcome));
        foreach (var lag in result.OnsetLags)
        {
            _metrics.OnsetLag(language, lag.Time);
            _lags[language].Add(lag.Seconds);
        }

        if (result.Fallback > SoundLength.Zero)
            _metrics.Fallback(language, result.Fallback.Time);
        if (result.Dubbed > SoundLength.Zero)
            _metrics.Dubbed(language, result.Dubbed.Time);
    }

    private RenditionRate Rate(string name)
    {
        if (!_rates.TryGetValue(name, out var rate))
            _rates[name] = rate = new RenditionRate();
        return rate;
    }

    /// <summary>An outcome as metrics and reports name it.</summary>
    internal static string Word(DubOutcome outcome) =>
        string.Concat(outcome.ToString().Select((letter, index) =>
            char.IsUpper(letter) ? (index > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
