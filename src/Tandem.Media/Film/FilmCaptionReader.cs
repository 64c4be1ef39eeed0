using System.Runtime.InteropServices;
using Tandem.Media.Captions;
using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>
/// Reads one stream of a film for its captions: the packets of subtitles as they are, of pictures and CEA-608 tracks the caption bytes in
/// order of presentation. Runs in the child process only.
/// </summary>
/// <param name="reader">The file.</param>
/// <param name="index">The stream.</param>
internal sealed unsafe class FilmCaptionReader(FilmReader reader, int index)
{
    /// <summary>The largest text of a packet that is passed on, bytes.</summary>
    public const int LargestText = 16 << 10;

    private const long EachBytes = 8 << 20;

    // Without decoding times pictures are reordered by less than this.
    private const long Reordered = 2 * FilmReader.Rate;

    private readonly List<CaptionPair> _pairs = [];

    /// <summary>Does it; the process's exit code.</summary>
    public int Run()
    {
        var stream = reader.Stream(index);
        if (stream is null)
            return FilmProcess.Fail("it has no such stream");
        var codec = Marshal.PtrToStringUTF8((nint)LibAvCodec.avcodec_get_name(stream->codecpar->codec_id)) ?? "";
        var pictures = new PictureCaptions(codec == "hevc");
        var lengthSize = LengthSize(stream, codec);
        long told = 0;
        while (reader.Next() is { } error)
        {
            if (error < 0)
                return FilmProcess.Fail(AvError.Text(error));
            if (reader.Packet->stream_index == index && reader.Packet->pts != LibAvUtil.NoTime)
                Take(stream, codec, pictures, lengthSize);
            if (reader.Position - told > EachBytes || reader.Position < told)
            {
                told = reader.Position;
                FilmProcess.Progress(reader);
            }
        }

        Send(long.MaxValue);
        FilmProcess.Begin(FilmMessage.Done).I64(0);
        FilmProcess.Send();
        return 0;
    }

    private static int LengthSize(AVStream* stream, string codec)
    {
        var extra = new ReadOnlySpan<byte>(stream->codecpar->extradata, stream->codecpar->extradata_size);
        var at = codec == "hevc" ? 21 : 4;
        return extra.Length > at && extra[0] == 1 ? (extra[at] & 3) + 1 : 0;
    }

    private void Take(AVStream* stream, string codec, PictureCaptions pictures, int lengthSize)
    {
        var packet = reader.Packet;
        var data = new ReadOnlySpan<byte>(packet->data, packet->size);
        var ticks = FilmReader.Ticks(packet->pts, stream->time_base);
        if (codec == "eia_608")
        {
            CaptionSei.ReadTriplets(data, ticks, _pairs);
        }
        else if (codec is "h264" or "hevc")
        {
            pictures.Begin();
            if (lengthSize > 0)
                pictures.AddSample(data, lengthSize, ticks);
            else
                pictures.AddPicture(data, ticks);
            _pairs.AddRange(pictures.End());
        }
        else
        {
            var wire = FilmProcess.Begin(FilmMessage.Text);
            wire.I64(ticks);
            wire.I64(Math.Max(0, FilmReader.Ticks(packet->duration, stream->time_base)));
            wire.Bytes(data[..Math.Min(data.Length, LargestText)]);
            FilmProcess.Send();
            return;
        }

        // No picture that is decoded later shows earlier than this.
        Send(packet->dts != LibAvUtil.NoTime ? FilmReader.Ticks(packet->dts, stream->time_base) : ticks - Reordered);
    }

    private void Send(long before)
    {
        const int Most = 4_000;
        var ready = _pairs.Where(pair => pair.Ticks < before).OrderBy(pair => pair.Ticks).ToList();
        if (ready.Count == 0)
            return;
        _pairs.RemoveAll(pair => pair.Ticks < before);
        foreach (var part in ready.Chunk(Most))
        {
            WireCaptions.WritePairs(FilmProcess.Begin(FilmMessage.Pairs), part);
            FilmProcess.Send();
        }

        // Times that make no sense must not gather here.
        if (_pairs.Count > PictureCaptions.MostPairs)
            _pairs.Clear();
    }
}
