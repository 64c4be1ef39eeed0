using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

// The fields of FFmpeg 5's structures that Tandem touches, under their C names and at their offsets on 64-bit Linux. Every structure is
// only ever reached through a pointer that FFmpeg allocated, so its size does not matter. A test compiles a C program against the
// headers and compares each offset and size (StructsTests).

[StructLayout(LayoutKind.Sequential)]
internal struct AVRational
{
    public int num;
    public int den;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal unsafe struct AVChannelLayout
{
    [FieldOffset(0)] public int order;
    [FieldOffset(4)] public int nb_channels;
    [FieldOffset(8)] public ulong u;
    [FieldOffset(16)] public void* opaque;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVPacket
{
    [FieldOffset(8)] public long pts;
    [FieldOffset(16)] public long dts;
    [FieldOffset(24)] public byte* data;
    [FieldOffset(32)] public int size;
    [FieldOffset(36)] public int stream_index;
    [FieldOffset(40)] public int flags;
    [FieldOffset(64)] public long duration;
    [FieldOffset(72)] public long pos;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVFrame
{
    [FieldOffset(96)] public byte** extended_data;
    [FieldOffset(112)] public int nb_samples;
    [FieldOffset(116)] public int format;
    [FieldOffset(136)] public long pts;
    [FieldOffset(208)] public int sample_rate;
    [FieldOffset(376)] public int decode_error_flags;
    [FieldOffset(448)] public AVChannelLayout ch_layout;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVCodecContext
{
    [FieldOffset(56)] public long bit_rate;
    [FieldOffset(76)] public int flags;
    [FieldOffset(80)] public int flags2;
    [FieldOffset(88)] public byte* extradata;
    [FieldOffset(96)] public int extradata_size;
    [FieldOffset(100)] public AVRational time_base;
    [FieldOffset(352)] public int sample_rate;
    [FieldOffset(360)] public int sample_fmt;
    [FieldOffset(364)] public int frame_size;
    [FieldOffset(636)] public int thread_count;
    [FieldOffset(676)] public int profile;
    [FieldOffset(708)] public int initial_padding;
    [FieldOffset(724)] public AVRational pkt_timebase;
    [FieldOffset(896)] public long max_samples;
    [FieldOffset(920)] public AVChannelLayout ch_layout;
}
