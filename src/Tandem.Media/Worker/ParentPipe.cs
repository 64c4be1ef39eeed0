using System.Runtime.InteropServices;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>A child's way to its parent: standard input and output. When either ends, so does this process.</summary>
internal static unsafe class ParentPipe
{
    private static readonly Lock Output = new();

    /// <summary>Reads until <paramref name="bytes"/> is full.</summary>
    public static void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint got;
            fixed (byte* to = bytes)
                got = Libc.read(0, to, (nuint)bytes.Length);
            if (got > 0)
                bytes = bytes[(int)got..];
            else if (got == 0 || Marshal.GetLastPInvokeError() != Libc.Interrupted)
                Libc._exit(0);
        }
    }

    /// <summary>Sends one message, in one or two pieces; waits while the parent does not read.</summary>
    public static void Send(ReadOnlySpan<byte> message, ReadOnlySpan<byte> more = default)
    {
        lock (Output)
        {
            Write(message);
            Write(more);
        }
    }

    /// <summary>Sends one message, a piece after the other.</summary>
    public static void Send(ReadOnlySpan<byte> message, IReadOnlyList<ReadOnlyMemory<byte>> more)
    {
        lock (Output)
        {
            Write(message);
            foreach (var piece in more)
                Write(piece.Span);
        }
    }

    /// <summary>Sends one message unless another is being sent.</summary>
    public static void TrySend(ReadOnlySpan<byte> message)
    {
        if (!Output.TryEnter())
            return;
        Write(message);
        Output.Exit();
    }

    private static void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint put;
            fixed (byte* from = bytes)
                put = Libc.write(1, from, (nuint)bytes.Length);
            if (put > 0)
                bytes = bytes[(int)put..];
            else if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                Libc._exit(0);
        }
    }
}
