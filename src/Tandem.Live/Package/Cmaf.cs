using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>
/// Audio-only CMAF (ISO/IEC 23000-19): one init segment a generation, one fragment a segment. The timescale is the sample rate; of HE-AAC
/// the core's, so that a frame lasts 1,024 there too. No edit list: priming is taken out of the times themselves.
/// </summary>
public static class Cmaf
{
    private const uint TrackId = 1;

    /// <summary>Size and type.</summary>
    private const int BoxHeader = 8;

    /// <summary>Of <c>styp</c>.</summary>
    private const int TypeBytes = BoxHeader + 20;

    /// <summary>Of <c>moof</c> with <c>mfhd</c>, <c>traf</c>, <c>tfhd</c>, <c>tfdt</c> and <c>trun</c>, without the frames' entries.</summary>
    private const int MovieBytes = BoxHeader + 16 + BoxHeader + 24 + 20 + 20;

    /// <summary>Sample flags of a frame that depends on no other: every audio frame.</summary>
    private const uint SyncSample = 0x0200_0000;

    /// <summary>Writes the init segment: <c>ftyp</c> and <c>moov</c>.</summary>
    /// <param name="format">Codec and configuration.</param>
    /// <param name="language">BCP 47 tag; written as ISO 639-2 code, <c>und</c> where it has none.</param>
    public static byte[] Init(SoundFormat format, string language)
    {
        var writer = new BoxWriter();
        writer.Box("ftyp", () =>
        {
            writer.Text("cmfc");
            writer.U32(0);
            writer.Text("cmfciso6mp41");
        });
        writer.Box("moov", () =>
        {
            writer.FullBox("mvhd", 0, 0, () => WriteMovieHeader(writer));
            writer.Box("trak", () => WriteTrack(writer, format, language));
            writer.Box("mvex", () => writer.FullBox("trex", 0, 0, () =>
            {
                writer.U32(TrackId);
                writer.U32(1);
                writer.U32((uint)format.FrameSamples);
                writer.U32(0);
                writer.U32(SyncSample);
            }));
        });
        return writer.ToArray();
    }

    /// <summary>Writes one fragment: <c>styp</c>, <c>moof</c>, <c>mdat</c>.</summary>
    /// <param name="number">Counts fragments up (<c>mfhd</c>).</param>
    /// <param name="decodeTime">Time of the first frame in samples.</param>
    /// <param name="frames">Raw frames with their length in samples, contiguous.</param>
    public static byte[] Fragment(uint number, long decodeTime, IReadOnlyList<TimedFrame> frames) => Fragment(number, decodeTime, frames, true);

    /// <summary>Writes one chunk of a fragment: <c>moof</c>, <c>mdat</c>.</summary>
    /// <param name="number">Counts chunks up (<c>mfhd</c>).</param>
    /// <param name="decodeTime">Time of the first frame in samples.</param>
    /// <param name="frames">Raw frames with their length in samples, contiguous.</param>
    public static byte[] Chunk(uint number, long decodeTime, IReadOnlyList<TimedFrame> frames) => Fragment(number, decodeTime, frames, false);

    private static byte[] Fragment(uint number, long decodeTime, IReadOnlyList<TimedFrame> frames, bool isWhole)
    {
        var size = 0;
        var sameLength = true;
        for (var index = 0; index < frames.Count; index++)
        {
            size += frames[index].Data.Length;
            sameLength &= frames[index].Samples == frames[0].Samples;
        }

        var writer = new BoxWriter((isWhole ? TypeBytes : 0) + MovieBytes + (frames.Count * (sameLength ? 4 : 8)) + BoxHeader + size);
        var dataOffset = 0;
        if (isWhole)
            writer.Box("styp", () => writer.Text("cmfs\0\0\0\0cmfsiso6msdh"));
        var moof = writer.Length;
        writer.Box("moof", () =>
        {
            writer.FullBox("mfhd", 0, 0, () => writer.U32(number));
            writer.Box("traf", () =>
            {
                // default-base-is-moof, default duration, default flags
                writer.FullBox("tfhd", 0, 0x02_0028, () =>
                {
                    writer.U32(TrackId);
                    writer.U32(frames.Count > 0 ? (uint)frames[0].Samples : 0);
                    writer.U32(SyncSample);
                });
                writer.FullBox("tfdt", 1, 0, () => writer.U64((ulong)decodeTime));
                writer.FullBox("trun", 0, sameLength ? 0x0201 : 0x0301, () =>
                {
                    writer.U32((uint)frames.Count);
                    dataOffset = writer.Length;
                    writer.U32(0);
                    foreach (var frame in frames)
                    {
                        if (!sameLength)
                            writer.U32((uint)frame.Samples);
                        writer.U32((uint)frame.Data.Length);
                    }
                });
            });
        });
        writer.Patch(dataOffset, (uint)(writer.Length - moof + 8));
        writer.Box("mdat", () =>
        {
            foreach (var frame in frames)
                writer.Bytes(frame.Data.Span);
        });
        return writer.ToArray();
    }

    /// <summary>The whole sample nearest to <paramref name="time"/>; fMP4 sources may count from 1970, beyond 64 bits on the way.</summary>
    public static long DecodeTime(MediaTime time, int sampleRate)
    {
        var scaled = (Int128)time.Ticks * sampleRate;
        return scaled <= 0 ? 0 : (long)((scaled + (MediaTime.Rate / 2)) / MediaTime.Rate);
    }

    private static void WriteMovieHeader(BoxWriter writer)
    {
        writer.Zeros(8);
        writer.U32(1000);
        writer.U32(0);
        writer.U32(0x0001_0000);
        writer.U16(0x0100);
        writer.Zeros(10);
        WriteMatrix(writer);
        writer.Zeros(24);
        writer.U32(TrackId + 1);
    }

    private static void WriteTrack(BoxWriter writer, SoundFormat format, string language)
    {
        // enabled, in movie, in preview
        writer.FullBox("tkhd", 0, 7, () =>
        {
            writer.Zeros(8);
            writer.U32(TrackId);
            writer.Zeros(16);
            writer.U16(0);
            writer.U16(1);
            writer.U16(0x0100);
            writer.U16(0);
            WriteMatrix(writer);
            writer.Zeros(8);
        });
        writer.Box("mdia", () =>
        {
            writer.FullBox("mdhd", 0, 0, () =>
            {
                writer.Zeros(8);
                writer.U32((uint)format.SampleRate);
                writer.U32(0);
                var code = LanguageNames.ThreeLetters(language);
                writer.U16(((code[0] - 0x60) << 10) | ((code[1] - 0x60) << 5) | (code[2] - 0x60));
                writer.U16(0);
            });
            writer.FullBox("hdlr", 0, 0, () =>
            {
                writer.U32(0);
                writer.Text("soun");
                writer.Zeros(12);
                writer.Text("Tandem\0");
            });
            writer.Box("minf", () => WriteMediaInformation(writer, format));
        });
    }

    private static void WriteMediaInformation(BoxWriter writer, SoundFormat format)
    {
        writer.FullBox("smhd", 0, 0, () => writer.U32(0));
        writer.Box("dinf", () => writer.FullBox("dref", 0, 0, () =>
        {
            writer.U32(1);
            writer.FullBox("url ", 0, 1, () => { });
        }));
        writer.Box("stbl", () =>
        {
            writer.FullBox("stsd", 0, 0, () =>
            {
                writer.U32(1);
                SampleEntry.Write(writer, format);
            });
            writer.FullBox("stts", 0, 0, () => writer.U32(0));
            writer.FullBox("stsc", 0, 0, () => writer.U32(0));
            writer.FullBox("stsz", 0, 0, () => writer.U64(0));
            writer.FullBox("stco", 0, 0, () => writer.U32(0));
        });
    }

    private static void WriteMatrix(BoxWriter writer)
    {
        ReadOnlySpan<uint> matrix = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];
        foreach (var value in matrix)
            writer.U32(value);
    }
}
