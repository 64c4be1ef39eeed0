using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// Finds utterances in 16 kHz mono sound. Says that one has begun within 200 ms, hands its sound on while it goes on, ends it at a pause
/// (the longer it has lasted, the shorter a pause suffices), and splits at the quietest point what lasts longer than 10 s.
/// Pure: the same sound gives the same events, however it is cut into stretches.
/// </summary>
public sealed class SpeechSegmenter
{
    private const int Frame = VoiceActivity.FrameLength;

    // 100 ms of activity within 150 ms: sure enough, and soon enough for the mixer's ramp.
    private const int OnsetWindow = 15;
    private const int OnsetActive = 10;

    // How far a weak beginning before the first active frame may move the onset back.
    private const int OnsetReach = 10;

    // The recogniser hears a little of what surrounds an utterance.
    private const int LeadFrames = 15;
    private const int TailFrames = 15;

    // An utterance ends a little after its last loud frame: final consonants are weak.
    private const int EndReach = 5;

    private const int LeastActive = 25;
    private const int LongestFrames = 1000;
    private const int SplitFrames = 300;
    private const int FirstSplit = LongestFrames - SplitFrames;

    private readonly List<SpeechEvent> _events = [];
    private readonly float[] _carry = new float[Frame];
    private readonly List<HeardFrame> _frames = [];
    private VoiceActivity _activity = new();
    private int _carried;
    private long _nextId = 1;
    private long _id;
    private bool _speaking;
    private int _start;
    private int _fed;
    private int _lastActive;
    private int _activeFrames;
    private int _earliestStart;
    private ChannelTime _upTo;

    /// <summary>Hears the next stretch and returns what is known by now, in order.</summary>
    /// <param name="start">Time of the first sample.</param>
    /// <param name="mono16">16 kHz mono.</param>
    /// <param name="restarts">Whether an epoch begins here: an utterance that goes on ends, and nothing reaches across.</param>
    public IReadOnlyList<SpeechEvent> Hear(ChannelTime start, ReadOnlySpan<float> mono16, bool restarts)
    {
        _events.Clear();
        if (restarts)
            Restart();

        // Anchored at every stretch, so that roundings of a third of a sample never add up.
        var time = start - new SoundLength(_carried * 3);
        while (_carried + mono16.Length >= Frame)
        {
            var taken = Frame - _carried;
            mono16[..taken].CopyTo(_carry.AsSpan(_carried));
            mono16 = mono16[taken..];
            _carried = 0;
            HearFrame(time);
            time += new SoundLength(Frame * 3);
        }

        mono16.CopyTo(_carry.AsSpan(_carried));
        _carried += mono16.Length;
        if (_speaking)
            FeedWhatIsCertain();
        ReportUpTo();
        Forget();
        return [.. _events];
    }

    /// <summary>Ends what goes on, as at the end of an epoch.</summary>
    public IReadOnlyList<SpeechEvent> Finish()
    {
        _events.Clear();
        Restart();
        return [.. _events];
    }

    private void Restart()
    {
        if (_speaking)
            End(_frames.Count);
        _frames.Clear();
        _activity = new VoiceActivity();
        _carried = 0;
        _earliestStart = 0;
    }

    private void HearFrame(ChannelTime time)
    {
        _frames.Add(new HeardFrame(time, _activity.Judge(_carry), _carry.AsSpan().ToArray()));
        if (_speaking)
            Continue();
        else
            Await();
    }

    private void Await()
    {
        var window = Math.Max(_earliestStart, _frames.Count - OnsetWindow);
        var active = 0;
        var first = -1;
        for (var i = window; i < _frames.Count; i++)
        {
            if (!_frames[i].Activity.Active)
                continue;
            first = first < 0 ? i : first;
            active++;
        }

        if (active < OnsetActive)
            return;
        var onset = first;
        while (onset > Math.Max(_earliestStart, first - OnsetReach) && _frames[onset - 1].Activity.Edge)
            onset--;
        Begin(onset, active, _frames.Count - 1);
    }

    private void Begin(int onset, int active, int lastActive)
    {
        _speaking = true;
        _id = _nextId++;
        _start = onset;
        _activeFrames = active;
        _lastActive = lastActive;
        _fed = Math.Max(_earliestStart, onset - LeadFrames);
        _events.Add(new SpeechStarted(_id, _frames[onset].Time, _frames[_fed].Time));
    }

    private void Continue()
    {
        var last = _frames.Count - 1;
        if (_frames[last].Activity.Active)
        {
            _lastActive = last;
            _activeFrames++;
        }

        var length = _frames.Count - _start;
        if (last - _lastActive >= PauseAfter(length))
        {
            End(Math.Min(_frames.Count, _lastActive + 1 + EndReach));
            return;
        }

        if (length >= LongestFrames)
            Split();
    }

    /// <summary>How many quiet frames end an utterance of this length: a long one is glad of any breath.</summary>
    private static int PauseAfter(int length) => length switch
    {
        < 500 => 40,
        < 700 => 30,
        < 850 => 20,
        _ => 12,
    };

    private void Split()
    {
        var quietest = _frames.Count - 1;
        var quiet = float.MaxValue;
        for (var i = _start + FirstSplit; i < _frames.Count - 2; i++)
        {
            var level = 0f;
            for (var near = i - 2; near <= i + 2; near++)
                level += _frames[near].Activity.Level;
            if (level < quiet)
                (quiet, quietest) = (level, i);
        }

        End(quietest);
        var active = _frames.Skip(quietest).Count(frame => frame.Activity.Active);
        Begin(quietest, active, Math.Max(quietest, _lastActive));
    }

    private void End(int end)
    {
        Feed(Math.Min(_frames.Count, end == _lastActive + 1 + EndReach ? end + TailFrames : end));
        _events.Add(_activeFrames >= LeastActive
            ? new SpeechEnded(_id, _frames[end - 1].Time + new SoundLength(Frame * 3))
            : new SpeechDropped(_id));
        _speaking = false;
        _earliestStart = end;
    }

    // What may yet turn out to belong to the next utterance is held back, and so is the silence of a pause.
    private void FeedWhatIsCertain() =>
        Feed(Math.Min(_frames.Count, Math.Min(_lastActive + 1 + TailFrames, _start + FirstSplit)));

    private void Feed(int upTo)
    {
        if (upTo <= _fed)
            return;
        var sound = new float[(upTo - _fed) * Frame];
        for (var i = _fed; i < upTo; i++)
            _frames[i].Sound.CopyTo(sound.AsSpan((i - _fed) * Frame));
        _fed = upTo;
        _events.Add(new SpeechSound(_id, sound));
    }

    private void ReportUpTo()
    {
        if (_frames.Count == 0)
            return;
        var sure = Math.Max(_earliestStart, _frames.Count - OnsetWindow - OnsetReach);
        if (_speaking)
            sure = Math.Max(_start, Math.Min(sure, _start + FirstSplit));
        var time = sure < _frames.Count ? _frames[sure].Time : _frames[^1].Time + new SoundLength(Frame * 3);
        if (time <= _upTo)
            return;
        _upTo = time;
        _events.Add(new SpeechKnownUpTo(time));
    }

    private void Forget()
    {
        // What lies further back than any onset can reach is not needed again.
        var needless = (_speaking ? Math.Min(_start, _fed) : _frames.Count) - OnsetWindow - OnsetReach - LeadFrames;
        if (needless < 100)
            return;
        _frames.RemoveRange(0, needless);
        _start -= needless;
        _fed -= needless;
        _lastActive -= needless;
        _earliestStart = Math.Max(0, _earliestStart - needless);
    }

    private readonly record struct HeardFrame(ChannelTime Time, FrameActivity Activity, float[] Sound);
}
