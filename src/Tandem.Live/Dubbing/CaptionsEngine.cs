using System.Threading.Channels;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// A cascade whose recogniser is <c>captions</c>: the source's own captions say what is spoken and when. The sound only tells how far the
/// channel is.
/// </summary>
public sealed class CaptionsEngine : IEngine, ICaptionListener
{
    // A film's captions are there before its sound: 24 h of them.
    private const int MostCues = 200_000;

    // Captions that lag this far behind the sound do not hold up a sentence that waits for its end.
    private static readonly SoundLength Patience = SoundLength.OfSeconds(8);

    private readonly EngineEvents _events = new();
    private readonly CascadeStages _stages;
    private readonly CueSpeech _joiner = new();
    private readonly PriorityQueue<SourceCue, (ChannelTime Start, long Order)> _cues = new();
    private readonly Lock _lock = new();
    private string? _trouble;
    private long _order;
    private ChannelTime _heard;
    private ChannelTime _upTo;
    private bool _disposed;

    /// <summary>Starts the stages.</summary>
    public CaptionsEngine(IReadOnlyList<CascadeLanguage> languages, CascadeOptions options, EngineServices services) =>
        _stages = new CascadeStages(languages, options, services, _events);

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => _stages.Waiting;

    /// <inheritdoc/>
    public int MostWaiting => _stages.Places;

    /// <inheritdoc/>
    public void Hear(SourceSound sound)
    {
        lock (_lock)
        {
            // An utterance does not reach into another epoch.
            if (sound.Restarts)
                Say(_joiner.Flush());
            _heard = ChannelTime.Max(_heard, sound.Start + new SoundLength(sound.Stereo48.Length / 2));
            Work();
        }
    }

    /// <inheritdoc/>
    public void Read(IReadOnlyList<SourceCue> cues, ChannelTime upTo)
    {
        lock (_lock)
        {
            foreach (var cue in cues)
            {
                if (_cues.Count >= MostCues)
                    _cues.Dequeue();
                _cues.Enqueue(cue, (cue.Start, _order++));
            }

            _upTo = ChannelTime.Max(_upTo, upTo);
            Work();
        }
    }

    /// <inheritdoc/>
    public void Miss(string? reason)
    {
        lock (_lock)
        {
            if (reason == _trouble)
                return;
            _trouble = reason;
            _events.Publish(new EngineHealth(reason is null, reason ?? ""));
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        lock (_lock)
        {
            Work();
            Say(_joiner.Flush());
            _events.Publish(new HeardUpTo(_heard));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _disposed = true;
        await _stages.DisposeAsync();
        _events.Complete();
    }

    private void Work()
    {
        if (_disposed)
            return;
        while (_cues.TryPeek(out var next, out _) && next.Start < _heard)
            Say(_joiner.Add(_cues.Dequeue()));
        var known = ChannelTime.Min(_upTo, _heard);
        Say(_joiner.Advance(ChannelTime.Max(known, _heard - Patience)));
        _events.Publish(new HeardUpTo(_joiner.Open is { } open ? ChannelTime.Min(open, known) : known));
    }

    private void Say(IReadOnlyList<Utterance> utterances)
    {
        if (_disposed)
            return;
        foreach (var utterance in utterances)
            _stages.Say(utterance);
    }
}
