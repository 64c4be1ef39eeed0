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
    private const int MostTrusted = 1024 * 1024;

    /// <summary>Reads everything, at most <paramref name="limit"/> bytes.</summary>
    /// <param name="body">Already decompressing, so that the limit holds for what a compressed body becomes.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="announced">Content-Length where known; a hint only, beyond a mebibyte not trusted with memory.</param>
    /// <param name="alive">Called after every read that brought bytes.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<(BodyEnd End, ReadOnlyMemory<byte> Bytes)> ReadAsync(
        Stream body, int limit, long? announced, Action alive, CancellationToken cancellation)
    {
        var buffer = new byte[announced is { } length ? (int)Math.Clamp(length, 1, Math.Min(limit, MostTrusted)) : Math.Min(limit, FirstBuffer)];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                if (filled == limit || filled == announced)
                {
                    // Full to the brim: one more byte decides.
                    var probe = new byte[1];
                    if (await body.ReadAsync(probe, cancellation) == 0)
                        return (BodyEnd.Complete, buffer);
                    if (filled == limit)
                        return (BodyEnd.TooLarge, default);
                    Array.Resize(ref buffer, Larger(buffer.Length, limit));
                    buffer[filled++] = probe[0];
                    continue;
                }

                Array.Resize(ref buffer, Larger(buffer.Length, limit));
            }

            var read = await body.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
                return (BodyEnd.Complete, buffer.AsMemory(0, filled));
            filled += read;
            alive();
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

    private static int Larger(int length, int limit) => (int)Math.Min(limit, Math.Max(FirstBuffer, length * 2L));
}
