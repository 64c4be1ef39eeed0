using System.Buffers;

namespace Tandem.Live.Ingest;

/// <summary>How reading a body ended.</summary>
internal enum BodyEnd
{
    /// <summary>All of it was read.</summary>
    Complete,

    /// <summary>It is larger than allowed; what was read is thrown away.</summary>
    TooLarge,

    /// <summary>It ended before the wanted part of it did.</summary>
    TooShort,
}

/// <summary>Reads bodies whose length nobody vouches for.</summary>
internal static class BoundedBody
{
    private const int FirstBuffer = 64 * 1024;
    private const int Piece = 256 * 1024;

    /// <summary>Reads everything, at most <paramref name="limit"/> bytes.</summary>
    /// <remarks>In pooled pieces, put together at the end: what turns out too large leaves nothing behind that must be collected.</remarks>
    /// <param name="body">Already decompressing, so that the limit holds for what a compressed body becomes.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="alive">Called after every read that brought bytes.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<(BodyEnd End, ReadOnlyMemory<byte> Bytes)> ReadAsync(Stream body, int limit, Action alive, CancellationToken cancellation)
    {
        var pieces = new List<byte[]>();
        var (length, last) = (0, 0);
        try
        {
            while (true)
            {
                if (pieces.Count == 0 || last == pieces[^1].Length)
                {
                    pieces.Add(ArrayPool<byte>.Shared.Rent(pieces.Count == 0 ? FirstBuffer : Piece));
                    last = 0;
                }

                // One byte more than may be there decides.
                var room = (int)Math.Min(pieces[^1].Length - last, (long)limit + 1 - length);
                var read = await body.ReadAsync(pieces[^1].AsMemory(last, room), cancellation);
                if (read == 0)
                    return (BodyEnd.Complete, Joined(pieces, length));
                length += read;
                last += read;
                if (length > limit)
                    return (BodyEnd.TooLarge, default);
                alive();
            }
        }
        finally
        {
            pieces.ForEach(piece => ArrayPool<byte>.Shared.Return(piece));
        }
    }

    /// <summary>Passes over <paramref name="skip"/> bytes and reads the <paramref name="length"/> after them.</summary>
    public static async Task<(BodyEnd End, ReadOnlyMemory<byte> Bytes)> ReadPartAsync(
        Stream body, long skip, int length, Action alive, CancellationToken cancellation)
    {
        var passed = new byte[(int)Math.Min(skip, FirstBuffer)];
        while (skip > 0)
        {
            var read = await body.ReadAsync(passed.AsMemory(0, (int)Math.Min(skip, passed.Length)), cancellation);
            if (read == 0)
                return (BodyEnd.TooShort, default);
            skip -= read;
            alive();
        }

        var buffer = new byte[Math.Min(length, FirstBuffer)];
        var filled = 0;
        while (filled < length)
        {
            if (filled == buffer.Length)
                Array.Resize(ref buffer, Larger(buffer.Length, length));
            var read = await body.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
                return (BodyEnd.TooShort, default);
            filled += read;
            alive();
        }

        return (BodyEnd.Complete, buffer);
    }

    private static byte[] Joined(List<byte[]> pieces, int length)
    {
        var whole = new byte[length];
        var at = 0;
        foreach (var piece in pieces)
        {
            var count = Math.Min(piece.Length, length - at);
            piece.AsSpan(0, count).CopyTo(whole.AsSpan(at));
            at += count;
        }

        return whole;
    }

    private static int Larger(int length, int limit) => (int)Math.Min(limit, Math.Max(FirstBuffer, length * 2L));
}
