using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>What has its place in one language: dubs, where the original is low, captions. Only grows at the end.</summary>
internal sealed class DubTrackPlaces(PlacementOptions options, SoundStretcher stretch, DubTrackCounts counts, DubTrackFallback fallback)
{
    private GrowingDub? _growing;

    /// <summary>In order of time.</summary>
    public List<PlacedDub> Placed { get; } = [];

    /// <summary>Where the original is low.</summary>
    public StretchSet Ducked { get; } = new();

    /// <summary>In order of time.</summary>
    public List<Caption> Captions { get; } = [];

    /// <summary>What placement needs to know of it.</summary>
    public PlacementState State { get; private set; } = PlacementState.Initial;

    /// <summary>Nothing before this changes any more.</summary>
    public ChannelTime Fixed { get; set; } = Placement.Never;

    /// <summary>What is placed or lowered from now on begins here at the earliest: before it the ramp down would not fit.</summary>
    public ChannelTime Earliest => Fixed + options.Attack;

    /// <summary>Ends the growing dub of an utterance with what there is of it; false if none grows for it.</summary>
    /// <param name="utterance">Null for whichever grows.</param>
    public bool Cut(long? utterance)
    {
        if (_growing is not { } growing || (utterance is { } id && growing.Dub.Utterance.Id != id))
            return false;
        growing.Cut = true;
        return true;
    }

    /// <summary>Gives a dub its place for good.</summary>
    public PlacedDub Fix(DubTrackUtterance utterance, DubPlace place)
    {
        var dub = utterance.Dub!;
        var sound = place.Speed > 1 ? SpeedUp(dub.Sound, place.Speed) : dub.Sound;
        var length = place.Length is { } planned && sound.Length - place.Offset < planned ? sound.Length - place.Offset : place.Length;
        var placed = new PlacedDub(dub, place.Start, place.Speed, length, place.Outcome, place.Start - place.Offset - utterance.Start)
        {
            Sound = sound,
            Offset = place.Offset,
            FadesIn = !options.InPlace || place.Offset > SoundLength.Zero,
            FadesOut = !options.InPlace,
        };
        State = State.After(utterance.Candidate(), place with { Length = length });
        Placed.Add(placed);
        Captions.AddRange(DubTrackCaptions.Of(place.Start, length, dub.Text));
        if (!options.InPlace)
            Duck(ChannelTime.Max(utterance.Start, Earliest), length is null ? place.Start : utterance.End!.Value);
        Duck(place.Start, place.Start + (length ?? SoundLength.Zero));
        if (length is null)
            _growing = new GrowingDub(dub, placed, utterance.End!.Value);
        utterance.Phase = UtterancePhase.Placed;
        utterance.Dub = null;
        return placed;
    }

    /// <summary>
    /// Brings the dub that grows up to a time: extends it to what there is, ends its part where it under-runs, lets it go on when there
    /// is sound again. Returns the part that begins, if one does.
    /// </summary>
    public PlacedDub? Grow(ChannelTime upTo)
    {
        if (_growing is not { } growing)
            return null;
        var complete = growing.Dub.Sound.IsComplete || growing.Cut;
        var available = growing.Dub.Sound.Length;
        var resumed = growing.Part is null ? Resume(growing, available, complete, upTo) : null;
        if (growing.Part is { } part)
            Extend(growing, part, available, complete, upTo);
        var over = growing.Part is null && (complete && growing.Reached >= available || growing.Cut);
        State = State with { PreviousEnd = growing.End, PreviousGrows = !over };
        _growing = over ? null : growing;
        return resumed;
    }

    /// <summary>Forgets what ended before.</summary>
    public void Trim(ChannelTime before)
    {
        Ducked.Trim(before);
        Captions.RemoveAll(caption => caption.End < before);
        TrimSound(before);
    }

    /// <summary>Forgets the sound of what ended before.</summary>
    public void TrimSound(ChannelTime before)
    {
        Placed.RemoveAll(dub => dub.End < before);

        // Languages may share a growing sound and run a few seconds apart.
        foreach (var dub in Placed.Where(dub => dub.Length is null))
            dub.Sound.Trim(before - SoundLength.OfSeconds(10) - dub.Start + dub.Offset);
    }

    private void Extend(GrowingDub growing, PlacedDub part, SoundLength available, bool complete, ChannelTime upTo)
    {
        growing.Reached = available;
        growing.End = part.Start + (available - part.Offset);

        // How long the utterance outlasts its dub matters once the dub is whole; in an under-run the original is needed.
        var whole = complete && !growing.Cut && !options.InPlace;
        Duck(ChannelTime.Max(part.Start, Fixed), whole ? ChannelTime.Max(growing.End, growing.UtteranceEnd) : growing.End);
        if (!complete && growing.End >= upTo)
            return;
        Placed[Placed.IndexOf(part)] = part with
        {
            Length = available - part.Offset,
            FadesOut = !growing.Dub.Sound.IsComplete || part.FadesOut,
        };
        growing.Part = null;
        counts.UnderRuns += complete ? 0 : 1;
        if (!complete)
            fallback.Want(new Stretch(growing.End, upTo));
    }

    private PlacedDub? Resume(GrowingDub growing, SoundLength available, bool complete, ChannelTime upTo)
    {
        var start = ChannelTime.Max(Earliest, growing.End);
        var offset = options.InPlace ? start - growing.Dub.Utterance.Start : growing.Reached;
        var enough = complete ? SoundLength.Zero : options.ResumeWith;
        if (available > offset + enough)
        {
            fallback.Want(new Stretch(growing.End, start));
            growing.Part = new PlacedDub(growing.Dub, start, 1, null, DubOutcome.Late, SoundLength.Zero)
            {
                Offset = offset,
                FadesOut = !options.InPlace,
            };
            Placed.Add(growing.Part);
            return growing.Part;
        }

        if (complete)
        {
            growing.Reached = available;
            return null;
        }

        fallback.Want(new Stretch(growing.End, upTo));
        if (!options.InPlace && upTo - growing.End > options.MaxStall)
        {
            counts.Stalled++;
            growing.Cut = true;
        }

        return null;
    }

    private void Duck(ChannelTime start, ChannelTime end) => Ducked.Add(new Stretch(start, end), options.Bridge, Fixed);

    private DubSound SpeedUp(DubSound sound, double speed)
    {
        var samples = new float[sound.Length.Samples * sound.Channels];
        sound.Read(SoundLength.Zero, samples);
        if (sound.Channels == 1)
            return DubSound.Of(stretch(samples, speed));

        // Stretched apart, the two sides would fall out of phase; a voice loses little by being in the middle.
        var mono = new float[samples.Length / 2];
        for (var i = 0; i < mono.Length; i++)
            mono[i] = (samples[2 * i] + samples[(2 * i) + 1]) / 2;
        return DubSound.Of(stretch(mono, speed));
    }

    /// <summary>The dub whose sound still comes in.</summary>
    private sealed class GrowingDub(Dub dub, PlacedDub part, ChannelTime utteranceEnd)
    {
        public Dub Dub { get; } = dub;

        public ChannelTime UtteranceEnd { get; } = utteranceEnd;

        /// <summary>The part that plays; null after an under-run.</summary>
        public PlacedDub? Part { get; set; } = part;

        /// <summary>How much of its sound has its place.</summary>
        public SoundLength Reached { get; set; } = part.Offset;

        /// <summary>End of what has its place.</summary>
        public ChannelTime End { get; set; } = part.Start;

        /// <summary>No more is waited for, whatever the sound says.</summary>
        public bool Cut { get; set; }
    }
}
