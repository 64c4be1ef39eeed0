using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>
/// Walks through boxes of fragmented MP4. <c>moov</c> and <c>moof</c> are read, everything else only counted: what <c>mdat</c> holds must
/// be as long as the samples before it.
/// </summary>
/// <param name="init">The init segment that holds; null while there is none.</param>
internal sealed class Mp4Walk(Mp4Init? init) : ISegmentWalk
{
    private const int LongestKept = 1 << 20;
    private const long LongestBox = 1L << 32;

    private readonly byte[] _head = new byte[16];
    private readonly List<Mp4Run> _runs = [];
    private int _headLength;
    private int _headWanted = 8;
    private long _left;
    private byte[]? _kept;
    private int _keptLength;
    private uint _name;
    private bool _fragment;
    private string? _fault;
    private double? _voice;
    private double? _voiceEnd;
    private double? _picture;
    private double? _pictureEnd;

    /// <summary>The init segment: the one that held, or one that passed by.</summary>
    public Mp4Init? Init { get; private set; } = init;

    /// <summary>Whether an init segment passed by.</summary>
    public bool HasInit { get; private set; }

    /// <summary>How many fragments passed by.</summary>
    public int Fragments { get; private set; }

    /// <inheritdoc/>
    public SegmentTimes Times => new(_voice, _voiceEnd, _picture, _pictureEnd, Wraps: false);

    /// <summary>Whether the bytes so far end where a box ends.</summary>
    private bool AtBoundary => _left == 0 && _headLength == 0;

    /// <inheritdoc/>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _fault is null)
        {
            if (_left == 0)
            {
                TakeHead(ref bytes);
                continue;
            }

            var count = (int)Math.Min(_left, bytes.Length);
            if (_kept is not null)
            {
                bytes[..count].CopyTo(_kept.AsSpan(_keptLength));
                _keptLength += count;
            }

            _left -= count;
            bytes = bytes[count..];
            if (_left == 0)
                EndBox();
        }
    }

    /// <inheritdoc/>
    public string? End()
    {
        Drop();
        if (_fault is null && !AtBoundary)
            _fault = "it ends in the middle of a box";
        if (_fault is null && _fragment)
            _fault = "moof without mdat";
        if (_fault is null && !HasInit && Fragments == 0)
            _fault = "neither moov nor moof";
        return _fault;
    }

    private void TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(_headWanted - _headLength, bytes.Length);
        bytes[..count].CopyTo(_head.AsSpan(_headLength));
        _headLength += count;
        bytes = bytes[count..];
        if (_headLength < _headWanted)
            return;
        long size = BinaryPrimitives.ReadUInt32BigEndian(_head);
        if (size == 1 && _headWanted == 8)
        {
            _headWanted = 16;
            return;
        }

        if (_headWanted == 16)
            size = BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(8));
        _name = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(4));
        _left = size - _headWanted;
        (_headLength, _headWanted) = (0, 8);
        BeginBox(size);
    }

    private void BeginBox(long size)
    {
        if (_left < 0 || size > LongestBox || !IsKnown(_name))
        {
            _fault = _left >= 0 && size <= LongestBox ? $"there is no box \"{Text(_name)}\"" : $"a box \"{Text(_name)}\" of {size} bytes";
            return;
        }

        if (_name == Name("mdat"u8))
            CheckData(_left);
        if (_name == Name("moov"u8) || _name == Name("moof"u8))
        {
            if (_left > LongestKept)
            {
                _fault = $"{Text(_name)} of {_left} bytes";
                return;
            }

            (_kept, _keptLength) = (ArrayPool<byte>.Shared.Rent((int)Math.Max(1, _left)), 0);
        }

        if (_left == 0)
            EndBox();
    }

    private void CheckData(long length)
    {
        if (!_fragment)
        {
            _fault = "mdat without moof";
            return;
        }

        _fragment = false;
        long samples = 0;
        foreach (var run in _runs)
            samples += run.Bytes;
        if (samples != length)
            _fault = $"mdat holds {length} bytes, its samples have {samples}";
    }

    private void EndBox()
    {
        if (_kept is null)
            return;
        var body = _kept.AsSpan(0, _keptLength);
        if (_name == Name("moov"u8))
        {
            var read = Mp4Init.Read(body);
            (Init, HasInit) = (read ?? Init, read is not null);
            _fault ??= HasInit ? null : "moov without a track that could be played";
        }
        else
        {
            _runs.Clear();
            _fault ??= _fragment ? "moof without mdat" : Mp4Fragment.Read(body, Init, _runs);
            _fragment = true;
            Fragments++;
            foreach (var run in _runs)
                Note(run);
        }

        Drop();
    }

    private void Note(Mp4Run run)
    {
        if (Init?.Tracks.FirstOrDefault(known => known.Id == run.Track) is not { } track)
            return;
        var (start, end) = ((run.Time - track.Shift) / (double)track.Timescale,
            (run.Time + run.Duration - track.Shift) / (double)track.Timescale);
        if (track.Voice)
            (_voice, _voiceEnd) = (_voice ?? start, end);
        else
            (_picture, _pictureEnd) = (_picture ?? start, end);
    }

    private void Drop()
    {
        if (_kept is not null)
            ArrayPool<byte>.Shared.Return(_kept);
        _kept = null;
    }

    private static bool IsKnown(uint name) => Text(name) is
        "ftyp" or "styp" or "moov" or "moof" or "mdat" or "sidx" or "ssix" or "prft" or "emsg" or "free" or "skip" or "uuid" or "mfra" or "pdin" or "meta";

    private static uint Name(ReadOnlySpan<byte> name) => BinaryPrimitives.ReadUInt32BigEndian(name);

    private static string Text(uint name)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, name);
        foreach (ref var value in bytes)
            value = value is >= 0x20 and < 0x7F ? value : (byte)'?';
        return Encoding.ASCII.GetString(bytes);
    }
}
