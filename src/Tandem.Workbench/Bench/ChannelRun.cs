using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Bench;

/// <summary>
/// One channel as <see cref="LiveChannel"/> wires it, driven by a clock that the bench moves: the worker's child, time line, dubs, voices,
/// packaging and publication are the server's own; only fetching is left out, which the peer does not do either. A beat of 100 ms is
/// taken for each that a live channel would take, so that a segment costs here what it costs there.
/// </summary>
internal sealed class ChannelRun : IDisposable
{
    private const int WindowSegments = 6;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private static readonly Uri Input = new("http://127.0.0.1/source.m3u8");

    private readonly BenchMaterial _material;
    private readonly MediaWorker _worker;
    private readonly ChannelOptions _options;
    private readonly SteppedTime _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TandemMeter _meter = new();
    private readonly MeterListener _listener = new();
    private readonly SoundTrack _track = new(ChannelTime.Zero);
    private readonly SourceClock _clock;
    private readonly ReadyDubs _engine;
    private readonly EngineFeed _feed;
    private readonly VoiceSet _voices;
    private readonly Publisher _publisher;
    private readonly PlantedLoad? _plant;
    private readonly Dictionary<string, double> _stages = new(StringComparer.Ordinal);
    private readonly SourceEvent.MasterFound _master;
    private int _next;

    /// <param name="material">What it is fed with.</param>
    /// <param name="voices">Languages and what is spoken in them.</param>
    /// <param name="worker">Decodes; outlives the run.</param>
    /// <param name="plant">Slows the encode stage down, in tests; null for none.</param>
    public ChannelRun(BenchMaterial material, IReadOnlyList<DubVoice> voices, MediaWorker worker, PlantedLoad? plant)
    {
        _material = material;
        _worker = worker;
        _plant = plant;
        _options = new ChannelOptions { Id = "bench", Input = Input, From = "en", To = [.. voices.Select(voice => voice.Language)] };
        var metrics = new ChannelMetrics(_meter, _options.Id, _options.To);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter.Meter) && instrument.Name == MetricCatalogue.SegmentProcessing.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Count);
        _listener.Start();

        _clock = new SourceClock(new SoundPlacer(_track), _options.Delay, resumption: null);
        _engine = new ReadyDubs(voices);
        _feed = new EngineFeed(_engine, _track);
        _voices = new VoiceSet(_options, _engine.Traits, _track, metrics, _time, NullLogger.Instance);
        _publisher = new Publisher(Publication, metrics, new StateRecord(null, _options.Id), _time, NullLogger.Instance);

        var variant = new Variant(AttributeList.Empty, Input);
        var id = new PlaylistId(PlaylistKind.Single, "single");
        _master = new SourceEvent.MasterFound(
            new MasterPlaylist(Input, [variant], [], [], IndependentSegments: false, Start: null, []), [new SourcePlaylist(id, Input, variant, null, null)], id);
        _publisher.Follow(_master);
        _voices.Follow(_master.Master);
    }

    /// <summary>What it has published.</summary>
    public Publication Publication { get; } = new();

    /// <summary>Rows that were published, in order, as long as they are held.</summary>
    public IEnumerable<SegmentRow> Published => _publisher.Table.Rows.Take(_publisher.Table.Published);

    /// <summary>How many segments were published so far; the source's numbers begin at 0.</summary>
    public int PublishedCount => (int)((_publisher.Table.Newest?.Number ?? -1) + 1);

    /// <summary>Seconds that each stage has worked so far, all languages together, by the channel's own measurement.</summary>
    public IReadOnlyDictionary<string, double> Stages => _stages;

    /// <summary>The next segment appears, is decoded and heard; then its two seconds pass, in which others are worked on and published.</summary>
    /// <exception cref="BenchException">It could not be decoded.</exception>
    public async Task StepAsync(CancellationToken cancel)
    {
        var index = _next++;
        var segment = See(index);
        var started = _time.GetTimestamp();
        var outcome = await _worker.DecodeAsync(new DecodeRequest(_material.Segments[index], default, _options.From, Continues: index > 0), cancel);
        if (outcome.Segment is not { } decoded || outcome.Fault is not null)
            throw new BenchException($"the media worker could not decode segment {index}: {outcome.Detail ?? outcome.Fault?.ToString()}");
        Hear(new HeardSegment(segment, _time.GetUtcNow(), decoded, _material.Segments[index].Length) { DecodeTime = _time.GetElapsedTime(started) });
        for (var beat = TimeSpan.Zero; beat < BenchMaterial.Duration; beat += Beat)
        {
            _time.Advance(Beat);
            while (_engine.Events.TryRead(out var report))
                _voices.Accept(report);
            WorkAhead(_time.GetUtcNow());
            _publisher.PublishDue(_time.GetUtcNow());
            _track.Trim(_voices.MixedByAll - SoundLength.OfSeconds(16));
            _ = _voices.Snapshots();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _voices.Dispose();
        _listener.Dispose();
        _meter.Dispose();
        _plant?.Dispose();
    }

    private MediaSegment See(int index)
    {
        var first = Math.Max(0, index - WindowSegments + 1);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for (var entry = first; entry <= index; entry++)
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:2.000,\ns{entry}.ts\n");
        var playlist = ((PlaylistOutcome.Media)PlaylistParser.Parse(text.ToString(), Input)).Playlist;
        var now = _time.GetUtcNow();
        ImmutableArray<SeenSegment> appeared = [new SeenSegment(playlist.Segments[^1], now, Heard: true)];
        _publisher.See(new SourceEvent.PlaylistSeen(_master.Heard, playlist, appeared, now, Reset: false));
        return playlist.Segments[^1];
    }

    private void Hear(HeardSegment heard)
    {
        var before = _clock.Epoch;
        var row = _clock.Accept(heard, _voices.Mixed) ?? throw new BenchException("a segment of the source has no place on the time line");
        if (_clock.Epoch is { } epoch && epoch != before)
            _feed.Restart(epoch.Start);
        row.DecodeTime = heard.DecodeTime;
        row.HeardAt = _time.GetUtcNow();
        _stages["decode"] = _stages.GetValueOrDefault("decode") + heard.DecodeTime.TotalSeconds;
        _feed.FeedAll(_track.End);
        _voices.Accept(row);
        row.Release();
        _publisher.Table.Add(row);
    }

    private void WorkAhead(DateTimeOffset now)
    {
        var rows = _publisher.Table.Rows;
        for (var index = _publisher.Table.Published; index < rows.Count; index++)
        {
            var row = rows[index];
            if (_publisher.Has(row))
                continue;
            if (!_voices.WorkOn(row, index + 1 < rows.Count ? rows[index + 1] : null, now))
                return;
            _publisher.Offer(row, _voices.Package(row, isLast: false));
            _plant?.Burn(_options.To.Length);
            Publication.Master = _voices.Master(_master);
        }
    }

    private void Count(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "stage")
                _stages[(string)tag.Value!] = _stages.GetValueOrDefault((string)tag.Value!) + seconds;
        }
    }
}

/// <summary>The bench cannot go on; one line for people.</summary>
internal sealed class BenchException(string message) : Exception(message);
