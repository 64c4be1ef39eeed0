namespace Tandem.Media.Captions;

/// <summary>Collects the caption bytes of one picture stream's segment.</summary>
/// <param name="hevc">H.265; otherwise H.264.</param>
internal sealed class PictureCaptions(bool hevc)
{
    /// <summary>Pairs of one segment at most: more than 90 s of two fields at 60 Hz.</summary>
    public const int MostPairs = 20_000;

    // What stands before a picture's first slice: parameter sets, SEI.
    private const int LongestFront = 64 << 10;

    private readonly List<CaptionPair> _pairs = [];
    private byte[] _front = [];
    private int _count;
    private bool _open;
    private long _ticks;

    /// <summary>Begins a segment; a picture that was cut off at the end of the last one goes on.</summary>
    public void Begin() => _pairs.Clear();

    /// <summary>Forgets a picture that was begun.</summary>
    public void Forget()
    {
        _open = false;
        _count = 0;
    }

    /// <summary>Begins a picture whose bytes come in a row.</summary>
    public void BeginPicture(long ticks)
    {
        EndPicture();
        _open = true;
        _ticks = ticks;
    }

    /// <summary>Adds bytes of it (Annex B); what comes behind its first slice is passed over.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!_open)
            return;
        if (_front.Length == 0)
            _front = new byte[LongestFront];
        var take = Math.Min(bytes.Length, LongestFront - _count);
        var from = Math.Max(0, _count - 3);
        bytes[..take].CopyTo(_front.AsSpan(_count));
        _count += take;
        if (_count == LongestFront || HasSlice(_front.AsSpan(from, _count - from)))
            EndPicture();
    }

    /// <summary>Adds a picture whose units have their lengths in front (ISO/IEC 14496-15).</summary>
    /// <param name="sample">The picture.</param>
    /// <param name="lengthSize">Bytes of a length, 1 to 4.</param>
    /// <param name="ticks">Its time.</param>
    public void AddSample(ReadOnlySpan<byte> sample, int lengthSize, long ticks)
    {
        while (sample.Length > lengthSize && lengthSize is >= 1 and <= 4 && _pairs.Count < MostPairs)
        {
            long length = 0;
            foreach (var part in sample[..lengthSize])
                length = (length << 8) | part;
            sample = sample[lengthSize..];
            if (length <= 0 || length > sample.Length)
                return;
            if (CaptionSei.IsSei(sample[0], hevc))
                CaptionSei.Read(sample[..(int)length], hevc, ticks, _pairs);
            sample = sample[(int)length..];
        }
    }

    /// <summary>Adds a picture that is there as a whole (Annex B).</summary>
    public void AddPicture(ReadOnlySpan<byte> picture, long ticks)
    {
        for (var rest = NextUnit(picture); !rest.IsEmpty && _pairs.Count < MostPairs;)
        {
            if (CaptionSei.IsSlice(rest[0], hevc))
                return;
            var next = rest.IndexOf((ReadOnlySpan<byte>)[0, 0, 1]);
            var unit = next < 0 ? rest : rest[..next];
            if (!unit.IsEmpty && CaptionSei.IsSei(unit[0], hevc))
                CaptionSei.Read(unit.TrimEnd((byte)0), hevc, ticks, _pairs);
            rest = next < 0 ? [] : NextUnit(rest[next..]);
        }
    }

    /// <summary>Ends the segment: its pairs in order of presentation.</summary>
    public List<CaptionPair> End()
    {
        EndPicture();

        // Stable: the pairs of one picture keep their order.
        return [.. _pairs.Take(MostPairs).OrderBy(pair => pair.Ticks)];
    }

    private static ReadOnlySpan<byte> NextUnit(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf((ReadOnlySpan<byte>)[0, 0, 1]);
        return at < 0 ? [] : bytes[(at + 3)..];
    }

    private bool HasSlice(ReadOnlySpan<byte> bytes)
    {
        for (var rest = NextUnit(bytes); !rest.IsEmpty; rest = NextUnit(rest))
        {
            if (CaptionSei.IsSlice(rest[0], hevc))
                return true;
        }

        return false;
    }

    private void EndPicture()
    {
        if (_open)
            AddPicture(_front.AsSpan(0, _count), _ticks);
        Forget();
    }
}
