using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tandem.Media.Native;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Segmenting;

/// <summary>Reads the file that the parent opened.</summary>
internal sealed unsafe class FileIo : SourceIo
{
    private const int BufferSize = 64 * 1024;
    private const int SeekSet = 0;
    private const int SeekCurrent = 1;
    private const int SeekEnd = 2;

    private readonly SafeFileHandle _file = new(ConfinedProcess.Inherited, ownsHandle: false);
    private readonly GCHandle _self;
    private readonly CallbackIoHandle _io;
    private long _position;

    public FileIo()
    {
        _self = GCHandle.Alloc(this);
        _io = new CallbackIoHandle(BufferSize, (void*)GCHandle.ToIntPtr(_self), &Read, null, &Seek);
    }

    /// <inheritdoc/>
    public override AVIOContext* Context => _io.Value;

    /// <inheritdoc/>
    public override bool IsLive => false;

    /// <inheritdoc/>
    public override (CutFault Fault, string Detail)? Open()
    {
        var one = new byte[1];
        try
        {
            return RandomAccess.Read(_file, one, 0) == 1 ? null : (CutFault.NotMedia, "the file is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return (CutFault.Unreadable, $"it cannot be read: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _io.Dispose();
        _self.Free();
        _file.Dispose();
    }

    [UnmanagedCallersOnly]
    private static int Read(void* opaque, byte* buffer, int size)
    {
        Patience.Step();
        var self = (FileIo)GCHandle.FromIntPtr((nint)opaque).Target!;
        try
        {
            var got = RandomAccess.Read(self._file, new Span<byte>(buffer, size), self._position);
            self._position += got;
            return got > 0 ? got : LibAvUtil.EndOfFile;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return LibAvUtil.InputOutputError;
        }
    }

    [UnmanagedCallersOnly]
    private static long Seek(void* opaque, long offset, int whence)
    {
        Patience.Step();
        var self = (FileIo)GCHandle.FromIntPtr((nint)opaque).Target!;
        try
        {
            if ((whence & LibAvFormat.SeekSize) != 0)
                return RandomAccess.GetLength(self._file);
            var target = (whence & 3) switch
            {
                SeekSet => offset,
                SeekCurrent => self._position + offset,
                SeekEnd => RandomAccess.GetLength(self._file) + offset,
                _ => -1,
            };
            return target < 0 ? LibAvUtil.InputOutputError : self._position = target;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return LibAvUtil.InputOutputError;
        }
    }
}
