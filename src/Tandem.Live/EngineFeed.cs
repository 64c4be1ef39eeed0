using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live;

/// <summary>Hands the engine what the sound track gains: whole 16 kHz samples with the 48 kHz ones they were made of.</summary>
public sealed class EngineFeed(IEngine engine, SoundTrack track)
{
    private const int LargestStretch = ChannelTime.Rate / 2;

    private readonly MonoDecimator _decimator = new();
    private ChannelTime _pushed;
    private ChannelTime _fed;
    private float[] _mono = [];
    private float[] _stereo = new float[LargestStretch * 2];
    private bool _restarts = true;

    /// <summary>Ends the stretch before at <paramref name="start"/>: what comes is another epoch's.</summary>
    public void Restart(ChannelTime start)
    {
        FeedAll(start);
        var rest = (start - _fed).Samples;
        if (rest > 0 && !_restarts)
            Hand((int)rest, new float[(int)(rest / 3)]);
        _decimator.Reset();
        _mono = [];
        _pushed = start;
        _fed = start;
        _restarts = true;
    }

    /// <summary>
    /// Keeps everything before <paramref name="end"/> from the engine: it hears silence, in which utterances end. One that mutes the original
    /// goes on behind it.
    /// </summary>
    public void KeepBack(ChannelTime end)
    {
        if (!engine.Traits.OriginalMuted)
        {
            Feed(end, silent: true);
            return;
        }

        _decimator.Reset();
        _mono = [];
        _pushed = ChannelTime.Max(_pushed, end);
        _fed = _pushed;
        _restarts = true;
    }

    /// <summary>Hands on everything before <paramref name="end"/>, to the last sample, and says that this was all.</summary>
    public void Finish(ChannelTime end)
    {
        FeedAll(end);
        var rest = (end - _fed).Samples;
        if (rest > 0)
            Hand((int)rest, new float[(int)(rest / 3)]);
        engine.Finish();
    }

    /// <summary>Hands on everything before <paramref name="end"/>, less the little that the decimator looks ahead.</summary>
    public void FeedAll(ChannelTime end) => Feed(end, silent: false);

    private void Feed(ChannelTime end, bool silent)
    {
        while (_pushed < end)
        {
            var count = (int)Math.Min(LargestStretch, (end - _pushed).Samples);
            var mono = _decimator.Push(Sound(_pushed, count, silent).Span);
            _pushed += new SoundLength(count);
            _mono = _mono.Length == 0 ? mono : [.. _mono, .. mono];
            if (_mono.Length == 0)
                continue;
            Hand(_mono.Length * 3, _mono, silent);
            _mono = [];
        }
    }

    private void Hand(int samples, float[] mono, bool silent = false)
    {
        engine.Hear(new SourceSound(_fed, Sound(_fed, samples, silent), mono, _restarts));
        _restarts = false;
        _fed += new SoundLength(samples);
    }

    /// <summary>
    /// A stretch of the track, or silence; valid until the next is asked for. 0.5 s of it would be an array among the large objects.
    /// </summary>
    private ReadOnlyMemory<float> Sound(ChannelTime from, int samples, bool silent)
    {
        if (_stereo.Length < samples * 2)
            _stereo = new float[samples * 2];
        var stereo = _stereo.AsMemory(0, samples * 2);
        if (silent)
            stereo.Span.Clear();
        else
            track.Read(from, stereo.Span);
        return stereo;
    }
}
