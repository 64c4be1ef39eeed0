using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>One chunk as its header tells it (docs/protocol.md); times in µs.</summary>
internal readonly record struct ChunkHeader(
    byte Kind, byte Track, byte Flags, byte Length, uint Generation, ulong Sequence, long SourceTime, long PublishedAt, uint Duration,
    ushort Rendition)
{
    /// <summary>Bytes that every header has.</summary>
    public const int Least = 40;

    /// <summary>Decoding can begin here.</summary>
    public bool CutPoint => (Flags & 1) != 0;

    /// <summary>Source time may jump before it.</summary>
    public bool Discontinuity => (Flags & 2) != 0;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">At least <see cref="Least"/>.</param>
    public static ChunkHeader Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0], bytes[1], bytes[2], bytes[3],
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes[16..]),
        System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes[24..]),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[32..]),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes[36..]));
}

/// <summary>
/// Whether the chunks of one track come in order, each once, and each where the one before it ended. Pure: says what is wrong, and how many
/// chunks are missing.
/// </summary>
internal sealed class TrackOrder
{
    /// <summary>docs/protocol.md allows 1 ms; rounding adds some.</summary>
    private const long TimeTolerance = 1_500;

    /// <summary>Frames of another generation lie on a grid of their own: the longest, of AAC at 44.1 kHz, has 23.2 ms.</summary>
    private const long GridTolerance = 25_000;

    private readonly List<(ulong From, ulong To)> _announced = [];
    private ulong? _next;
    private uint _generation;
    private long _ends;
    private long? _otherEnd;

    /// <summary>The next number wanted; null before the first chunk.</summary>
    public ulong? Next => _next;

    /// <summary>The server says that it leaves these out, because this viewer was too slow or too long away.</summary>
    public void Announce(ulong from, ulong to)
    {
        if (to >= from && _announced.Count < 64)
            _announced.Add((from, to));
    }

    /// <summary>Takes the next chunk that came.</summary>
    /// <param name="chunk">Its header.</param>
    /// <param name="report">Told what is wrong.</param>
    public OrderVerdict Take(in ChunkHeader chunk, Action<FaultKind, string> report)
    {
        if (_next is not { } next)
            return Anchor(chunk, default);
        if (chunk.Sequence < next)
        {
            if (chunk.Generation == _generation)
            {
                report(FaultKind.Repeated, $"{Name(chunk)} came again: {next} was due");
                return new OrderVerdict(IsNew: false, 0, 0);
            }

            report(FaultKind.Missing, $"{Name(chunk)}: numbers went back from {next}");
            return Anchor(chunk, new OrderVerdict(IsNew: true, 0, 0));
        }

        if (chunk.Sequence > next)
            return Anchor(chunk, Gap(chunk, next, report));
        if (!chunk.Discontinuity)
            CheckTime(chunk, report);
        else
            (_ends, _otherEnd) = (chunk.SourceTime + chunk.Duration, null);
        (_next, _generation) = (chunk.Sequence + 1, chunk.Generation);
        return new OrderVerdict(IsNew: true, 0, 0);
    }

    private OrderVerdict Gap(in ChunkHeader chunk, ulong next, Action<FaultKind, string> report)
    {
        var left = chunk.Sequence - next;
        ulong announced = 0;
        foreach (var (from, to) in _announced)
        {
            var (first, last) = (Math.Max(from, next), Math.Min(to, chunk.Sequence - 1));
            announced += last >= first ? last - first + 1 : 0;
        }

        announced = Math.Min(announced, left);
        _announced.Clear();
        if (announced < left)
            report(FaultKind.Missing, string.Create(CultureInfo.InvariantCulture,
                $"{left - announced} chunks of track {chunk.Track} are missing before {chunk.Sequence}: {next} was due"));
        return new OrderVerdict(IsNew: true, Bounded(left - announced), Bounded(announced));
    }

    private OrderVerdict Anchor(in ChunkHeader chunk, OrderVerdict verdict)
    {
        (_next, _generation, _ends, _otherEnd) = (chunk.Sequence + 1, chunk.Generation, chunk.SourceTime + chunk.Duration, null);
        return verdict with { IsNew = true };
    }

    /// <summary>
    /// After a wrong time two ends are possible: the chunk's time was wrong, or time has moved for good. The next one tells; both are one
    /// fault.
    /// </summary>
    private void CheckTime(in ChunkHeader chunk, Action<FaultKind, string> report)
    {
        var ends = chunk.SourceTime + chunk.Duration;
        if (Math.Abs(chunk.SourceTime - _ends) <= (chunk.Generation == _generation ? TimeTolerance : GridTolerance)
            || (_otherEnd is { } other && Math.Abs(chunk.SourceTime - other) <= TimeTolerance))
        {
            (_ends, _otherEnd) = (ends, null);
            return;
        }

        report(FaultKind.Time, string.Create(
            CultureInfo.InvariantCulture, $"{Name(chunk)} begins {(chunk.SourceTime - _ends) / 1000.0:+0.0;-0.0} ms off the end of the one before"));
        (_ends, _otherEnd) = (ends, _ends + chunk.Duration);
    }

    private static string Name(in ChunkHeader chunk) =>
        string.Create(CultureInfo.InvariantCulture, $"chunk {chunk.Sequence} of track {chunk.Track}");

    private static int Bounded(ulong count) => (int)Math.Min(count, 1_000_000);
}

/// <summary>What a chunk's place says.</summary>
/// <param name="IsNew">Whether it is one that was not there before.</param>
/// <param name="Missing">How many before it never came.</param>
/// <param name="Skipped">How many before it the server said that it leaves out.</param>
internal readonly record struct OrderVerdict(bool IsNew, int Missing, int Skipped);
