using System.Buffers.Binary;
using System.Text;

namespace Tandem.Tests.Load;

/// <summary>
/// Media for detectors, made without any writer of Tandem's: init segments, fragments and packed audio whose payload is noise that depends
/// on its number alone. Six AAC frames at 48 kHz last exactly 128 ms.
/// </summary>
internal static class MadeMedia
{
    /// <summary>Ticks a second of every track.</summary>
    public const int Rate = 48_000;

    /// <summary>Length of a chunk, µs.</summary>
    public const int ChunkTime = 128_000;

    /// <summary>Length of a segment, µs: four chunks.</summary>
    public const int SegmentTime = 4 * ChunkTime;

    /// <summary>An init segment of one track.</summary>
    public static byte[] Init(bool voice)
    {
        var handler = Full("hdlr", 0, [.. new byte[4], .. Ascii(voice ? "soun" : "vide"), .. new byte[13]]);
        var media = Box("mdia", [.. Full("mdhd", 0, [.. new byte[8], .. U32(Rate), .. new byte[8]]), .. handler]);
        var track = Box("trak", [.. Full("tkhd", 7, [.. new byte[8], .. U32(1), .. new byte[68]]), .. media]);
        var extends = Box("mvex", Full("trex", 0, [.. U32(1), .. U32(1), .. U32(1024), .. U32(0), .. U32(0)]));
        var movie = Box("moov", [.. Full("mvhd", 0, [.. new byte[8], .. U32(1000), .. new byte[84]]), .. track, .. extends]);
        return [.. Box("ftyp", Ascii("cmfc\0\0\0\0cmfc")), .. movie];
    }

    /// <summary>A fragment: samples of 1,024 ticks each.</summary>
    /// <param name="time">Decode time of the first one, ticks.</param>
    /// <param name="samples">How many.</param>
    /// <param name="seed">Chooses the payload.</param>
    public static byte[] Fragment(long time, int samples, int seed)
    {
        var sizes = Enumerable.Range(0, samples).Select(index => 40 + ((seed + index) % 17)).ToArray();
        var payload = new byte[sizes.Sum()];
        new Random(seed).NextBytes(payload);
        var run = Full("trun", 0x200, [.. U32(samples), .. sizes.SelectMany(U32)]);
        var track = Box("traf", [.. Full("tfhd", 0x020000, U32(1)), .. Full("tfdt", 0x01000000, U64(time)), .. run]);
        return [.. Box("moof", [.. Full("mfhd", 0, U32(1)), .. track]), .. Box("mdat", payload)];
    }

    /// <summary>Packed audio: a tag with the time, then ADTS frames, 48 kHz stereo.</summary>
    /// <param name="ticks">Time of the first frame, 90 kHz.</param>
    /// <param name="frames">How many.</param>
    /// <param name="seed">Chooses the payload.</param>
    public static byte[] Packed(long ticks, int frames, int seed)
    {
        byte[] owner = [.. Ascii("com.apple.streaming.transportStreamTimestamp"), 0, .. U64(ticks & ((1L << 33) - 1))];
        var packed = new List<byte>([.. Ascii("ID3"), 4, 0, 0, .. Synchsafe(owner.Length + 10), .. Ascii("PRIV"),
            .. Synchsafe(owner.Length), 0, 0, .. owner]);
        var random = new Random(seed);
        for (var frame = 0; frame < frames; frame++)
        {
            var body = new byte[60 + ((seed + frame) % 9)];
            random.NextBytes(body);
            var length = body.Length + 7;
            packed.AddRange([0xFF, 0xF1, 0x4C, (byte)(0x80 | (length >> 11)), (byte)(length >> 3), (byte)((length << 5) | 0x1F), 0xFC,
                .. body]);
        }

        return [.. packed];
    }

    /// <summary>A transport stream of one picture and one sound PES each, with counters that go on.</summary>
    public static byte[] Transport(long ticks)
    {
        var stream = new List<byte>();
        for (var packet = 0; packet < 40; packet++)
        {
            var pid = packet % 2 == 0 ? 0x100 : 0x101;
            var first = packet < 2;
            var bytes = new byte[188];
            Array.Fill(bytes, (byte)packet);
            bytes[0] = 0x47;
            bytes[1] = (byte)((first ? 0x40 : 0) | (pid >> 8));
            bytes[2] = (byte)pid;
            bytes[3] = (byte)(0x10 | ((packet / 2) & 0xF));
            if (first)
            {
                byte[] pes =
                [
                    0, 0, 1, (byte)(pid == 0x100 ? 0xE0 : 0xC0), 0, 0, 0x80, 0x80, 5,
                    (byte)(0x21 | ((ticks >> 29) & 0xE)), (byte)(ticks >> 22), (byte)(((ticks >> 14) & 0xFE) | 1), (byte)(ticks >> 7),
                        (byte)((ticks << 1) | 1),
                ];
                pes.CopyTo(bytes, 4);
            }

            stream.AddRange(bytes);
        }

        return [.. stream];
    }

    private static byte[] Box(string name, byte[] body) => [.. U32(body.Length + 8), .. Ascii(name), .. body];

    private static byte[] Full(string name, int versionAndFlags, byte[] body) => Box(name, [.. U32(versionAndFlags), .. body]);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] U32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] U64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Synchsafe(int value) =>
        [(byte)((value >> 21) & 0x7F), (byte)((value >> 14) & 0x7F), (byte)((value >> 7) & 0x7F), (byte)(value & 0x7F)];
}
