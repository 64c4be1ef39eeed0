namespace Tandem.Live.Timeline;

/// <summary>
/// Puts decoded frames where their time stamps say, on the sound track: jitter is ignored, a slow clock error is resampled away, a hole is
/// filled with faded silence, what was there already is dropped.
/// </summary>
public sealed class SoundPlacer(SoundTrack track)
{
    // A smoothed error below this is rounding or jitter (facts: 1 ms of jitter averages to 0.08 ms over two seconds).
    private static readonly double Ignored = 0.0002 * ChannelTime.Rate;

    // More than jitter and clock error can amount to; less than any frame (the shortest, MP3 at 48 kHz, has 24 ms; AAC has 21.3 ms).
    private static readonly double Overlap = 0.010 * ChannelTime.Rate;

    private const double SmoothingSeconds = 2;
    private const double CorrectionSeconds = 4;
    private const double LargestCorrection = 0.001;
    private const double FadeSeconds = 0.005;

    private SincResampler? _resampler;
    private Epoch? _epoch;
    private int _rate;
    private double _position;
    private double _correction;
    private double _error;
    private bool _following;
    private long _expectedTicks;
    private float[] _scratch = new float[8192];

    /// <summary>Holes that were filled.</summary>
    public long Holes { get; private set; }

    /// <summary>What the holes add up to.</summary>
    public SoundLength Filled { get; private set; }

    /// <summary>Times that sound was dropped because its place was taken.</summary>
    public long Overlaps { get; private set; }

    /// <summary>Current clock correction, parts per million; 0 while none is needed.</summary>
    public double CorrectionPpm => -_correction * 1e6;

    /// <summary>Where sound that follows without a hole begins, 90 kHz, unwrapped in the epoch.</summary>
    public long ExpectedTicks => _expectedTicks;

    /// <summary>Ends the epoch before and starts <paramref name="epoch"/>: the track ends exactly at its start.</summary>
    public void Begin(Epoch epoch)
    {
        Finish();
        track.EndAt(epoch.Start);
        _epoch = epoch;
        _expectedTicks = epoch.StartTicks;
        _error = 0;
        _correction = 0;
        _following = false;
    }

    /// <summary>Goes on in <paramref name="epoch"/>, whose times are those of the epoch before.</summary>
    public void Continue(Epoch epoch) => _epoch = epoch;

    /// <summary>Writes out what is held back and adds silence up to <paramref name="end"/>, because no sound will come before it.</summary>
    public void SilenceUpTo(ChannelTime end)
    {
        if (end <= track.End)
            return;
        Finish();
        if (end <= track.End)
            return;
        CountHole(end - track.End);
        track.EndAt(end);
    }

    /// <summary>Places one decoded frame.</summary>
    /// <param name="rawTicks">90 kHz, as written; unwrapped against the frame before.</param>
    /// <param name="rate">Hz.</param>
    /// <param name="stereo">Interleaved.</param>
    public void Place(long rawTicks, int rate, ReadOnlySpan<float> stereo)
    {
        var epoch = _epoch ?? throw new InvalidOperationException("No epoch has begun.");
        if (stereo.IsEmpty || rate <= 0)
            return;
        var ticks = MediaTime.Unwrap(rawTicks, _expectedTicks);
        _expectedTicks = ticks + (stereo.Length / 2 * (long)MediaTime.Rate / rate);
        var target = epoch.Place(ticks);
        var frame = stereo.Length / 2 * (ChannelTime.Rate / (double)rate);
        var step = rate / (double)ChannelTime.Rate;

        if (_resampler is null || rate != _rate)
            Restart(rate, target, step);
        var error = target - Predicted(step);
        if (error > Math.Max(Overlap, frame * 0.75))
            Fill(error, step, ref stereo);
        else if (error < -Overlap)
            Drop(-error, step, ref stereo);
        else
            Follow(error, frame / ChannelTime.Rate);

        _resampler!.Push(stereo);
        Emit(step, (int)(FadeSeconds * rate));
    }

    /// <summary>Writes out all that is held back; at the end of an epoch or of the source.</summary>
    public void Finish()
    {
        if (_resampler is null)
            return;
        var last = _resampler.Pushed;
        _resampler.PushSilence(_resampler.LookAhead + 1);
        var step = _rate / (double)ChannelTime.Rate;
        Write((long)Math.Max(0, Math.Floor((last - _position) / step)), step);
        _resampler = null;
    }

    private void Restart(int rate, double target, double step)
    {
        Finish();
        _rate = rate;
        _resampler = new SincResampler(step);

        // The first sample belongs at the target; where the track is further already, what comes before is skipped by starting later.
        var ahead = target - track.End.Samples;
        if (ahead > 0)
        {
            var silence = new SoundLength((long)Math.Round(ahead));
            if (silence.Seconds > 0.03)
                CountHole(silence);
            track.EndAt(track.End + silence);
            ahead = target - track.End.Samples;
        }

        _position = -ahead * step;
        if (rate == ChannelTime.Rate)
            _position = Math.Round(_position);
    }

    /// <summary>Where the next input sample would come to lie, in channel samples.</summary>
    private double Predicted(double step) => track.End.Samples + ((_resampler!.Pushed - _position) / step);

    private void Fill(double error, double step, ref ReadOnlySpan<float> stereo)
    {
        CountHole(new SoundLength((long)error));
        var fade = (int)(FadeSeconds * _rate);
        _resampler!.FadeOutTail(fade);
        _resampler.PushSilence((int)Math.Round(error * step));
        stereo = FadedIn(stereo, fade);
    }

    private void Drop(double error, double step, ref ReadOnlySpan<float> stereo)
    {
        Overlaps++;
        var skip = Math.Min(stereo.Length / 2, (int)Math.Round(error * step));
        var fade = (int)(FadeSeconds * _rate);
        stereo = stereo[(skip * 2)..];
        if (stereo.IsEmpty)
            return;
        _resampler!.FadeOutTail(fade);
        stereo = FadedIn(stereo, fade);
    }

    private void Follow(double error, double seconds)
    {
        _error += (error - _error) * Math.Min(1, seconds / SmoothingSeconds);
        _following |= Math.Abs(_error) > Ignored;
        if (_following)
            _correction = Math.Clamp(-_error / (CorrectionSeconds * ChannelTime.Rate), -LargestCorrection, LargestCorrection);
    }

    private void Emit(double step, int heldBack)
    {
        var available = _resampler!.Pushed - _resampler.LookAhead - heldBack - 1 - _position;
        if (available > 0)
            Write((long)(available / step), step);
        _resampler.Forget(_position);
    }

    private void Write(long count, double step)
    {
        while (count > 0)
        {
            var chunk = (int)Math.Min(count, _scratch.Length / 2);
            var written = _resampler!.Pull(ref _position, step * (1 + _correction), _scratch.AsSpan(0, chunk * 2));
            if (written == 0)
                return;
            track.Append(_scratch.AsSpan(0, written * 2));
            count -= written;
        }
    }

    private void CountHole(SoundLength length)
    {
        Holes++;
        Filled += length;
    }

    private static float[] FadedIn(ReadOnlySpan<float> stereo, int fade)
    {
        var faded = stereo.ToArray();
        for (var index = 0; index < Math.Min(fade, faded.Length / 2); index++)
        {
            faded[index * 2] *= index / (float)fade;
            faded[(index * 2) + 1] *= index / (float)fade;
        }

        return faded;
    }
}
