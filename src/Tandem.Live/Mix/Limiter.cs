using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Mix;

/// <summary>
/// Holds the true peak below a ceiling while a dub speaks. Looks ahead instead of delaying: it is given the mix from here on with a few
/// milliseconds more, so what comes out is in step with what goes in. Works on blocks of 1 ms that lie on channel time, which makes its
/// result independent of how the mix is cut into steps; the gain is a line between the blocks' edges.
/// </summary>
internal sealed class Limiter
{
    private const int Block = 48;

    /// <summary>Blocks over which the gain sinks before a peak.</summary>
    private const int Attack = 5;

    private const int LongestBlocks = (VoiceMixer.LongestStep / Block) + Attack + 4;

    /// <summary>Most that is kept of what was mixed before: a block begun, and what the true peak needs before it.</summary>
    private const int History = Block + TruePeak.Context;

    /// <summary>
    /// Back by 0.08 dB a block: 16 dB while the original comes back, and slow enough that speech's pitch does not modulate it.
    /// </summary>
    private static readonly float Release = (float)Decibels.ToGain(0.08);

    private readonly float _ceiling;
    private readonly float[] _history = new float[History * 2];
    private readonly float[] _work = new float[(LongestBlocks * Block * 2) + (TruePeak.Context * 4)];
    private readonly float[] _need = new float[LongestBlocks];
    private readonly float[] _gain = new float[LongestBlocks];
    private readonly float[] _line = new float[Block];
    private ChannelTime _next = new(-1);
    private float _edge = 1;

    /// <param name="ceiling">dBTP.</param>
    public Limiter(double ceiling) => _ceiling = (float)Decibels.ToGain(ceiling);

    /// <summary>Samples beyond a step that it looks at.</summary>
    public const int LookAhead = ((Attack + 2) * Block) + TruePeak.Context;

    /// <summary>Whether a step passes as it is: no dub speaks in it or just after it, and no gain is on its way back.</summary>
    public bool IsIdle(ChannelTime from, int length, IReadOnlyList<PlacedDub> placed)
    {
        Continue(from);
        if (_edge < 1)
            return false;
        var heard = new Stretch(from - new SoundLength(Block), from + new SoundLength(length + LookAhead));
        for (var i = 0; i < placed.Count; i++)
        {
            if (Speaks(placed[i], heard.Start, heard.End))
                return false;
        }

        return true;
    }

    /// <summary>Notes a step that passed as it is.</summary>
    public void Passed(ChannelTime from, ReadOnlySpan<float> stereo)
    {
        Keep(stereo);
        _next = from + new SoundLength(stereo.Length / 2);
    }

    /// <summary>Where the mix of a step and <see cref="LookAhead"/> more is to be put.</summary>
    public Span<float> Input(ChannelTime from, int length)
    {
        Continue(from);
        var before = Before(from);
        _history.AsSpan((History - before) * 2).CopyTo(_work);
        return _work.AsSpan(before * 2, (length + LookAhead) * 2);
    }

    /// <summary>Limits what was put into <see cref="Input"/>.</summary>
    public void Limit(ChannelTime from, Span<float> stereo, IReadOnlyList<PlacedDub> placed)
    {
        var length = stereo.Length / 2;
        var before = Before(from);
        var intoBlock = before - TruePeak.Context;
        var blocks = (intoBlock + length + Block - 1) / Block;
        Measure(from - new SoundLength(intoBlock), blocks + Attack + 1, placed);
        Plan(blocks);
        _work.AsSpan(before * 2, stereo.Length).CopyTo(stereo);
        for (var block = 0; block < blocks; block++)
            Apply(stereo, (block * Block) - intoBlock, _gain[block], _gain[block + 1]);
        Keep(_work.AsSpan(before * 2, stereo.Length));
        _edge = _gain[(intoBlock + length) / Block];
        _next = from + new SoundLength(length);
    }

    private static int Before(ChannelTime from) => (int)(from.Samples % Block) + TruePeak.Context;

    private static bool Speaks(PlacedDub dub, ChannelTime from, ChannelTime to) => dub.Start < to && (dub.End is not { } end || from < end);

    private void Continue(ChannelTime from)
    {
        if (from == _next)
            return;

        // A new encoder is primed with sound that was mixed before: the gain goes on from where it was.
        if (from > _next || (_next - from).Samples > ChannelTime.Rate)
            _edge = 1;
        Array.Clear(_history);
        _next = from;
    }

    private void Keep(ReadOnlySpan<float> stereo)
    {
        var fresh = Math.Min(stereo.Length, _history.Length);
        _history.AsSpan(fresh).CopyTo(_history);
        stereo[^fresh..].CopyTo(_history.AsSpan(_history.Length - fresh));
    }

    /// <summary>The gain that each block needs.</summary>
    private void Measure(ChannelTime from, int blocks, IReadOnlyList<PlacedDub> placed)
    {
        _need.AsSpan(0, blocks).Fill(1);
        for (var i = 0; i < placed.Count; i++)
        {
            var first = Math.Clamp((placed[i].Start - from).Samples / Block, 0, blocks);
            var last = placed[i].End is { } end ? Math.Clamp(((end - from).Samples + Block - 1) / Block, 0, blocks) : blocks;
            for (var block = first; block < last; block++)
                _need[block] = Math.Min(1, _ceiling / PeakOf((int)block));
        }
    }

    /// <summary>Between samples it rises above them by up to 6 dB in real sound; only where that would matter it is measured.</summary>
    private float PeakOf(int block)
    {
        var first = (block * Block) + TruePeak.Context;
        var around = _work.AsSpan((first - 8) * 2, (Block + 16) * 2);
        var peak = Samples.Peak(around);
        return peak < _ceiling / 2 ? _ceiling : TruePeak.Of(_work, first, Block);
    }

    /// <summary>The gain at the blocks' edges: low enough for the blocks at either side, sinking in time, coming back slowly.</summary>
    private void Plan(int blocks)
    {
        _gain[0] = _edge;
        for (var edge = 1; edge <= blocks; edge++)
        {
            var gain = Math.Min(1, _gain[edge - 1] * Release);
            for (var ahead = 0; ahead <= Attack; ahead++)
            {
                var need = Math.Min(_need[edge + ahead - 1], _need[edge + ahead]);
                gain = Math.Min(gain, need + ((1 - need) * ahead / (Attack + 1)));
            }

            _gain[edge] = gain;
        }
    }

    private void Apply(Span<float> stereo, int at, float from, float to)
    {
        if (from == 1 && to == 1)
            return;
        for (var i = 0; i < Block; i++)
            _line[i] = from + ((to - from) * i / Block);
        var first = Math.Max(0, -at);
        var last = Math.Min(Block, (stereo.Length / 2) - at);
        Samples.MultiplyBoth(stereo[((at + first) * 2)..((at + last) * 2)], _line.AsSpan(first..last));
    }
}
