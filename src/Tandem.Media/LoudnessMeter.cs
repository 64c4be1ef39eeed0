using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>
/// Gated loudness of the last stretch of a running sound: 400 ms blocks every 100 ms, kept for the window's length and gated as EBU R 128
/// gates a programme. Not safe for several threads at once.
/// </summary>
public sealed unsafe class LoudnessMeter : IDisposable
{
    // ITU-R BS.1770-5: blocks of 400 ms that overlap by 75 %.
    private const int BlocksASecond = 10;

    private readonly EbuR128Handle _state;
    private readonly int _channels;
    private readonly int _hop;
    private readonly BlockGate _gate;
    private int _inHop;
    private int _hops;

    /// <summary>Starts a meter.</summary>
    /// <param name="window">How far it looks back over what was added; whole tenths of a second, 1 s at least.</param>
    /// <param name="channels">1 (counted as dual mono) or 2.</param>
    /// <param name="sampleRate">Hz.</param>
    public LoudnessMeter(TimeSpan window, int channels = 2, int sampleRate = 48_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, TimeSpan.FromHours(1));
        _channels = channels;
        _hop = sampleRate / BlocksASecond;
        _gate = new BlockGate((int)(window.TotalSeconds * BlocksASecond));
        _state = Loudness.Open(channels, sampleRate, LibEbuR128.ModeMomentary);
    }

    /// <summary>Loudness of the window in LUFS; null while nothing in it passes the gate.</summary>
    public double? Gated => _gate.Gated;

    /// <summary>Adds sound that follows on what was added before; any whole number of samples.</summary>
    public void Add(ReadOnlySpan<float> interleaved)
    {
        while (!interleaved.IsEmpty)
        {
            var take = Math.Min((_hop - _inHop) * _channels, interleaved.Length);
            Loudness.Add(_state, interleaved[..take], _channels);
            interleaved = interleaved[take..];
            _inHop += take / _channels;
            if (_inHop < _hop)
                return;
            _inHop = 0;

            // The first block is complete after four hops.
            if (++_hops < 4)
                continue;
            double loudness;
            Loudness.Check(LibEbuR128.ebur128_loudness_momentary(_state.Value, &loudness));
            _gate.Add(loudness);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();
}
