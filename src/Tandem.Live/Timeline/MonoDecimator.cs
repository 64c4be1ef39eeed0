namespace Tandem.Live.Timeline;

/// <summary>Makes recognisers' 16 kHz mono of 48 kHz stereo, with the look-ahead taken out of the times.</summary>
public sealed class MonoDecimator
{
    private readonly SincResampler _resampler = new(3);
    private double _position;
    private float[] _scratch = [];

    /// <summary>Forgets what was heard: the next sample begins a new stretch.</summary>
    public void Reset()
    {
        _resampler.Reset();
        _position = 0;
    }

    /// <summary>
    /// Takes 48 kHz stereo and returns the 16 kHz mono that is complete by now; over a stretch one third as many samples, the last
    /// <see cref="SincResampler.LookAhead"/> input samples' worth later than their input.
    /// </summary>
    /// <param name="stereo">Interleaved.</param>
    public float[] Push(ReadOnlySpan<float> stereo)
    {
        _resampler.Push(stereo);
        var room = ((stereo.Length / 6) + 64) * 2;
        if (_scratch.Length < room)
            _scratch = new float[room];
        var count = _resampler.Pull(ref _position, 3, _scratch.AsSpan(0, room));
        _resampler.Forget(_position);
        var mono = new float[count];
        for (var index = 0; index < count; index++)
            mono[index] = (_scratch[index * 2] + _scratch[(index * 2) + 1]) * 0.5f;
        return mono;
    }
}
