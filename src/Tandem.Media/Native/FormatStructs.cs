using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

// libavformat's structures, under the same rules as those of Structs.cs.

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVFormatContext
{
    [FieldOffset(8)] public AVInputFormat* iformat;
    [FieldOffset(16)] public AVOutputFormat* oformat;
    [FieldOffset(24)] public void* priv_data;
    [FieldOffset(32)] public AVIOContext* pb;
    [FieldOffset(44)] public uint nb_streams;
    [FieldOffset(48)] public AVStream** streams;
    [FieldOffset(72)] public long duration;
    [FieldOffset(92)] public int max_delay;
    [FieldOffset(96)] public int flags;
    [FieldOffset(132)] public uint nb_programs;
    [FieldOffset(176)] public void* metadata;
    [FieldOffset(200)] public AVIOInterruptCB interrupt_callback;
    [FieldOffset(244)] public int avoid_negative_ts;
    [FieldOffset(448)] public int max_streams;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVInputFormat
{
    [FieldOffset(0)] public byte* name;
    [FieldOffset(16)] public int flags;
}

[StructLayout(LayoutKind.Explicit)]
internal struct AVOutputFormat
{
    [FieldOffset(44)] public int flags;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVIOContext
{
    [FieldOffset(8)] public byte* buffer;
    [FieldOffset(84)] public int error;
    [FieldOffset(144)] public int seekable;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct AVIOInterruptCB
{
    [FieldOffset(0)] public void* callback;
    [FieldOffset(8)] public void* opaque;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVStream
{
    [FieldOffset(0)] public int index;
    [FieldOffset(4)] public int id;
    [FieldOffset(16)] public AVRational time_base;
    [FieldOffset(24)] public long start_time;
    [FieldOffset(32)] public long duration;
    [FieldOffset(48)] public int disposition;
    [FieldOffset(52)] public int discard;
    [FieldOffset(56)] public AVRational sample_aspect_ratio;
    [FieldOffset(64)] public void* metadata;
    [FieldOffset(72)] public AVRational avg_frame_rate;
    [FieldOffset(196)] public int event_flags;
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
    [FieldOffset(64)] public AVRational sample_aspect_ratio;
    [FieldOffset(116)] public int sample_rate;
    [FieldOffset(124)] public int frame_size;
    [FieldOffset(128)] public int initial_padding;
    [FieldOffset(144)] public AVChannelLayout ch_layout;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct AVDictionaryEntry
{
    [FieldOffset(0)] public byte* key;
    [FieldOffset(8)] public byte* value;
}
