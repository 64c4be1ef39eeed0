using System.Buffers.Binary;
using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>
/// One programme of a transport stream as its PMT describes it, and that PMT without the streams that are taken out
/// (ISO/IEC 13818-1, 2.4.4).
/// </summary>
internal sealed class TsProgramme
{
    private const int NoClock = 0x1FFF;

    // A PMT of one programme names a few streams; more are not worth following.
    private const int MostStreams = 64;
    private readonly Dictionary<int, Entry> _kept = [];

    private TsProgramme(byte[] source, int clock)
    {
        Source = source;
        Clock = clock;
    }

    /// <summary>The source's PMT section without its CRC.</summary>
    public byte[] Source { get; }

    /// <summary>The new PMT section with its CRC.</summary>
    public byte[] Section { get; private set; } = [];

    /// <summary>PID of the first picture; null where there is none.</summary>
    public int? Picture { get; private set; }

    /// <summary>PID that carries the programme's clock in the source.</summary>
    public int Clock { get; }

    /// <summary>Whether the clock rides on a stream that is taken out, and is to be moved to the picture.</summary>
    public bool ClockMoves { get; private set; }

    /// <summary>Streams that stay, by PID.</summary>
    public IReadOnlyDictionary<int, Entry> Kept => _kept;

    /// <summary>Whether packets of this PID stay.</summary>
    public bool Keeps(int pid) => _kept.ContainsKey(pid) || (pid == Clock && !ClockMoves && pid != NoClock);

    /// <summary>Reads a PMT; null where it is none that applies.</summary>
    /// <param name="section">A section without its CRC.</param>
    /// <param name="number">program_number.</param>
    /// <param name="ownPid">PID that the section came on.</param>
    public static TsProgramme? Read(ReadOnlySpan<byte> section, int number, int ownPid)
    {
        // current_next_indicator: a table that does not apply yet comes again when it does.
        if (section.Length < 12 || section[0] != 0x02 || ((section[3] << 8) | section[4]) != number || (section[5] & 1) == 0)
            return null;
        var information = 12 + (((section[10] & 0x0F) << 8) | section[11]);
        if (information > section.Length)
            return null;
        var programme = new TsProgramme(section.ToArray(), ((section[8] & 0x1F) << 8) | section[9]);
        programme.ReadStreams(section, information, ownPid);
        return programme;
    }

    /// <summary>A PAT of one programme with its CRC.</summary>
    /// <param name="source">The source's, without its CRC.</param>
    /// <param name="number">program_number.</param>
    /// <param name="pid">PID of its PMT.</param>
    public static byte[] WritePat(ReadOnlySpan<byte> source, int number, int pid)
    {
        var section = new byte[16];
        source[..8].CopyTo(section);
        section[6] = 0;
        section[7] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(section.AsSpan(8), (ushort)number);
        BinaryPrimitives.WriteUInt16BigEndian(section.AsSpan(10), (ushort)(0xE000 | pid));
        return Finish(section);
    }

    private void ReadStreams(ReadOnlySpan<byte> section, int at, int ownPid)
    {
        var written = new byte[section.Length + 4];
        section[..at].CopyTo(written);
        var count = at;
        var clockStands = true;
        for (var left = MostStreams; left > 0 && at + 5 <= section.Length; left--)
        {
            var pid = ((section[at + 1] & 0x1F) << 8) | section[at + 2];
            var whole = section[at..];
            var length = 5 + (((whole[3] & 0x0F) << 8) | whole[4]);
            if (length > whole.Length)
                break;
            whole = whole[..length];
            at += length;
            var type = TsStreamType.Of(whole[0], whole[5..]);
            if (pid != 0 && pid != ownPid && IsKept(type) && _kept.TryAdd(pid, new Entry(whole[0], type, whole[5..].ToArray())))
            {
                whole.CopyTo(written.AsSpan(count));
                count += length;
                if (type.Kind == TrackKind.Picture)
                    Picture ??= pid;
            }
            else if (pid == Clock && !_kept.ContainsKey(pid))
            {
                clockStands = false;
            }
        }

        if (!clockStands && Picture is { } picture)
        {
            ClockMoves = true;
            BinaryPrimitives.WriteUInt16BigEndian(written.AsSpan(8), (ushort)(0xE000 | picture));
        }

        Section = Finish(written[..(count + 4)]);
    }

    // What hls.js, Shaka and AVPlayer read beside picture and sound: timed ID3 and splice information.
    private static bool IsKept(TsStreamType type) => type.Kind == TrackKind.Picture || type.Codec is "timed_id3" or "scte_35";

    // section_length and CRC_32.
    private static byte[] Finish(byte[] section)
    {
        var length = section.Length - 3;
        section[1] = (byte)((section[1] & 0xF0) | (length >> 8));
        section[2] = (byte)length;
        BinaryPrimitives.WriteUInt32BigEndian(section.AsSpan(section.Length - 4), PsiSection.Crc(section.AsSpan(0, section.Length - 4)));
        return section;
    }

    /// <summary>What the PMT says of one stream.</summary>
    internal sealed record Entry(byte TypeNumber, TsStreamType Type, byte[] Descriptors);
}
