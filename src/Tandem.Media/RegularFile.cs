using System.Buffers.Binary;
using Tandem.Media.Sandbox;

namespace Tandem.Media;

/// <summary>Tells files from what only has a name in the file system. .NET does not: opening a pipe that nobody writes to would wait for ever.</summary>
public static unsafe class RegularFile
{
    // AT_FDCWD, STATX_TYPE; struct statx has 256 bytes, and stx_mode at 28 (statx(2)).
    private const int ThisFolder = -100;
    private const uint TypeOnly = 1;
    private const int Size = 256;
    private const int Mode = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Whether there is something under this name, links followed, that is neither a file nor a folder: a pipe, a socket, a device.</summary>
    public static bool IsNone(string path)
    {
        Span<byte> about = stackalloc byte[Size];
        fixed (byte* into = about)
        {
            if (Libc.statx(ThisFolder, path, 0, TypeOnly, into) != 0)
                return false;
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(about[Mode..]) & TypeMask) is not Regular && !Directory.Exists(path);
    }
}
