using System.Buffers.Binary;

namespace Tandem.Live.Film;

/// <summary>
/// One voice's AAC packets until the film is joined: 60 MB an hour, so not in memory. The file has no name from the moment that it is open:
/// however this process ends, nothing is left of it.
/// </summary>
public sealed class PacketSpool : IDisposable
{
    private readonly FileStream _file;
    private long _count;

    /// <summary>Opens one.</summary>
    /// <param name="folder">Where there is room for it.</param>
    /// <exception cref="IOException">It cannot be written there.</exception>
    public PacketSpool(string folder)
    {
        var path = Path.Combine(folder, $".tandem-{Guid.NewGuid():N}.voice");
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 << 10);
        File.Delete(path);
    }

    /// <summary>How many there are.</summary>
    public long Count => _count;

    /// <summary>Adds one.</summary>
    public void Add(ReadOnlySpan<byte> packet)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, packet.Length);
        _file.Write(length);
        _file.Write(packet);
        _count++;
    }

    /// <summary>All of them, in order; to be read once, when nothing is added any more.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        _file.Position = 0;
        var length = new byte[sizeof(int)];
        for (long i = 0; i < _count; i++)
        {
            _file.ReadExactly(length);
            var packet = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            _file.ReadExactly(packet);
            yield return packet;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
