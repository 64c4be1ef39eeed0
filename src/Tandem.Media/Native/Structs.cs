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
    [FieldOffset(896)] public long max_samples;
    [FieldOffset(920)] public AVChannelLayout ch_layout;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVFormatContext
{
    [FieldOffset(8)] public AVInputFormat* iformat;
    [FieldOffset(24)] public void* priv_data;
    [FieldOffset(32)] public AVIOContext* pb;
    [FieldOffset(44)] public uint nb_streams;
    [FieldOffset(48)] public AVStream** streams;
    [FieldOffset(72)] public long duration;
    [FieldOffset(92)] public int max_delay;
    [FieldOffset(96)] public int flags;
    [FieldOffset(132)] public uint nb_programs;
    [FieldOffset(200)] public AVIOInterruptCB interrupt_callback;
    [FieldOffset(244)] public int avoid_negative_ts;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVInputFormat
{
    [FieldOffset(0)] public byte* name;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVIOContext
{
    [FieldOffset(8)] public byte* buffer;
    [FieldOffset(144)] public int seekable;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct AVIOInterruptCB
{
    [FieldOffset(0)] public void* callback;
    [FieldOffset(8)] public void* opaque;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVDictionaryEntry
{
    [FieldOffset(0)] public byte* key;
    [FieldOffset(8)] public byte* value;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVStream
{
    [FieldOffset(0)] public int index;
    [FieldOffset(4)] public int id;
    [FieldOffset(16)] public AVRational time_base;
    [FieldOffset(32)] public long duration;
    [FieldOffset(48)] public int disposition;
    [FieldOffset(52)] public int discard;
    [FieldOffset(64)] public void* metadata;
    [FieldOffset(72)] public AVRational avg_frame_rate;
    [FieldOffset(208)] public AVCodecParameters* codecpar;
    [FieldOffset(216)] public int pts_wrap_bits;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVCodecParameters
{
    [FieldOffset(0)] public int codec_type;
    [FieldOffset(4)] public int codec_id;
    [FieldOffset(8)] public uint codec_tag;
    [FieldOffset(16)] public byte* extradata;
    [FieldOffset(24)] public int extradata_size;
    [FieldOffset(32)] public long bit_rate;
    [FieldOffset(48)] public int profile;
    [FieldOffset(52)] public int level;
    [FieldOffset(56)] public int width;
    [FieldOffset(60)] public int height;
    [FieldOffset(116)] public int sample_rate;
    [FieldOffset(124)] public int frame_size;
    [FieldOffset(144)] public AVChannelLayout ch_layout;
}
