using Microsoft.Win32.SafeHandles;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>A packet of one of a plan's own tracks.</summary>
/// <param name="Track">Its number in the plan.</param>
/// <param name="Start">48 kHz; may be negative for what only primes a decoder.</param>
/// <param name="Length">48 kHz.</param>
/// <param name="Data">An AAC packet, or a caption's text in UTF-8.</param>
public readonly record struct FilmPacket(int Track, long Start, long Length, ReadOnlyMemory<byte> Data);

/// <summary>Joins films' streams, as they are, and packets of one's own to a new film, in a confined child that sees the sources only.</summary>
public static class FilmJoining
{
    /// <summary>Does it.</summary>
    /// <param name="sources">The same files, in the same order, as the plan's.</param>
    /// <param name="plan">What is to be joined.</param>
    /// <param name="packets">In order of time, those of all tracks together.</param>
    /// <param name="output">Where the film goes; written at various places.</param>
    /// <param name="progress">Told how many bytes of a source have been read.</param>
    /// <param name="options">The child's.</param>
    /// <param name="time">For its deadline.</param>
    /// <param name="cancellation">Gives it up; the output is half written then.</param>
    /// <returns>Why it failed, one line; null where it did not.</returns>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static async Task<string?> JoinAsync(
        IReadOnlyList<SafeFileHandle> sources,
        FilmPlan plan,
        IEnumerable<FilmPacket> packets,
        SafeFileHandle output,
        Action<long> progress,
        FilmOptions options,
        TimeProvider time,
        CancellationToken cancellation)
    {
        await using var child = FilmChild.Start(sources, options, time);
        Task? feeding = null;
        try
        {
            while (true)
            {
                var (message, problem) = await child.ReadAsync(cancellation).ConfigureAwait(false);
                switch (message)
                {
                    case null:
                        return problem;
                    case { Kind: FilmMessage.Described }:
                        feeding = Task.Run(() => Feed(child, plan, packets, cancellation), cancellation);
                        break;
                    case { Kind: FilmMessage.Bytes } bytes:
                        Write(bytes.Body, output);
                        break;
                    case { Kind: FilmMessage.Progress } read:
                        progress(BitConverter.ToInt64(read.Body));
                        break;
                    case { Kind: FilmMessage.Done }:
                        return null;
                    case { } other:
                        return FilmHearing.Reason(other);
                }
            }
        }
        catch (WireException e)
        {
            return $"the child that joins it talks nonsense: {e.Message}";
        }
        finally
        {
            await child.DisposeAsync().ConfigureAwait(false);
            if (feeding is not null)
                await feeding.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private static void Feed(FilmChild child, FilmPlan plan, IEnumerable<FilmPacket> packets, CancellationToken cancellation)
    {
        try
        {
            FeedAll(child, plan, packets, cancellation);
        }
        finally
        {
            // Where packets could not be had, the child must not wait for more.
            child.CloseInput();
        }
    }

    private static void FeedAll(FilmChild child, FilmPlan plan, IEnumerable<FilmPacket> packets, CancellationToken cancellation)
    {
        var wire = new WireWriter();
        wire.Begin((MessageKind)FilmMessage.Join);
        plan.Write(wire);
        if (!child.Send(wire.End()))
            return;
        foreach (var packet in packets)
        {
            cancellation.ThrowIfCancellationRequested();
            wire.Begin((MessageKind)FilmMessage.Packet);
            wire.I32(packet.Track);
            wire.I64(packet.Start);
            wire.I64(packet.Length);
            wire.Bytes(packet.Data.Span);
            if (!child.Send(wire.End()))
                return;
        }

        wire.Begin((MessageKind)FilmMessage.End);
        _ = child.Send(wire.End());
    }

    private static void Write(byte[] body, SafeFileHandle output)
    {
        // A film of some days; what lies beyond is a mistake that would make a huge sparse file.
        const long Largest = 1L << 42;
        var wire = new WireReader(body);
        var position = wire.I64();
        if (position is < 0 or > Largest)
            throw new WireException($"bytes at {position}");
        RandomAccess.Write(output, wire.Bytes(body.Length), position);
    }
}
