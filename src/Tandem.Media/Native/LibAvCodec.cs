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

    /// <summary>AV_PKT_FLAG_KEY.</summary>
    public const int PacketKey = 1;

    /// <summary>AV_PKT_FLAG_DISCARD: to be decoded, but not to be shown.</summary>
    public const int PacketDiscard = 4;

    // AV_CODEC_ID_*, as far as a decision hangs on them.
    public const int IdH264 = 27;
    public const int IdHevc = 173;
    public const int IdAv1 = 226;
    public const int IdVp9 = 167;
    public const int IdMp2 = 86016;
    public const int IdMp3 = 86017;
    public const int IdAac = 86018;
    public const int IdAc3 = 86019;
    public const int IdFlac = 86028;
    public const int IdEac3 = 86056;
    public const int IdMp1 = 86058;
    public const int IdAacLatm = 86065;
    public const int IdOpus = 86076;

    [LibraryImport(Name)]
    public static partial uint avcodec_version();

    [LibraryImport(Name)]
    public static partial byte* avcodec_get_name(int id);

    [LibraryImport(Name)]
    public static partial nint avcodec_find_decoder(int id);

    [LibraryImport(Name)]
    public static partial AVCodecParameters* avcodec_parameters_alloc();

    [LibraryImport(Name)]
    public static partial void avcodec_parameters_free(AVCodecParameters** parameters);

    [LibraryImport(Name)]
    public static partial int avcodec_parameters_copy(AVCodecParameters* to, AVCodecParameters* from);

    [LibraryImport(Name)]
    public static partial int avcodec_parameters_to_context(AVCodecContext* context, AVCodecParameters* parameters);

    [LibraryImport(Name)]
    public static partial void av_packet_move_ref(AVPacket* to, AVPacket* from);

    [LibraryImport(Name)]
    public static partial int av_packet_ref(AVPacket* to, AVPacket* from);

    [LibraryImport(Name)]
    public static partial int av_packet_make_refcounted(AVPacket* packet);

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
}
