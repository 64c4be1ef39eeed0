using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libavutil 57 that Tandem calls, and its constants.</summary>
internal static unsafe partial class LibAvUtil
{
    public const string Name = "libavutil.so.57";

    /// <summary>AV_SAMPLE_FMT_FLT: interleaved 32-bit float.</summary>
    public const int SampleFormatFloat = 3;

    /// <summary>AV_SAMPLE_FMT_FLTP: a plane of 32-bit float a channel.</summary>
    public const int SampleFormatFloatPlanar = 8;

    /// <summary>AV_LOG_QUIET.</summary>
    public const int LogQuiet = -8;

    /// <summary>AV_OPT_SEARCH_CHILDREN.</summary>
    public const int OptSearchChildren = 1;

    /// <summary>AVERROR(EAGAIN): the codec wants more input, or wants its output taken.</summary>
    public const int Again = -11;

    /// <summary>AVERROR_EOF.</summary>
    public const int EndOfFile = -0x20464F45;

    /// <summary>AV_NOPTS_VALUE.</summary>
    public const long NoTime = long.MinValue;

    /// <summary>AV_INPUT_BUFFER_PADDING_SIZE: zeros that codecs may read beyond their input.</summary>
    public const int InputPadding = 64;

    /// <summary>AV_LOG_WARNING.</summary>
    public const int LogWarning = 24;

    /// <summary>AVERROR_EXIT: an interrupt callback said so.</summary>
    public const int Interrupted = -0x54495845;

    /// <summary>AVERROR_INVALIDDATA.</summary>
    public const int InvalidData = -0x41444E49;

    /// <summary>AVERROR(EIO).</summary>
    public const int InputOutputError = -5;

    /// <summary>AVMEDIA_TYPE_VIDEO.</summary>
    public const int MediaPicture = 0;

    /// <summary>AVMEDIA_TYPE_AUDIO.</summary>
    public const int MediaSound = 1;

    /// <summary>AVDISCARD_ALL.</summary>
    public const int DiscardAll = 48;

    [LibraryImport(Name)]
    public static partial uint avutil_version();

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int av_dict_set(void** dictionary, string key, string? value, int flags);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial AVDictionaryEntry* av_dict_get(void* dictionary, string key, AVDictionaryEntry* previous, int flags);

    [LibraryImport(Name)]
    public static partial void av_dict_free(void** dictionary);

    [LibraryImport(Name)]
    public static partial void* av_malloc(nuint size);

    [LibraryImport(Name)]
    public static partial void av_freep(void* pointer);

    [LibraryImport(Name)]
    public static partial void av_log_set_callback(delegate* unmanaged<void*, int, byte*, void*, void> callback);

    [LibraryImport(Name)]
    public static partial int av_log_format_line2(
        void* source, int level, byte* format, void* arguments, byte* line, int size, int* printPrefix);

    [LibraryImport(Name)]
    public static partial byte* av_version_info();

    [LibraryImport(Name)]
    public static partial void av_log_set_level(int level);

    [LibraryImport(Name)]
    public static partial void av_max_alloc(nuint max);

    [LibraryImport(Name)]
    public static partial void* av_mallocz(nuint size);

    [LibraryImport(Name)]
    public static partial int av_strerror(int error, byte* buffer, nuint size);

    [LibraryImport(Name)]
    public static partial AVFrame* av_frame_alloc();

    [LibraryImport(Name)]
    public static partial void av_frame_free(AVFrame** frame);

    [LibraryImport(Name)]
    public static partial void av_frame_unref(AVFrame* frame);

    [LibraryImport(Name)]
    public static partial int av_frame_get_buffer(AVFrame* frame, int align);

    [LibraryImport(Name)]
    public static partial int av_frame_make_writable(AVFrame* frame);

    [LibraryImport(Name)]
    public static partial void av_channel_layout_default(AVChannelLayout* layout, int channels);

    [LibraryImport(Name)]
    public static partial int av_channel_layout_copy(AVChannelLayout* to, AVChannelLayout* from);

    [LibraryImport(Name)]
    public static partial int av_channel_layout_compare(AVChannelLayout* left, AVChannelLayout* right);

    [LibraryImport(Name)]
    public static partial void av_channel_layout_uninit(AVChannelLayout* layout);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int av_opt_set(void* target, string name, string value, int search);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int av_opt_set_double(void* target, string name, double value, int search);

    [LibraryImport(Name)]
    public static partial void av_free(void* memory);
}
