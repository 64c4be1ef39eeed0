using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Live.Package;

/// <summary>
/// One unbroken life of a voice's encoder: sound in, AAC frames on the epoch's grid out. Frame n holds the sound from
/// <c>epoch.FrameStart(n)</c> on; priming is accounted for, and two pre-roll frames that are not published prime the encoder.
/// </summary>
public sealed class VoiceEncoder : IDisposable
{
    private const int PreRoll = 2;

    private readonly AacEncoder _encoder;
    private readonly List<ReadOnlyMemory<byte>> _packets = [];
    private readonly Queue<ReadOnlyMemory<byte>> _ready = new();
    private readonly float[] _frame = new float[AacEncoder.FrameSamples * 2];
    private bool _finished;
    private int _filled;
    private long _fed;
    private long _skip = PreRoll + 1;
    private long _firstReady;

    /// <summary>Opens an encoder for <paramref name="epoch"/>.</summary>
    /// <param name="epoch">Its frame grid is followed.</param>
    /// <param name="generation">Part of its segments' URLs; never used twice.</param>
    /// <param name="bitRate">bit/s, both channels together.</param>
    public VoiceEncoder(Epoch epoch, string generation, int bitRate)
    {
        Epoch = epoch;
        Generation = generation;
        _encoder = new AacEncoder(bitRate);
        for (var frame = 0; frame < PreRoll; frame++)
            Encode();
        _fed = 0;
    }

    /// <summary>The epoch whose grid it follows.</summary>
    public Epoch Epoch { get; }

    /// <summary>Names this life in URLs.</summary>
    public string Generation { get; }

    /// <summary>Everything before this was fed.</summary>
    public ChannelTime Fed => Epoch.FrameStart(_fed) + new SoundLength(_filled);

    /// <summary>Everything before this is encoded.</summary>
    public ChannelTime Encoded => Epoch.FrameStart(_firstReady + _ready.Count);

    /// <summary>How far beyond a time the encoder must be fed until everything before that time is encoded: two frames and a part.</summary>
    public static SoundLength LookAhead { get; } = new(3 * AacEncoder.FrameSamples);

    /// <summary>Feeds sound that begins at <see cref="Fed"/>.</summary>
    /// <param name="stereo">Interleaved, 48 kHz.</param>
    public void Feed(ReadOnlySpan<float> stereo)
    {
        while (!stereo.IsEmpty)
        {
            var count = Math.Min(stereo.Length, _frame.Length - (_filled * 2));
            stereo[..count].CopyTo(_frame.AsSpan(_filled * 2));
            _filled += count / 2;
            stereo = stereo[count..];
            if (_filled * 2 < _frame.Length)
                continue;
            Encode();
            _filled = 0;
            _fed++;
        }
    }

    /// <summary>Pads the last frame with silence and brings out everything; nothing can be fed afterwards.</summary>
    public void Finish()
    {
        if (_finished)
            return;
        _finished = true;
        if (_filled > 0)
            Feed(new float[_frame.Length - (_filled * 2)]);
        _packets.Clear();
        _encoder.Finish(_packets);
        Keep();
    }

    /// <summary>Takes the encoded frames that begin before <paramref name="to"/> and were not taken yet.</summary>
    /// <param name="to">End of the segment.</param>
    /// <param name="silence">
    /// Stands for frames that are not there yet, which are left out when they come; null to take only what is there.
    /// </param>
    /// <returns>The frames and the index of the first one.</returns>
    public (long First, IReadOnlyList<ReadOnlyMemory<byte>> Frames) Take(ChannelTime to, byte[]? silence = null)
    {
        var first = _firstReady;
        var frames = new List<ReadOnlyMemory<byte>>();
        while (_ready.Count > 0 && Epoch.FrameStart(_firstReady) < to)
        {
            frames.Add(_ready.Dequeue());
            _firstReady++;
        }

        while (silence is not null && _ready.Count == 0 && Epoch.FrameStart(_firstReady) < to)
        {
            frames.Add(silence);
            _firstReady++;
            _skip++;
        }

        return (first, frames);
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();

    private void Encode()
    {
        _packets.Clear();
        _encoder.Encode(_frame, _packets);
        Keep();
    }

    private void Keep()
    {
        foreach (var packet in _packets)
        {
            if (_skip > 0)
                _skip--;
            else
                _ready.Enqueue(packet);
        }
    }
}
