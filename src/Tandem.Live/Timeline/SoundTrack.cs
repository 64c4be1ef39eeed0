namespace Tandem.Live.Timeline;

/// <summary>
/// The source's sound on channel time: 48 kHz interleaved stereo, appended at the end, read at any place that is still held, trimmed at
/// the front. Safe for one writer and several readers.
/// </summary>
/// <param name="begin">Time of the first sample.</param>
public sealed class SoundTrack(ChannelTime begin)
{
    private readonly Lock _lock = new();
    private float[] _samples = new float[ChannelTime.Rate * 2 * 16];
    private ChannelTime _begin = begin;
    private int _count;

    /// <summary>Time of the oldest sample that is held.</summary>
    public ChannelTime Begin
    {
        get
        {
            lock (_lock)
                return _begin;
        }
    }

    /// <summary>Time just after the newest sample.</summary>
    public ChannelTime End
    {
        get
        {
            lock (_lock)
                return _begin + new SoundLength(_count);
        }
    }

    /// <summary>Adds interleaved stereo at <see cref="End"/>.</summary>
    public void Append(ReadOnlySpan<float> stereo)
    {
        lock (_lock)
        {
            var needed = (_count * 2) + stereo.Length;
            if (needed > _samples.Length)
                Array.Resize(ref _samples, Math.Max(needed, _samples.Length * 2));
            stereo.CopyTo(_samples.AsSpan(_count * 2));
            _count += stereo.Length / 2;
        }
    }

    /// <summary>Makes <paramref name="end"/> the end: cuts what lies after it, or adds silence up to it.</summary>
    public void EndAt(ChannelTime end)
    {
        lock (_lock)
        {
            var count = (int)Math.Max(0, (end - _begin).Samples);
            if (count * 2 > _samples.Length)
                Array.Resize(ref _samples, count * 2);
            if (count > _count)
                _samples.AsSpan(_count * 2, (count - _count) * 2).Clear();
            _count = count;
        }
    }

    /// <summary>
    /// Copies the sound from <paramref name="from"/> on; where none is held, silence. Returns how many samples a channel, counted from
    /// <paramref name="from"/>, were covered before <see cref="End"/>.
    /// </summary>
    /// <param name="from">Time of the first sample wanted.</param>
    /// <param name="stereo">Interleaved stereo, filled completely.</param>
    public int Read(ChannelTime from, Span<float> stereo)
    {
        stereo.Clear();
        lock (_lock)
        {
            var offset = (from - _begin).Samples;
            var skip = (int)Math.Clamp(-offset, 0, stereo.Length / 2);
            var first = offset + skip;
            var count = (int)Math.Clamp(_count - first, 0, (stereo.Length / 2) - skip);
            if (count > 0)
                _samples.AsSpan((int)first * 2, count * 2).CopyTo(stereo[(skip * 2)..]);
            return count > 0 ? skip + count : 0;
        }
    }

    /// <summary>Forgets what lies before <paramref name="before"/>.</summary>
    public void Trim(ChannelTime before)
    {
        lock (_lock)
        {
            var drop = (int)Math.Clamp((before - _begin).Samples, 0, _count);

            // Moving memory for every few samples would cost more than it frees.
            if (drop < ChannelTime.Rate * 4 && drop < _count)
                return;
            _samples.AsSpan(drop * 2, (_count - drop) * 2).CopyTo(_samples);
            _count -= drop;
            _begin += new SoundLength(drop);
        }
    }
}
