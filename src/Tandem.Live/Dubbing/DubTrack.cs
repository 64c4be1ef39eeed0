using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Speeds up mono sound of 48 kHz with its pitch kept; a new array of about <c>length / speed</c> samples.</summary>
public delegate float[] SoundStretcher(ReadOnlySpan<float> mono48, double speed);

/// <summary>
/// One language's dubs on channel time: takes what the engine reports, gives dubs their places in time for the mixer, and knows what
/// viewers hear. Single-threaded, owned by the channel's loop; only the sounds of growing dubs are appended elsewhere.
/// </summary>
/// <remarks>
/// What is fixed never changes. <see cref="CommitUpTo"/> fixes dubs a little beyond the horizon, so that whether the original stays low
/// across a short pause is known when the pause begins. A dub that comes late lowers the original over the union of its utterance and
/// itself as far as that lies after what is fixed, with room for the ramp; before that the original stays at full level and counts as
/// fallback.
/// </remarks>
public sealed class DubTrack
{
    /// <summary>How far beyond the horizon the mixer may look; its limiter needs 7 ms.</summary>
    public static readonly SoundLength LookAhead = SoundLength.OfSeconds(0.02);

    /// <summary>Captions, intervals and utterances are kept for this long after they were fixed.</summary>
    private static readonly SoundLength Kept = SoundLength.OfSeconds(60);

    private readonly PlacementOptions _options;
    private readonly List<Utterance> _speech = [];
    private readonly DubTrackFallback _fallback = new();
    private readonly DubTrackCounts _counts = new();
    private readonly DubTrackUtterances _utterances;
    private readonly DubTrackPlaces _places;
    private ChannelTime _heardUpTo;
    private string? _engineFault;
    private string _lastFault = "";

    /// <param name="language">BCP 47 tag; reports for other languages are passed over.</param>
    /// <param name="traits">The engine's.</param>
    /// <param name="options">The bounds of placement.</param>
    /// <param name="stretch">Speeds up what is too long; called on the channel's loop, once a dub at most.</param>
    public DubTrack(string language, EngineTraits traits, PlacementOptions options, SoundStretcher stretch)
    {
        Language = language;
        Traits = traits;
        _options = options;
        _utterances = new DubTrackUtterances(_counts);
        _places = new DubTrackPlaces(options, stretch, _counts, _fallback);
    }

    /// <summary>BCP 47 tag.</summary>
    public string Language { get; }

    /// <summary>Told what became of each utterance's dub, once an utterance.</summary>
    public Action<long, DubOutcome>? OnSettled
    {
        get => _counts.OnSettled;
        set => _counts.OnSettled = value;
    }

    /// <summary>The engine's traits.</summary>
    public EngineTraits Traits { get; }

    /// <summary>Whether onset lags are estimates, because the engine's dubs belong to utterances only roughly.</summary>
    public bool LagIsEstimated => !Traits.Aligned;

    /// <summary>What has a place, in order of time, without overlaps.</summary>
    public IReadOnlyList<PlacedDub> Placed => _places.Placed;

    /// <summary>Where the original is low: utterances with their placed dubs, short gaps bridged. In order, apart from each other.</summary>
    public IReadOnlyList<Stretch> Intervals => _places.Ducked.Stretches;

    /// <summary>Understood utterances of about the last minute and those still to come, in order of their starts.</summary>
    public IReadOnlyList<Utterance> Speech => _speech;

    /// <summary>What viewers hear where the last commit ended.</summary>
    public VoiceState State { get; private set; }

    /// <summary>Why it is <see cref="VoiceState.Fallback"/>, one line for people; otherwise empty.</summary>
    public string StateReason { get; private set; } = "";

    /// <summary>
    /// Start of the first utterance whose dub may still come or is not complete: what lies before it is certain, as far as the engine has
    /// heard. Null where nothing is open.
    /// </summary>
    public ChannelTime? Pending => _utterances.FirstPending(partsCount: _options.InPlace);

    /// <summary>Whether a dub that is there waits for its place, or speaks on after <paramref name="time"/>.</summary>
    public bool SpeaksAfter(ChannelTime time) =>
        !_options.InPlace && (_utterances.Ready.Count > 0 || Placed.Any(dub => dub.End is not { } end || end > time));

    /// <summary>Counts since the beginning.</summary>
    public DubCountsSnapshot Counts => _counts.Snapshot(_fallback.Total);

    /// <summary>Takes one report of the engine; those for other languages are passed over. Changes nothing that is fixed.</summary>
    public void Accept(EngineEvent report)
    {
        switch (report)
        {
            case DubReady ready when ready.Dub.Language != Language:
            case DubFailed failed when failed.Language != Language:
                break;
            case UtteranceStarted started when IsPossible(started.Start):
                _fallback.EngineHeard(started.Start);
                _utterances.Start(started.UtteranceId, started.Start);
                break;
            case UtteranceHeard heard when IsPossible(heard.Utterance.Start):
                _fallback.EngineHeard(heard.Utterance.Start);
                Speak(_utterances.Hear(heard.Utterance), heard.Utterance.Text);
                break;
            case UtteranceEmpty empty:
                _utterances.Settle(empty.UtteranceId, DubOutcome.Empty, Listening);
                break;
            case SpeechLost lost when IsPossible(lost.Start) && IsPossible(lost.End):
                if (!_options.InPlace)
                    _fallback.Want(new Stretch(lost.Start, ChannelTime.Min(lost.End, lost.Start + DubTrackUtterances.Longest)));
                break;
            case DubReady ready when IsPossible(ready.Dub.Utterance.Start):
                Take(ready.Dub);
                break;
            case DubFailed failed:
                _lastFault = $"{failed.Stage}: {failed.Reason}";
                if (!_places.Cut(failed.UtteranceId))
                    _utterances.Settle(failed.UtteranceId, DubOutcome.Failed, Listening);
                break;
            case HeardUpTo heard when IsPossible(heard.Time):
                _fallback.EngineHeard(heard.Time);
                _heardUpTo = ChannelTime.Max(_heardUpTo, heard.Time);
                break;
            case EngineHealth { Part.Length: > 0 }:
                break;
            case EngineHealth { Healthy: true }:
                _engineFault = null;
                _fallback.EngineUp();
                break;
            case EngineHealth health:
                _engineFault = health.Reason;
                _fallback.EngineDown(Listening);
                break;
            default:
                _counts.Refused++;
                break;
        }
    }

    /// <summary>
    /// Fixes every placement that begins before <paramref name="horizon"/>, so that the mixer may go up to there. Horizons only grow; an
    /// earlier one changes nothing. Best called in steps of 0.5 s or less: a dub that becomes ready waits for the next call.
    /// </summary>
    public CommitResult CommitUpTo(ChannelTime horizon)
    {
        var upTo = horizon + LookAhead;
        if (upTo <= _places.Fixed)
            return new CommitResult([], [], [], SoundLength.Zero, SoundLength.Zero);
        var fresh = new List<PlacedDub>();
        var resumed = _places.Grow(upTo);
        if (resumed is not null)
            fresh.Add(resumed);
        while (PlaceReady(upTo, fresh) && _places.State.PreviousGrows)
            _places.Grow(upTo);
        if (!_options.InPlace && _utterances.GiveUp(_places.Earliest - _options.MaxOnsetLag))
            _lastFault = "the dub did not come in time";
        var dubbed = _fallback.Dubbed;
        var fallback = _fallback.Advance(upTo, _places.Ducked);
        UpdateState(new Stretch(ChannelTime.Max(_places.Fixed, upTo - Kept), upTo), fallback);
        _places.Fixed = upTo;
        Forget(upTo - Kept);
        var lags = fresh.Where(dub => !ReferenceEquals(dub, resumed)).Select(dub => dub.OnsetLag);
        return new CommitResult([.. fresh], _counts.TakeFresh(), [.. lags], fallback, _fallback.Dubbed - dubbed);
    }

    /// <summary>Captions that show between two times, whole, in order; those of fixed dubs never change.</summary>
    public IEnumerable<Caption> CaptionsBetween(ChannelTime from, ChannelTime to) =>
        _places.Captions.Where(caption => caption.Start < to && caption.End > from);

    /// <summary>Forgets the sound of what ended before; call it with where the mixer is.</summary>
    public void Trim(ChannelTime before) => _places.TrimSound(before);

    /// <summary>No fixed time, but what an engine says now is about sound from here on.</summary>
    private ChannelTime Listening => ChannelTime.Max(_heardUpTo, ChannelTime.Max(_places.Fixed, ChannelTime.Zero));

    /// <summary>Room to count from it without overflow.</summary>
    private static bool IsPossible(ChannelTime time) => time.Samples is >= 0 and < long.MaxValue / 4;

    private void Take(Dub dub)
    {
        var news = _utterances.Hear(dub.Utterance);
        _counts.Unannounced += news is null ? 0 : 1;
        Speak(news, dub.Utterance.Text);

        // Where every sample has its own place, nothing waits for the end of the epoch before.
        if (_utterances.Take(dub) && _options.InPlace)
            _places.Cut(null);
    }

    private void Speak(DubTrackUtterance? news, string text)
    {
        if (news is not { End: { } end } || _options.InPlace)
            return;
        _fallback.Want(new Stretch(news.Start, end));
        _speech.Add(new Utterance(news.Id, news.Start, end, text));
        _speech.Sort((left, right) => left.Start.CompareTo(right.Start));
    }

    /// <summary>Fixes what begins soon; true if a dub got its place.</summary>
    private bool PlaceReady(ChannelTime upTo, List<PlacedDub> fresh)
    {
        // Mostly there is none, and this is asked each half second.
        var waiting = _utterances.Ready;
        if (waiting.Count == 0)
            return false;
        var state = _places.State with { Earliest = _places.Earliest };
        var ready = waiting.FindAll(HasBegun).ToDictionary(utterance => utterance.Id);
        var expected = _utterances.ExpectedAfter(state.Earliest - _options.MaxOnsetLag);
        var placed = false;
        foreach (var place in Placement.Plan(_options, state, [.. ready.Values.Select(utterance => utterance.Candidate())], expected))
        {
            var utterance = ready[place.UtteranceId];

            // A dub before it may still come, and would be dropped once this one is fixed: wait as long as can be.
            var early = expected.Exists(start => start < utterance.Start) ? SoundLength.Zero : _options.Bridge;
            if (!place.IsDropped && place.Start >= upTo + _options.Attack + early)
                break;
            if (place.IsDropped || place.Length == SoundLength.Zero)
            {
                _lastFault = place.IsDropped ? "the dub came too late" : "the dub is empty";
                _utterances.Settle(utterance, place.IsDropped ? place.Outcome : DubOutcome.Empty, place.Steps & OverrunSteps.Dropped);
                continue;
            }

            fresh.Add(_places.Fix(utterance, place));
            _counts.Settle(utterance.Id, place.Outcome, place.Steps);
            placed = true;
        }

        return placed;
    }

    /// <summary>Whether there is sound to begin with.</summary>
    private bool HasBegun(DubTrackUtterance utterance)
    {
        var sound = utterance.Dub!.Sound;
        var from = _options.InPlace ? ChannelTime.Max(_places.Earliest, utterance.Start) - utterance.Start : SoundLength.Zero;
        return sound.IsComplete || sound.Length > from;
    }

    private void UpdateState(Stretch committed, SoundLength fallback)
    {
        var dubbed = _places.Ducked.Overlaps(committed);
        var dubbedAtEnd = _places.Ducked.Overlaps(committed with { Start = committed.End - new SoundLength(1) });

        // Somebody speaks, or seems to, and nothing is known of it yet: the original is heard. Counted once it is known to be speech.
        var waits = !_options.InPlace && _utterances.IsAnyUnknown(committed);
        State = (fallback > SoundLength.Zero || waits) && !dubbedAtEnd ? VoiceState.Fallback
            : dubbed ? VoiceState.Dubbed
            : State is VoiceState.Fallback ? VoiceState.Original
            : State;
        StateReason = State is not VoiceState.Fallback ? "" : _engineFault ?? (_lastFault is "" ? LanguageSnapshot.NotReady : _lastFault);
        if (State is VoiceState.Dubbed)
            _lastFault = "";
    }

    private void Forget(ChannelTime before)
    {
        _places.Trim(before);
        _utterances.Trim(before);
        _fallback.Trim(before);
        _speech.RemoveAll(utterance => utterance.End < before);
    }
}
