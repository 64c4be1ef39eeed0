using System.IO.Hashing;

namespace Tandem.Operations.Load;

/// <summary>
/// A segment on its way through a viewer: found out by its first bytes what it is, walked through, hashed, and forgotten. A container that
/// is not known (subtitles, MP3, AC-3) and what is encrypted is hashed alone.
/// </summary>
/// <param name="init">The init segment that holds.</param>
/// <param name="opaque">Whether it is encrypted.</param>
internal sealed class SegmentWalk(Mp4Init? init, bool opaque = false)
{
    private readonly XxHash3 _hash = new();
    private readonly byte[] _first = new byte[4];
    private int _firstLength;
    private ISegmentWalk? _walk;
    private bool _known = !opaque;

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Hash of the bytes so far.</summary>
    public ulong Hash => _hash.GetCurrentHashAsUInt64();

    /// <summary>Times of what passed by.</summary>
    public SegmentTimes Times => _walk?.Times ?? default;

    /// <summary>The init segment that holds afterwards.</summary>
    public Mp4Init? Init => (_walk as Mp4Walk)?.Init ?? init;

    /// <summary>The next bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        Length += bytes.Length;
        if (_walk is null && _known)
        {
            var count = Math.Min(4 - _firstLength, bytes.Length);
            bytes[..count].CopyTo(_first.AsSpan(_firstLength));
            _firstLength += count;
            bytes = bytes[count..];
            if (_firstLength < 4)
                return;
            _walk = Choose();
            _known = _walk is not null;
            _walk?.Feed(_first);
        }

        _walk?.Feed(bytes);
    }

    /// <summary>There are no more bytes. Returns what is wrong, one line; null for nothing.</summary>
    public string? End() => Length == 0 ? "nothing at all" : _walk?.End();

    private ISegmentWalk? Choose() => _first switch
    {
        [0x47, ..] => new TsWalk(),
        [(byte)'I', (byte)'D', (byte)'3', _] => new AdtsWalk(),
        [0xFF, var second, ..] when (second & 0xF6) == 0xF0 => new AdtsWalk(),
        [0xFF, var second, ..] when (second & 0xE0) == 0xE0 => null,
        [0x0B, 0x77, ..] => null,
        [(byte)'W', (byte)'E', (byte)'B', (byte)'V'] => null,
        _ => new Mp4Walk(init),
    };
}
