using System.Buffers.Binary;
using System.Globalization;
using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>What a track's first sample entry says of its codec (ISO/IEC 14496-12, 8.5.2).</summary>
/// <param name="Codec">FFmpeg's name of the codec; <c>unknown</c> where it has none here.</param>
/// <param name="CodecsTag">RFC 6381; null where it cannot be told.</param>
/// <param name="Encrypted">Whether it is protected (ISO/IEC 23001-7).</param>
/// <param name="SampleRate">Core rate, Hz; 0 for pictures.</param>
/// <param name="Channels">0 for pictures.</param>
/// <param name="FrameSamples">Samples a frame where the codec fixes them; 0 otherwise.</param>
/// <param name="DecoderConfiguration">Header for the decoder.</param>
/// <param name="AudioSpecificConfig">Of AAC; of Opus the OpusHead; empty otherwise.</param>
internal sealed record Mp4SampleEntry(
    string Codec,
    string? CodecsTag = null,
    bool Encrypted = false,
    int SampleRate = 0,
    int Channels = 0,
    int FrameSamples = 0,
    ReadOnlyMemory<byte> DecoderConfiguration = default,
    ReadOnlyMemory<byte> AudioSpecificConfig = default)
{
    /// <summary>Bytes of the lengths before a picture's units (ISO/IEC 14496-15); 0 where they are not told.</summary>
    public int NalLengthSize { get; init; }

    private const int SoundFields = 28;
    private const int PictureFields = 78;

    /// <summary>Reads the first entry of <c>stsd</c>.</summary>
    public static Mp4SampleEntry Read(Mp4Box? stsd, TrackKind kind)
    {
        if (stsd is not { } box || box.FullBody.Length < 4 || Mp4Box.ReadAll(box.FullBody[4..], out _) is not [var entry, ..])
            return new Mp4SampleEntry("unknown");
        return kind switch
        {
            TrackKind.Sound => ReadSound(entry),
            TrackKind.Picture => ReadPicture(entry),
            _ => new Mp4SampleEntry("unknown"),
        };
    }

    private static string Letters(uint type) => string.Create(4, type, static (letters, value) =>
    {
        for (var i = 0; i < 4; i++)
            letters[i] = (char)((value >> (24 - (8 * i))) & 255);
    });

    private static Mp4SampleEntry ReadPicture(Mp4Box entry)
    {
        var type = Letters(entry.Type);
        var plain = type switch
        {
            "avc1" or "avc3" => new Mp4SampleEntry("h264", H264Tag(type, Child("avcC"))) { NalLengthSize = LengthSize(Child("avcC"), 4) },
            "hvc1" or "hev1" => new Mp4SampleEntry("hevc", HevcTag(type, Child("hvcC"))) { NalLengthSize = LengthSize(Child("hvcC"), 21) },
            "dvh1" or "dvhe" => new Mp4SampleEntry("hevc", DolbyVisionTag(type, entry.Child("dvcC", PictureFields) ?? entry.Child("dvvC", PictureFields)))
            {
                NalLengthSize = LengthSize(Child("hvcC"), 21),
            },
            "av01" => new Mp4SampleEntry("av1", PictureTag.Av1(Child("av1C"), ReadColour(entry.Child("colr", PictureFields)))),
            "vp09" => new Mp4SampleEntry("vp9", PictureTag.Vp9((entry.Child("vpcC", PictureFields)?.FullBody ?? default).Span)),
            _ => new Mp4SampleEntry("unknown", Encrypted: type == "encv"),
        };

        // A scheme that leaves the entry's own name still protects what it holds.
        return entry.Child("sinf", PictureFields) is null ? plain : plain with { Encrypted = true };

        ReadOnlySpan<byte> Child(string name) => (entry.Child(name, PictureFields)?.Body ?? default).Span;
    }

    private static int LengthSize(ReadOnlySpan<byte> configuration, int at) => configuration.Length > at ? (configuration[at] & 3) + 1 : 0;

    private static string? H264Tag(string type, ReadOnlySpan<byte> avcc) => avcc.Length >= 4 ? PictureTag.H264(type, avcc[1..4]) : null;

    private static string? HevcTag(string type, ReadOnlySpan<byte> hvcc) =>
        hvcc.Length > PictureTag.HevcProfileLength ? PictureTag.Hevc(type, hvcc[1..]) : null;

    // Dolby Vision Streams within the ISO Base Media File Format, 3.2: profile of 7 bits, level of 6.
    private static string? DolbyVisionTag(string type, Mp4Box? box) =>
        box is { Body: { Length: >= 4 } body }
            ? string.Create(CultureInfo.InvariantCulture, $"{type}.{body.Span[2] >> 1:D2}.{((body.Span[2] & 1) << 5) | (body.Span[3] >> 3):D2}")
            : null;

    // ISO/IEC 14496-12, 12.1.5.
    private static PictureColour? ReadColour(Mp4Box? colr) =>
        colr is { Body: { Length: >= 11 } body } && body.Span.StartsWith("nclx"u8)
            ? new PictureColour(body.Span[5], body.Span[7], body.Span[9], body.Span[10] >> 7)
            : null;

    private static Mp4SampleEntry ReadSound(Mp4Box entry)
    {
        var reader = new ByteReader(entry.Body.Span);
        reader.Skip(8);
        var version = reader.U16();
        reader.Skip(6);
        var channels = (int)reader.U16();
        reader.Skip(6);
        var rate = (int)(reader.U32() >> 16);

        // QuickTime's versions 1 and 2 have more fields.
        var fields = SoundFields + version switch
        {
            1 => 16,
            2 => 36,
            _ => 0,
        };
        var plain = new Mp4SampleEntry("unknown", SampleRate: rate, Channels: channels);
        return Letters(entry.Type) switch
        {
            "mp4a" => ReadMp4a(entry, fields, plain),
            "ac-3" => plain with { Codec = "ac3", CodecsTag = "ac-3", FrameSamples = 1536 },
            "ec-3" => plain with { Codec = "eac3", CodecsTag = "ec-3" },
            ".mp3" or "mp3 " => plain with { Codec = "mp3", CodecsTag = "mp4a.40.34" },
            "Opus" => ReadOpus(entry.Child("dOps", fields), plain),
            "fLaC" => ReadFlac(entry.Child("dfLa", fields), plain),
            "enca" => plain with { Encrypted = true },
            _ => plain,
        };
    }

    private static Mp4SampleEntry ReadMp4a(Mp4Box entry, int fields, Mp4SampleEntry plain)
    {
        var esds = entry.Child("esds", fields) ?? entry.Child("wave", fields)?.Child("esds");
        if (esds is not { } box || Mp4Descriptors.Read(box.FullBody.Span, out var objectType) is not { } config)
            return plain;
        if (objectType is 0x69 or 0x6B)
            return plain with { Codec = "mp3", CodecsTag = "mp4a.40.34" };
        if (objectType is 0xA5)
            return plain with { Codec = "ac3", CodecsTag = "ac-3", FrameSamples = 1536 };
        if (objectType is 0xA6)
            return plain with { Codec = "eac3", CodecsTag = "ec-3", FrameSamples = 1536 };
        if (objectType is not (0x40 or 0x66 or 0x67 or 0x68) || Demux.AudioSpecificConfig.Read(config) is not { } aac)
            return plain;
        var bytes = config.ToArray();
        return new Mp4SampleEntry(
            aac.ObjectType is 32 or 33 or 34 ? "mp3" : "aac",
            string.Create(CultureInfo.InvariantCulture, $"mp4a.40.{aac.ObjectType}"),
            SampleRate: aac.CoreRate,
            Channels: aac.Channels == 0 ? plain.Channels : aac.Channels,
            FrameSamples: aac.FrameSamples,
            DecoderConfiguration: bytes,
            AudioSpecificConfig: bytes);
    }

    // Encapsulation of Opus in ISO base media files, 4.3.2; the decoder wants RFC 7845's header, which is little-endian.
    private static Mp4SampleEntry ReadOpus(Mp4Box? dops, Mp4SampleEntry plain)
    {
        if (dops is not { Body.Length: >= 11 } box)
            return plain;
        var body = box.Body.Span;
        var header = new byte[8 + body.Length];
        "OpusHead"u8.CopyTo(header);
        body.CopyTo(header.AsSpan(8));
        header[8] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), BinaryPrimitives.ReadUInt16BigEndian(body[2..]));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(16), BinaryPrimitives.ReadUInt16BigEndian(body[8..]));
        return new Mp4SampleEntry("opus", "opus", SampleRate: 48_000, Channels: body[1], DecoderConfiguration: header, AudioSpecificConfig: header);
    }

    private static Mp4SampleEntry ReadFlac(Mp4Box? dfla, Mp4SampleEntry plain) =>
        dfla is { FullBody.Length: >= 38 } box
            ? plain with { Codec = "flac", CodecsTag = "fLaC", DecoderConfiguration = box.FullBody.Slice(4, 34) }
            : plain;
}
