namespace Tandem.Media.Demux;

/// <summary>
/// Cuts one stream of sound into its frames, wherever PES packets and segments happen to cut it, and gives each its time: a frame plays
/// at the time stamp of the PES packet that it is the first to begin in, or right after the frame before it (ISO/IEC 13818-1, 2.4.3.7).
/// </summary>
/// <param name="syntax">How frames are marked.</param>
internal sealed class SoundFramer(FrameSyntax syntax)
{
    private const int LongestTag = 1 << 20;
    private const long Wrap = 1L << 33;

    private readonly Queue<(int At, long Ticks)> _anchors = new();
    private readonly FrameClock _clock = new();
    private byte[] _bytes = [];
    private int _begin;
    private int _end;
    private int? _identity;
    private bool _inStep;

    /// <summary>Frames of this segment so far; times are mod 2³³.</summary>
    public List<SoundFrame> Frames { get; private set; } = [];

    /// <summary>Frames of this segment that were lost or dropped, as far as can be told.</summary>
    public int Damaged { get; private set; }

    /// <summary>Header of the newest frame; null before the first.</summary>
    public FrameHeader? Newest { get; private set; }

    /// <summary>Begins a segment.</summary>
    /// <param name="continues">Whether the bytes go on where the last segment's ended.</param>
    public void Begin(bool continues)
    {
        // A fresh buffer: the frames that were handed out are slices of the old one.
        var carried = continues ? _bytes.AsSpan(_begin, _end - _begin).ToArray() : [];
        var anchors = _anchors.ToArray();
        _anchors.Clear();
        foreach (var (at, ticks) in continues ? anchors : [])
            _anchors.Enqueue((at - _begin, ticks));
        _bytes = carried;
        _begin = 0;
        _end = carried.Length;
        Frames = [];
        Damaged = 0;
        if (continues)
            return;
        _clock.Forget();
        _identity = null;
        _inStep = false;
        Newest = null;
    }

    /// <summary>Says that a PES packet with this time stamp begins where the next bytes go.</summary>
    public void Anchor(long ticks) => _anchors.Enqueue((_end, ticks));

    /// <summary>Adds bytes and cuts what frames are complete.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_end + bytes.Length, Math.Max(16_384, _bytes.Length * 2)));
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        Cut(final: false);
    }

    /// <summary>Says that bytes are missing here: what is begun is dropped, and the time is unknown until the next time stamp.</summary>
    public void Lose()
    {
        if (_end > _begin)
            Damaged++;
        _begin = _end;
        _inStep = false;
        while (_anchors.TryPeek(out var anchor) && anchor.At < _end)
            _anchors.Dequeue();
        _clock.Forget();
    }

    /// <summary>Ends the segment: a whole last frame needs no other behind it to be believed.</summary>
    public void End() => Cut(final: true);

    private void Cut(bool final)
    {
        while (_begin < _end)
        {
            var rest = _bytes.AsSpan(_begin, _end - _begin);
            var tag = Id3Tag.Match(rest, out var tagLength);
            if (tag == HeaderMatch.Short || (tag == HeaderMatch.Yes && tagLength > rest.Length && tagLength < LongestTag))
                return;
            if (tag == HeaderMatch.Yes)
            {
                _begin = Math.Min(_begin + tagLength, _end);
                continue;
            }

            var match = Match(rest, final, out var header);
            if (match == HeaderMatch.Short)
                return;
            if (match == HeaderMatch.Yes)
                Take(header);
            else
                Search(rest);
        }
    }

    /// <summary>Whether a whole, believable frame stands at the front.</summary>
    private HeaderMatch Match(ReadOnlySpan<byte> rest, bool final, out FrameHeader header)
    {
        var match = FrameHeader.Read(syntax, rest, out header);
        if (match != HeaderMatch.Yes)
            return match;
        if (rest.Length < header.Length)
            return HeaderMatch.Short;

        // Sync words occur in data by chance: a header is believed when the next one stands where it says, or when it is like those
        // before it and the bytes end here.
        var known = _inStep && header.Identity == _identity;
        var after = rest[header.Length..];
        return FrameHeader.Read(syntax, after, out var following) switch
        {
            HeaderMatch.Yes => known || following.Identity == header.Identity ? HeaderMatch.Yes : HeaderMatch.No,
            HeaderMatch.Short => known || final ? HeaderMatch.Yes : HeaderMatch.Short,
            _ => Id3Tag.Match(after, out _) == HeaderMatch.No ? HeaderMatch.No : HeaderMatch.Yes,
        };
    }

    private void Take(FrameHeader header)
    {
        while (_anchors.TryPeek(out var anchor) && anchor.At <= _begin)
        {
            _clock.Anchor(anchor.Ticks);
            _anchors.Dequeue();
        }

        var whole = _bytes.AsMemory(_begin, header.Length);
        if (header.Samples == 0)
        {
            if (Frames.Count > 0)
                Frames[^1] = Frames[^1] with { Whole = Join(Frames[^1].Whole, whole) };
        }
        else if (_clock.Next(header.Samples, header.SampleRate) is { } ticks)
        {
            Frames.Add(new SoundFrame(((ticks % Wrap) + Wrap) % Wrap, header.Samples, whole, header.HeaderLength));
            Newest = header;
        }
        else
        {
            Damaged++;
        }

        _identity = header.Identity;
        _inStep = true;
        _begin += header.Length;
    }

    /// <summary>Moves on to the next place where a frame may begin.</summary>
    private void Search(ReadOnlySpan<byte> rest)
    {
        if (_inStep)
        {
            // A frame was due here. How many are lost nobody can tell, so a time stamp that was meant for it helps none behind it.
            Damaged++;
            _inStep = false;
            _clock.Forget();
            while (_anchors.TryPeek(out var anchor) && anchor.At <= _begin)
                _anchors.Dequeue();
        }

        var first = syntax switch
        {
            FrameSyntax.Ac3 => (byte)0x0B,
            FrameSyntax.Opus => (byte)0x7F,
            _ => (byte)0xFF,
        };
        for (var skip = 1; skip < rest.Length; skip++)
        {
            var next = rest[skip..].IndexOfAny(first, (byte)'I');
            if (next < 0)
                break;
            skip += next;
            if (FrameHeader.Read(syntax, rest[skip..], out _) == HeaderMatch.No && Id3Tag.Match(rest[skip..], out _) == HeaderMatch.No)
                continue;
            _begin += skip;
            return;
        }

        _begin = _end;
    }

    private static byte[] Join(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var joined = new byte[first.Length + second.Length];
        first.CopyTo(joined);
        second.CopyTo(joined.AsMemory(first.Length));
        return joined;
    }
}
