using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>An owned AVFrame.</summary>
internal sealed unsafe class FrameHandle : SafeHandle
{
    public FrameHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibAvUtil.av_frame_alloc());
        if (handle == 0)
            throw AvError.OutOfMemory("av_frame_alloc");
    }

    public AVFrame* Value => (AVFrame*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var frame = (AVFrame*)handle;
        LibAvUtil.av_frame_free(&frame);
        return true;
    }
}

/// <summary>An owned AVPacket.</summary>
internal sealed unsafe class PacketHandle : SafeHandle
{
    public PacketHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibAvCodec.av_packet_alloc());
        if (handle == 0)
            throw AvError.OutOfMemory("av_packet_alloc");
    }

    public AVPacket* Value => (AVPacket*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var packet = (AVPacket*)handle;
        LibAvCodec.av_packet_free(&packet);
        return true;
    }
}

/// <summary>An owned AVCodecContext, not yet opened when made.</summary>
internal sealed unsafe class CodecHandle : SafeHandle
{
    public CodecHandle(nint codec)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibAvCodec.avcodec_alloc_context3(codec));
        if (handle == 0)
            throw AvError.OutOfMemory("avcodec_alloc_context3");
    }

    public AVCodecContext* Value => (AVCodecContext*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var context = (AVCodecContext*)handle;
        LibAvCodec.avcodec_free_context(&context);
        return true;
    }
}

/// <summary>An owned SwrContext.</summary>
internal sealed unsafe class SwrHandle : SafeHandle
{
    /// <summary>Takes over <paramref name="context"/>, which must not be null.</summary>
    public SwrHandle(void* context)
        : base(0, ownsHandle: true) => SetHandle((nint)context);

    public void* Value => (void*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var context = (void*)handle;
        LibSwResample.swr_free(&context);
        return true;
    }
}

/// <summary>An owned AVFilterGraph; frees its filters too.</summary>
internal sealed unsafe class GraphHandle : SafeHandle
{
    public GraphHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibAvFilter.avfilter_graph_alloc());
        if (handle == 0)
            throw AvError.OutOfMemory("avfilter_graph_alloc");
    }

    public void* Value => (void*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var graph = (void*)handle;
        LibAvFilter.avfilter_graph_free(&graph);
        return true;
    }
}

/// <summary>An owned ebur128_state.</summary>
internal sealed unsafe class EbuR128Handle : SafeHandle
{
    public EbuR128Handle(int channels, int rate, int mode)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibEbuR128.ebur128_init((uint)channels, new CULong((uint)rate), mode));
        if (handle == 0)
            throw AvError.OutOfMemory("ebur128_init");
    }

    public void* Value => (void*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        var state = (void*)handle;
        LibEbuR128.ebur128_destroy(&state);
        return true;
    }
}
