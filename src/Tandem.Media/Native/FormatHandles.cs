using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>An owned AVFormatContext that reads, not yet opened when made.</summary>
internal sealed unsafe class InputHandle : SafeHandle
{
    public InputHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)LibAvFormat.avformat_alloc_context());
        if (handle == 0)
            throw new InvalidOperationException("avformat_alloc_context: out of memory");
    }

    public AVFormatContext* Value => (AVFormatContext*)handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>Opens it on what its <c>pb</c> reads. A failure frees the context: the handle is invalid then.</summary>
    public int Open(string? url, void* format, void** options)
    {
        var context = (AVFormatContext*)handle;
        var result = LibAvFormat.avformat_open_input(&context, url, format, options);
        SetHandle((nint)context);
        return result;
    }

    protected override bool ReleaseHandle()
    {
        var context = (AVFormatContext*)handle;
        LibAvFormat.avformat_close_input(&context);
        return true;
    }
}

/// <summary>An owned AVFormatContext that writes.</summary>
internal sealed unsafe class OutputHandle : SafeHandle
{
    /// <param name="format">FFmpeg's name of the format.</param>
    public OutputHandle(string format)
        : base(0, ownsHandle: true)
    {
        AVFormatContext* context = null;
        AvError.Check(LibAvFormat.avformat_alloc_output_context2(&context, null, format, null), format);
        SetHandle((nint)context);
    }

    public AVFormatContext* Value => (AVFormatContext*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibAvFormat.avformat_free_context((AVFormatContext*)handle);
        return true;
    }
}

/// <summary>An owned AVIOContext over callbacks, with its buffer.</summary>
internal sealed unsafe class CallbackIoHandle : SafeHandle
{
    /// <summary>Makes one; <paramref name="opaque"/> must outlive it.</summary>
    public CallbackIoHandle(
        int bufferSize,
        void* opaque,
        delegate* unmanaged<void*, byte*, int, int> read,
        delegate* unmanaged<void*, byte*, int, int> write,
        delegate* unmanaged<void*, long, int, long> seek)
        : base(0, ownsHandle: true)
    {
        var buffer = (byte*)LibAvUtil.av_malloc((nuint)bufferSize);
        if (buffer is not null)
            SetHandle((nint)LibAvFormat.avio_alloc_context(buffer, bufferSize, write is null ? 0 : 1, opaque, read, write, seek));
        if (handle == 0)
            throw new InvalidOperationException("avio_alloc_context: out of memory");
    }

    public AVIOContext* Value => (AVIOContext*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        // The buffer may be another than the first.
        var context = (AVIOContext*)handle;
        LibAvUtil.av_freep(&context->buffer);
        LibAvFormat.avio_context_free(&context);
        return true;
    }
}

/// <summary>An owned AVIOContext over one of libavformat's protocols; invalid until opened.</summary>
internal sealed unsafe class ProtocolIoHandle : SafeHandle
{
    public ProtocolIoHandle()
        : base(0, ownsHandle: true)
    {
    }

    public AVIOContext* Value => (AVIOContext*)handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>Opens it; a listener waits for its sender here, as long as <paramref name="interrupt"/> lets it.</summary>
    public int Open(string url, AVIOInterruptCB* interrupt, void** options)
    {
        AVIOContext* context = null;
        var result = LibAvFormat.avio_open2(&context, url, LibAvFormat.IoRead, interrupt, options);
        SetHandle((nint)context);
        return result;
    }

    protected override bool ReleaseHandle()
    {
        var context = (AVIOContext*)handle;
        return LibAvFormat.avio_closep(&context) >= 0;
    }
}
