using System.Buffers.Binary;
using System.Globalization;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>How every child begins and hears: confined before it reads a byte that is not its parent's.</summary>
internal static class ChildStart
{
    /// <summary>Exit code of a process that was not started by Tandem, or is spoken to otherwise than by it.</summary>
    public const int NotAChild = 2;

    /// <summary>A number from the environment that the parent made; null where it is none.</summary>
    public static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Whether the environment is that of a child.</summary>
    public static bool IsChild => Number(WorkerProcess.ParentVariable) is not null && Number(WorkerProcess.MemoryVariable) is not null;

    /// <summary>Loads what is needed, confines this process, and says hello. False where the parent is gone already.</summary>
    /// <param name="load">Loads the libraries, which cannot be done any more once this process is confined.</param>
    /// <param name="sockets">Sockets that it needs.</param>
    public static bool Begin(Action load, SocketUse sockets = SocketUse.None)
    {
        if (!Confinements.DieWithParent((int)Number(WorkerProcess.ParentVariable)!.Value))
            return false;
        load();
        var report = Confinements.Apply(
            Number(WorkerProcess.MemoryVariable)!.Value,
            Environment.GetEnvironmentVariable(WorkerProcess.LandlockVariable),
            Environment.GetEnvironmentVariable(WorkerProcess.UnfilteredVariable) is null,
            sockets);
        var hello = new WireWriter();
        hello.Begin(MessageKind.Hello);
        report.Write(hello);
        ParentPipe.Send(hello.End().Span);
        return true;
    }

    /// <summary>Waits for the parent's next message. One of another length than those bounds ends this process.</summary>
    /// <param name="least">Bytes of its body, at least.</param>
    /// <param name="most">Bytes of its body, at most.</param>
    public static (MessageKind Kind, byte[] Body) Receive(int least, int most)
    {
        Span<byte> header = stackalloc byte[WireWriter.HeaderLength];
        ParentPipe.Fill(header);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < least || length > most)
            Libc._exit(NotAChild);
        var body = new byte[length];
        ParentPipe.Fill(body);
        return ((MessageKind)header[4], body);
    }
}
