using Tandem.Media.Demux;
using Tandem.Media.Remux;
using Tandem.Media.Worker;

namespace Tandem.Media.Chunks;

/// <summary>
/// Reads the pictures of a segment of a transport stream one by one (ISO/IEC 13818-1), H.264 or H.265, and writes them as MP4 has them:
/// units behind their lengths, parameter sets in the init segment. A PES packet is a picture, as packagers for HLS write it.
/// </summary>
internal sealed class TsPictures
{
    private const int MostSamples = 30_000;
    private const int LargestSet = 4096;
    private const uint Timescale = 90_000;

    // Where nothing tells: 25 a second.
    private const uint UsualDuration = 3600;

    // Longer between two pictures is a break in the segment.
    private const long LongestPicture = 10 * Timescale;

    private readonly TsTables _tables = new();
    private readonly byte[] _bytes;
    private readonly List<(int Begin, long? Presentation, long? Decode)> _packets = [];
    private int _pid = -1;
    private int _count;
    private int? _counter;
    private bool _open;
    private int _headerLeft;
    private int _headerBegin;
    private bool _scrambled;

    private TsPictures(int length) => _bytes = new byte[length];

    /// <summary>Reads a segment, or says why there is nothing.</summary>
    public static (Pictures? Pictures, DecodeFault Fault, string Detail) Read(ReadOnlySpan<byte> data, ReadOnlySpan<byte> init)
    {
        var reader = new TsPictures(data.Length);
        reader.ReadPackets(init, onlyTables: true);
        reader.ReadPackets(data, onlyTables: true);
        reader._tables.Restart();
        if (reader._tables.Programme is not { Picture: { } pid } programme)
            return (null, DecodeFault.NoPicture, "a transport stream without a picture");
        var type = programme.Kept[pid].Type;
        if (type.Encrypted)
            return (null, DecodeFault.Encrypted, $"the {type.Codec} stream of PID {pid} is encrypted");
        if (type.Codec is not ("h264" or "hevc"))
            return (null, DecodeFault.UnknownCodec, $"{type.Codec} in a transport stream cannot be put into chunks");
        reader._pid = pid;
        reader.ReadPackets(data, onlyTables: false);
        return reader._scrambled
            ? (null, DecodeFault.Encrypted, $"the {type.Codec} stream of PID {pid} is encrypted")
            : reader.Make(type.Codec);
    }

    private void ReadPackets(ReadOnlySpan<byte> data, bool onlyTables)
    {
        var stride = TsSync.Stride(data, out var at);
        while (stride != 0 && at + TsPacket.Size <= data.Length)
        {
            if (data[at] != TsPacket.Sync)
            {
                at = TsSync.Next(data, at + 1, stride);
                continue;
            }

            if (TsPacket.TryRead(data.Slice(at, TsPacket.Size), out var packet) && !packet.Damaged)
            {
                if (!onlyTables)
                    Take(packet);
                else if (_tables.Follows(packet.Pid) && _tables.Add(packet) && packet.Pid != 0)
                    return;
            }

            at += stride;
        }
    }

    private void Take(in TsPacket packet)
    {
        if (packet.Pid != _pid)
            return;
        if (packet.Scrambled)
        {
            _scrambled = true;
            return;
        }

        if (packet.Counter == _counter && !packet.Discontinuity)
            return;
        if (_counter is { } last && packet.Counter != ((last + 1) & 15) && !packet.Discontinuity && _open)
            Drop();
        _counter = packet.Counter;
        if (packet.Begins)
        {
            _open = _packets.Count < MostSamples;
            _headerBegin = _count;
            _headerLeft = PesHeader.Longest;
            if (_open)
                _packets.Add((_count, null, null));
        }

        if (!_open)
            return;
        packet.Payload.CopyTo(_bytes.AsSpan(_count));
        _count += packet.Payload.Length;
        if (_headerLeft > 0)
            ReadHeader();
    }

    /// <summary>A picture of which a part is lost is left out: decoders conceal a missing one better than a broken one.</summary>
    private void Drop()
    {
        _count = _packets[^1].Begin;
        _packets.RemoveAt(_packets.Count - 1);
        _open = false;
    }

    private void ReadHeader()
    {
        var bytes = _bytes.AsSpan(_headerBegin, _count - _headerBegin);
        switch (PesHeader.Read(bytes, out var header))
        {
            case HeaderMatch.Short when bytes.Length < PesHeader.Longest:
                return;
            case HeaderMatch.Yes when !header.Encrypted:
                var decode = (bytes[7] & 0xC0) == 0xC0 && header.Length >= 19 ? Stamp(bytes[14..]) : header.Ticks;
                _packets[^1] = (_headerBegin, header.Ticks, decode);
                bytes[header.Length..].CopyTo(bytes);
                _count -= header.Length;
                _headerLeft = 0;
                return;
            default:
                _scrambled |= header.Encrypted;
                Drop();
                return;
        }
    }

    // 2.4.3.7.
    private static long Stamp(ReadOnlySpan<byte> bytes) =>
        ((long)(bytes[0] & 0x0E) << 29) | ((long)bytes[1] << 22) | ((long)(bytes[2] & 0xFE) << 14) | ((long)bytes[3] << 7) | ((long)bytes[4] >> 1);

    private (Pictures? Pictures, DecodeFault Fault, string Detail) Make(string codec)
    {
        var kinds = codec == "h264" ? 2 : 3;
        var sets = Enumerable.Range(0, kinds).Select(_ => new List<byte[]>()).ToArray();
        var samples = new List<PictureSample>();

        // A unit of one byte behind a start code of three becomes five bytes.
        var written = new byte[_count + (_count / 4) + 64];
        var size = 0;
        long? first = null;
        for (var index = 0; index < _packets.Count; index++)
        {
            var (begin, presentation, decode) = _packets[index];
            var end = index + 1 < _packets.Count ? _packets[index + 1].Begin : _count;
            if (presentation is not { } shown || decode is not { } decoded)
                continue;
            first ??= decoded;
            decoded = Near(decoded, first.Value);
            var offset = Near(shown, decoded) - decoded;
            var (length, isSync) = Convert(codec, _bytes.AsSpan(begin, end - begin), sets, written.AsSpan(size));
            if (length == 0)
                continue;
            if (samples.Count > 0)
            {
                var before = samples[^1];
                var step = Math.Clamp(decoded - before.Decode, 1, LongestPicture);
                samples[^1] = before with { Duration = (uint)step };
                decoded = before.Decode + step;
            }

            samples.Add(new PictureSample(
                decoded, (int)Math.Clamp(offset, -LongestPicture, LongestPicture), UsualDuration, isSync, written.AsMemory(size, length)));
            size += length;
        }

        if (samples.Count == 0)
            return (null, DecodeFault.NoPicture, "a transport stream in which no picture lies");
        if (samples.Count > 1)
            samples[^1] = samples[^1] with { Duration = samples[^2].Duration };
        return PictureInit.Write(codec, sets) is var (init, tag, parameters)
            ? (new Pictures(PictureInit.Track, init, tag, parameters.Width, parameters.Height, Timescale, samples), default, "")
            : (null, DecodeFault.NotMedia, $"a segment of {codec} without parameter sets that make sense");
    }

    /// <summary>Writes one picture and keeps its parameter sets; how many bytes that took, and whether decoding can begin with it.</summary>
    private static (int Length, bool IsSync) Convert(string codec, ReadOnlySpan<byte> picture, List<byte[]>[] sets, Span<byte> to)
    {
        var length = 0;
        var isSync = false;
        foreach (var range in AnnexB.Units(picture))
        {
            var unit = picture[range];
            var type = codec == "h264" ? unit[0] & 0x1F : (unit[0] >> 1) & 0x3F;
            if (SetOf(codec, type) is { } kind)
            {
                if (unit.Length is >= 2 and <= LargestSet)
                    Keep(sets[kind], unit);
                continue;
            }

            // Access unit delimiters, ends and filler have no place in MP4 (ISO/IEC 14496-15, 5.2.2 and 8.2).
            if (codec == "h264" ? type is 9 or 10 or 11 or 12 : type is 35 or 36 or 37 or 38)
                continue;
            isSync |= codec == "h264" ? type == 5 || (type == 6 && IsRecoveryPoint(unit)) : type is >= 16 and <= 21;
            length += AnnexB.Write(to[length..], unit);
        }

        return (length, isSync);
    }

    private static int? SetOf(string codec, int type) => (codec, type) switch
    {
        ("h264", 7) => 0,
        ("h264", 8) => 1,
        ("hevc", >= 32 and <= 34) => type - 32,
        _ => null,
    };

    private static void Keep(List<byte[]> sets, ReadOnlySpan<byte> unit)
    {
        foreach (var known in sets)
        {
            if (unit.SequenceEqual(known))
                return;
        }

        if (sets.Count < 32)
            sets.Add(unit.ToArray());
    }

    // D.1.8: broadcasters begin segments with pictures that are no IDR but can be begun with.
    private static bool IsRecoveryPoint(ReadOnlySpan<byte> unit) => unit.Length > 3 && unit[1] == 6 && (unit[3] & 0x80) != 0;

    private static long Near(long raw, long near)
    {
        const long Wrap = 1L << 33;
        var difference = (((raw - near) % Wrap) + Wrap + (Wrap / 2)) % Wrap - (Wrap / 2);
        return near + difference;
    }
}
