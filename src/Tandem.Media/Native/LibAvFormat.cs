using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libavformat 59 that Tandem calls, and its constants.</summary>
internal static unsafe partial class LibAvFormat
{
    public const string Name = "libavformat.so.59";

    /// <summary>AVIO_FLAG_READ.</summary>
    public const int IoRead = 1;

    /// <summary>AVFMT_FLAG_GENPTS: presentation times are worked out where a container has none.</summary>
    public const int FlagGeneratePts = 1;

    /// <summary>AVFMT_FLAG_BITEXACT: no version strings in what is written.</summary>
    public const int FlagBitExact = 0x400;

    /// <summary>AVSEEK_SIZE: a seek callback is asked for the size.</summary>
    public const int SeekSize = 0x10000;

    /// <summary>AV_DISPOSITION_ATTACHED_PIC.</summary>
    public const int DispositionAttachedPicture = 0x400;

    /// <summary>AVFMT_TS_DISCONT: time stamps of this format may jump.</summary>
    public const int TimesMayJump = 0x200;

    /// <summary>AVFMT_FLAG_CUSTOM_IO.</summary>
    public const int FlagCustomIo = 0x80;

    /// <summary>AV_CODEC_ID_AAC.</summary>
    public const int CodecAac = 86018;

    /// <summary>AV_CODEC_ID_MOV_TEXT.</summary>
    public const int CodecMovText = 94213;

    /// <summary>AV_CODEC_ID_SUBRIP.</summary>
    public const int CodecSubRip = 94225;

    [LibraryImport(Name)]
    public static partial uint avformat_version();

    [LibraryImport(Name)]
    public static partial int avformat_network_init();

    [LibraryImport(Name)]
    public static partial AVFormatContext* avformat_alloc_context();

    [LibraryImport(Name)]
    public static partial void avformat_free_context(AVFormatContext* context);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void* av_find_input_format(string name);

    [LibraryImport(Name)]
    public static partial byte* avio_enum_protocols(void** opaque, int output);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avformat_open_input(AVFormatContext** context, string? url, void* format, void** options);

    [LibraryImport(Name)]
    public static partial int avformat_find_stream_info(AVFormatContext* context, void** options);

    [LibraryImport(Name)]
    public static partial int av_read_frame(AVFormatContext* context, AVPacket* packet);

    [LibraryImport(Name)]
    public static partial void avformat_close_input(AVFormatContext** context);

    [LibraryImport(Name)]
    public static partial void* av_find_program_from_stream(AVFormatContext* context, void* last, int stream);

    [LibraryImport(Name)]
    public static partial AVIOContext* avio_alloc_context(
        byte* buffer,
        int size,
        int writes,
        void* opaque,
        delegate* unmanaged<void*, byte*, int, int> read,
        delegate* unmanaged<void*, byte*, int, int> write,
        delegate* unmanaged<void*, long, int, long> seek);

    [LibraryImport(Name)]
    public static partial void avio_context_free(AVIOContext** context);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avio_open2(AVIOContext** context, string url, int flags, AVIOInterruptCB* interrupt, void** options);

    [LibraryImport(Name)]
    public static partial int avio_closep(AVIOContext** context);

    [LibraryImport(Name)]
    public static partial void avio_flush(AVIOContext* context);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avformat_alloc_output_context2(AVFormatContext** context, AVOutputFormat* format, string? name, string? file);

    [LibraryImport(Name)]
    public static partial AVStream* avformat_new_stream(AVFormatContext* context, void* codec);

    [LibraryImport(Name)]
    public static partial int avformat_write_header(AVFormatContext* context, void** options);

    [LibraryImport(Name)]
    public static partial int av_write_frame(AVFormatContext* context, AVPacket* packet);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial AVOutputFormat* av_guess_format(string? name, string? file, string? mime);

    [LibraryImport(Name)]
    public static partial int avformat_query_codec(AVOutputFormat* format, int codec, int compliance);

    [LibraryImport(Name)]
    public static partial int av_write_trailer(AVFormatContext* context);

    [LibraryImport(Name)]
    public static partial byte* av_stream_get_side_data(AVStream* stream, int kind, nuint* size);

    [LibraryImport(Name)]
    public static partial byte* av_stream_new_side_data(AVStream* stream, int kind, nuint size);
}
