namespace Tandem.Live.Dubbing;

/// <summary>
/// Tells frame by frame whether somebody may be speaking: the frame's energy stands out from a floor that follows the quietest moments of
/// the last seconds, and reaches some way up to the recent peaks. Steady noise and held chords lift the floor and fall silent again.
/// </summary>
internal sealed class VoiceActivity
{
    /// <summary>Samples a frame: 10 ms at 16 kHz.</summary>
    public const int FrameLength = 160;

    // One pole at 150 Hz: hum and rumble are no speech.
    private const float HighPass = 0.943f;

    // Below this nothing is speech, whatever the floor: dither, codec noise, a far room.
    private const float LowestFloor = -62;

    // Until a second has been heard the floor may be no higher: an epoch may begin in the middle of a word.
    private const float FirstFloor = -50;

    // Minimum statistics: eight blocks of half a second. Real speech dips between words and syllables well within four seconds.
    private const int BlockFrames = 50;
    private const int Blocks = 8;

    private const float Margin = 8;
    private const float ShareOfRange = 0.3f;
    private const float Hysteresis = 3;
    private const float PeakDecay = 0.02f;

    private readonly float[] _minima = new float[Blocks];
    private readonly float[] _recent = new float[5];
    private float _blockMinimum = float.MaxValue;
    private float _peak = LowestFloor;
    private long _frames;
    private float _lastIn;
    private float _lastOut;
    private bool _active;

    public VoiceActivity() => Array.Fill(_minima, float.MaxValue);

    /// <summary>Judges the next 10 ms.</summary>
    public FrameActivity Judge(ReadOnlySpan<float> frame)
    {
        var level = Level(frame, out var crossings);
        var floor = Floor(level);
        _peak = Math.Max(level, _peak - PeakDecay);

        var threshold = floor + Math.Max(Margin, ShareOfRange * (_peak - floor));
        _active = level > (_active ? threshold - Hysteresis : threshold);

        // A vowel that swells, or a weak fricative: little energy, but many zero crossings.
        var edge = level > (threshold + floor) / 2 || (crossings > 0.35f && level > floor + (Margin / 2));
        return new FrameActivity(level, _active, edge);
    }

    private float Level(ReadOnlySpan<float> frame, out float crossings)
    {
        var energy = 1e-10f;
        var changes = 0;
        foreach (var sample in frame)
        {
            // A damaged source may hand on NaN or infinity, which would stay in the filter for ever.
            var finite = float.IsFinite(sample) ? Math.Clamp(sample, -4, 4) : 0;
            var filtered = HighPass * (_lastOut + finite - _lastIn);
            if (filtered >= 0 != _lastOut >= 0)
                changes++;
            (_lastIn, _lastOut) = (finite, filtered);
            energy += filtered * filtered / FrameLength;
        }

        crossings = changes / (float)FrameLength;
        return 10 * MathF.Log10(energy);
    }

    private float Floor(float level)
    {
        _recent[_frames % _recent.Length] = level;
        _frames++;
        var smooth = 0f;
        var count = (int)Math.Min(_frames, _recent.Length);
        for (var i = 0; i < count; i++)
            smooth += _recent[i] / count;

        _blockMinimum = Math.Min(_blockMinimum, smooth);
        if (_frames % BlockFrames == 0)
        {
            _minima[_frames / BlockFrames % Blocks] = _blockMinimum;
            _blockMinimum = float.MaxValue;
        }

        var floor = Math.Min(smooth, _blockMinimum);
        foreach (var minimum in _minima)
            floor = Math.Min(floor, minimum);
        if (_frames < 2 * BlockFrames)
            floor = Math.Min(floor, FirstFloor);
        return Math.Max(floor, LowestFloor);
    }
}

/// <summary>What <see cref="VoiceActivity"/> says of 10 ms.</summary>
/// <param name="Level">Energy, dB of full scale.</param>
/// <param name="Active">Whether this may be speech.</param>
/// <param name="Edge">Perhaps too weak for speech alone, but fit to begin it.</param>
internal readonly record struct FrameActivity(float Level, bool Active, bool Edge);
