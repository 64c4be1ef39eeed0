using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>A stretch of source speech, at most 10 s.</summary>
/// <param name="Id">Counts up in a channel; never used twice.</param>
/// <param name="Start">Onset of its first word.</param>
/// <param name="End">End of its last word.</param>
/// <param name="Text">What was said, in the source language; empty where the engine does not know.</param>
public sealed record Utterance(long Id, ChannelTime Start, ChannelTime End, string Text);

/// <summary>The spoken translation of one utterance, before it has a place.</summary>
/// <param name="Utterance">What it translates.</param>
/// <param name="Language">BCP 47 tag of the target language.</param>
/// <param name="Text">What is spoken, for the captions; empty where there are no words.</param>
/// <param name="Sound">Its sound; may still grow where the engine streams.</param>
public sealed record Dub(Utterance Utterance, string Language, string Text, DubSound Sound);

/// <summary>The sound of a dub: 48 kHz, mono or stereo, appended by an engine and read by the mixer on another thread.</summary>
/// <param name="channels">1 or 2; stereo is interleaved.</param>
public sealed class DubSound(int channels)
{
    private readonly Lock _lock = new();
    private readonly List<float[]> _blocks = [];
    private long _firstBlockStart;
    private long _length;
    private bool _complete;

    /// <summary>1 or 2.</summary>
    public int Channels { get; } = channels;

    /// <summary>What there is by now; final once <see cref="IsComplete"/>.</summary>
    public SoundLength Length
    {
        get
        {
            lock (_lock)
                return new SoundLength(_length);
        }
    }

    /// <summary>True when nothing will be appended any more.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock)
                return _complete;
        }
    }

    /// <summary>A finished sound.</summary>
    /// <param name="samples">Samples of <paramref name="channels"/> channels, interleaved, 48 kHz.</param>
    /// <param name="channels">1 or 2.</param>
    public static DubSound Of(float[] samples, int channels = 1)
    {
        var sound = new DubSound(channels);
        sound.Append(samples);
        sound.Complete();
        return sound;
    }

    /// <summary>Adds samples at the end; the array is kept and must not change afterwards.</summary>
    public void Append(float[] samples)
    {
        if (samples.Length == 0)
            return;
        lock (_lock)
        {
            if (_complete)
                throw new InvalidOperationException("The sound is complete.");
            _blocks.Add(samples);
            _length += samples.Length / Channels;
        }
    }

    /// <summary>Says that this was all.</summary>
    public void Complete()
    {
        lock (_lock)
            _complete = true;
    }

    /// <summary>Copies samples from <paramref name="from"/> on and returns how many a channel there were.</summary>
    /// <param name="from">Offset from the beginning.</param>
    /// <param name="into">Interleaved as <see cref="Channels"/> says.</param>
    public int Read(SoundLength from, Span<float> into)
    {
        lock (_lock)
        {
            var wanted = into.Length / Channels;
            var copied = 0;
            var start = _firstBlockStart;
            foreach (var block in _blocks)
            {
                var blockLength = block.Length / Channels;
                var position = from.Samples + copied;
                if (copied < wanted && position >= start && position < start + blockLength)
                {
                    var offset = (int)(position - start);
                    var count = Math.Min(wanted - copied, blockLength - offset);
                    block.AsSpan(offset * Channels, count * Channels).CopyTo(into[(copied * Channels)..]);
                    copied += count;
                }

                start += blockLength;
            }

            return copied;
        }
    }

    /// <summary>Forgets whole blocks that end before <paramref name="before"/>, so that an endless sound stays bounded.</summary>
    public void Trim(SoundLength before)
    {
        lock (_lock)
        {
            while (_blocks.Count > 0 && _firstBlockStart + (_blocks[0].Length / Channels) <= before.Samples)
            {
                _firstBlockStart += _blocks[0].Length / Channels;
                _blocks.RemoveAt(0);
            }
        }
    }
}
