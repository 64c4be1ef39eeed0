namespace Tandem.Live.Ingest;

/// <summary>A file on its way into <see cref="PushedFiles"/>. What is given up before its end was never there.</summary>
public sealed class PushedUpload : IDisposable
{
    private const int FirstBuffer = 64 * 1024;

    private readonly PushedFiles _files;
    private readonly string _name;
    private byte[] _buffer = [];
    private int _length;

    internal PushedUpload(PushedFiles files, string name)
    {
        _files = files;
        _name = name;
    }

    /// <summary>Takes more bytes; null, or why they cannot be taken.</summary>
    public PushResult? Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > _files.LargestFile - _length)
            return PushResult.TooLarge;
        if (_length + piece.Length > _buffer.Length)
        {
            var larger = (int)Math.Min(_files.LargestFile, Math.Max(Math.Max(FirstBuffer, _length + piece.Length), _buffer.Length * 2L));
            if (!_files.TryReserve(larger - _buffer.Length))
                return PushResult.NoRoom;
            Array.Resize(ref _buffer, larger);
        }

        piece.CopyTo(_buffer.AsSpan(_length));
        _length += piece.Length;
        return null;
    }

    /// <summary>All of it has come.</summary>
    public PushResult Finish()
    {
        var reserved = _buffer.Length;
        var whole = _buffer;
        _buffer = [];
        Array.Resize(ref whole, _length);
        return _files.Put(_name, whole, reserved);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Release(_buffer.Length);
        _buffer = [];
    }
}
