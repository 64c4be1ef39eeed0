using System.Runtime.InteropServices;
using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>Says what an opened file holds.</summary>
internal static unsafe class FilmDescriber
{
    // What players of MP4 play; libavformat would write more.
    private static readonly HashSet<string> Mp4Codecs = new(StringComparer.Ordinal)
    {
        "h264", "hevc", "av1", "vp9", "mpeg4", "aac", "mp3", "ac3", "eac3", "opus", "alac", "mov_text",
    };

    private static readonly HashSet<string> MatroskaSubtitles = new(StringComparer.Ordinal) { "subrip", "ass", "webvtt" };

    private const int AttachedPicture = 0x400;
    private const int Special = 0x8 | 0x80 | 0x100;
    private const int DefaultStream = 1;
    private const int EncryptionInfo = 24;
    private const int Normal = 0;
    private const int NewPackets = 2;

    // libavformat writes no slower MP3 into an MP4.
    private const int SlowestMp3 = 16_000;

    /// <summary>Describes it.</summary>
    public static FilmDescription Describe(FilmReader reader)
    {
        var matroska = LibAvFormat.av_guess_format("matroska", null, null);
        var mp4 = LibAvFormat.av_guess_format("mp4", null, null);
        var streams = new List<FilmStream>();
        long? start = null;
        var end = long.MinValue;
        long longest = 0;
        foreach (var pointer in reader.Streams)
        {
            var stream = (AVStream*)pointer;
            var parameters = stream->codecpar;
            if ((stream->disposition & AttachedPicture) != 0)
                continue;
            var kind = parameters->codec_type switch
            {
                0 => TrackKind.Picture,
                1 => TrackKind.Sound,
                _ => TrackKind.Other,
            };
            var codec = Text(LibAvCodec.avcodec_get_name(parameters->codec_id)) ?? "unknown";
            var known = codec is not ("unknown" or "none" or "unknown_codec") && IsWhole(kind, parameters);
            nuint size;
            streams.Add(new FilmStream(
                stream->index,
                kind,
                codec,
                Language(Entry(stream->metadata, "language")),
                Shortened(Entry(stream->metadata, "title")),
                Math.Clamp(parameters->ch_layout.nb_channels, 0, 1024),
                Math.Clamp(parameters->sample_rate, 0, 10_000_000),
                (stream->disposition & Special) != 0,
                (stream->disposition & DefaultStream) != 0,
                known && IsInMp4(codec, parameters->sample_rate) && LibAvFormat.avformat_query_codec(mp4, parameters->codec_id, Normal) == 1,
                known && (kind != TrackKind.Other || MatroskaSubtitles.Contains(codec))
                    && LibAvFormat.avformat_query_codec(matroska, parameters->codec_id, Normal) == 1,
                LibAvFormat.av_stream_get_side_data(stream, EncryptionInfo, &size) is not null)
            {
                Absent = !IsWhole(kind, parameters) && (stream->event_flags & NewPackets) == 0,
            });
            if (kind != TrackKind.Other && stream->start_time != LibAvUtil.NoTime)
            {
                var ticks = reader.Origin + FilmReader.Ticks(stream->start_time, stream->time_base);
                start = start is { } other ? Math.Min(other, ticks) : ticks;
                if (stream->duration > 0 && stream->duration != LibAvUtil.NoTime)
                {
                    var lasts = FilmReader.Ticks(stream->duration, stream->time_base);
                    longest = Math.Max(longest, lasts);
                    end = Math.Max(end, ticks + lasts);
                }
            }
        }

        // Subtitles may last longer, so the streams' own lengths count where they are told. AV_TIME_BASE: a million a second.
        long? length = end > start ? end - start
            : reader.Context->duration is > 0 and var duration ? FilmReader.Rescale(duration, FilmReader.Rate, 1_000_000)
            : null;
        var film = new FilmDescription(Text(reader.Context->iformat->name) ?? "", start ?? reader.Origin, length, streams);

        // In MP4's fragments, and in FFmpeg's Matroska, what is told is where they end.
        if (!film.IsIndexed || film.Start <= 0 || length is not { } told)
            return film;
        var shortest = Math.Min(told, (longest > 0 ? longest : told) - film.Start);
        return film with { Length = shortest > 0 ? shortest : null };
    }

    // Without these no writer takes a stream.
    private static bool IsWhole(TrackKind kind, AVCodecParameters* parameters) => kind switch
    {
        TrackKind.Sound => parameters->sample_rate > 0 && parameters->ch_layout.nb_channels > 0,
        TrackKind.Picture => parameters->width > 0 && parameters->height > 0,
        _ => true,
    };

    private static bool IsInMp4(string codec, int rate) => Mp4Codecs.Contains(codec) && (codec != "mp3" || rate >= SlowestMp3);

    private static string? Language(string? tag) => tag is null or "und" or "mis" or "zxx" or "mul" || tag.Length > 35 ? null : tag;

    private static string? Shortened(string? text) => text is { Length: > 60 } ? text[..60] : text;

    private static string? Entry(void* metadata, string key) =>
        LibAvUtil.av_dict_get(metadata, key, null, 0) is var entry && entry is not null ? Text(entry->value) : null;

    private static string? Text(byte* text) => text is null ? null : Marshal.PtrToStringUTF8((nint)text);
}
