using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libavcodec 59 that Tandem calls, and its constants.</summary>
internal static unsafe partial class LibAvCodec
{
    public const string Name = "libavcodec.so.59";

    /// <summary>AV_CODEC_FLAG_BITEXACT: no version string in the stream.</summary>
    public const int FlagBitExact = 1 << 23;

    /// <summary>AV_CODEC_FLAG_GLOBAL_HEADER: the configuration stands in extradata.</summary>
    public const int FlagGlobalHeader = 1 << 22;

    /// <summary>AV_CODEC_FLAG2_SKIP_MANUAL: decoders drop no samples by themselves.</summary>
    public const int Flag2SkipManual = 1 << 29;

    [LibraryImport(Name)]
    public static partial uint avcodec_version();

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint avcodec_find_decoder_by_name(string name);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint avcodec_find_encoder_by_name(string name);

    [LibraryImport(Name)]
    public static partial AVCodecContext* avcodec_alloc_context3(nint codec);

    [LibraryImport(Name)]
    public static partial void avcodec_free_context(AVCodecContext** context);

    [LibraryImport(Name)]
    public static partial int avcodec_open2(AVCodecContext* context, nint codec, void** options);

    [LibraryImport(Name)]
    public static partial int avcodec_send_packet(AVCodecContext* context, AVPacket* packet);

    [LibraryImport(Name)]
    public static partial int avcodec_receive_frame(AVCodecContext* context, AVFrame* frame);

    [LibraryImport(Name)]
    public static partial int avcodec_send_frame(AVCodecContext* context, AVFrame* frame);

    [LibraryImport(Name)]
    public static partial int avcodec_receive_packet(AVCodecContext* context, AVPacket* packet);

    [LibraryImport(Name)]
    public static partial void avcodec_flush_buffers(AVCodecContext* context);

    [LibraryImport(Name)]
    public static partial AVPacket* av_packet_alloc();

    [LibraryImport(Name)]
    public static partial void av_packet_free(AVPacket** packet);

    [LibraryImport(Name)]
    public static partial void av_packet_unref(AVPacket* packet);

    [LibraryImport(Name)]
    public static partial int av_new_packet(AVPacket* packet, int size);

    [LibraryImport(Name)]
    public static partial nint avcodec_find_decoder(int codec);

    [LibraryImport(Name)]
    public static partial byte* avcodec_get_name(int codec);

    [LibraryImport(Name)]
    public static partial int avcodec_parameters_to_context(AVCodecContext* context, AVCodecParameters* parameters);

    [LibraryImport(Name)]
    public static partial int avcodec_parameters_copy(AVCodecParameters* to, AVCodecParameters* from);
}
