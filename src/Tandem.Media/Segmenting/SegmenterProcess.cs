using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Media.Native;
using Tandem.Media.Sandbox;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>The child side of a <see cref="Segmenter"/>: what runs as <c>tandem segment</c>.</summary>
/// <remarks>
/// One thread reads, cuts and writes; the pipe to the parent holds it up while the parent does not read. Another reads standard input, so
/// that the process ends with its parent, and says each second that it lives and how far it got.
/// </remarks>
public static class SegmenterProcess
{
    private const int NotAChild = 2;
    private const int BeatMilliseconds = 1000;
    private const int LargestMessage = 64 * 1024;

    // Larger than a coded frame and a buffer of the muxer; what is larger than a segment is none.
    private const int LargestAllocation = 64 << 20;

    /// <summary>Does what the parent says on standard input.</summary>
    /// <param name="args">The program's arguments; the first is <c>segment</c>.</param>
    /// <returns>The process's exit code; 2 when it was not started by a <see cref="Segmenter"/>.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count != 2 || Number(WorkerProcess.ParentVariable) is not { } parent || Number(WorkerProcess.MemoryVariable) is not { } memory
            || !Enum.TryParse<SocketUse>(args[1], out var sockets))
        {
            Console.Error.WriteLine("tandem segment: started by Tandem itself, one for each channel; not meant to be called");
            return NotAChild;
        }

        if (!Confinements.DieWithParent((int)parent))
            return 0;
        Warm();
        var report = Confinements.Apply(
            memory,
            Environment.GetEnvironmentVariable(WorkerProcess.LandlockVariable),
            Environment.GetEnvironmentVariable(WorkerProcess.UnfilteredVariable) is null,
            sockets);
        var wire = new WireWriter();
        wire.Begin(MessageKind.Hello);
        report.Write(wire);
        ParentPipe.Send(wire.End().Span);

        if (Next() is not (MessageKind.Segment, var body))
            return NotAChild;
        new Thread(WatchInput, 256 * 1024) { IsBackground = true, Name = "input" }.Start();
        new SegmenterRun(SegmenterTask.Read(body)).Run();
        return 0;
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Loads the libraries, which cannot be done any more once this process is confined.</summary>
    private static void Warm()
    {
        LogTail.Install();
        LibAvUtil.av_max_alloc(LargestAllocation);
        _ = LibSwResample.swresample_version();
        _ = LibAvFormat.avformat_network_init();
        _ = SoundTranscoder.Configuration();
    }

    private static (MessageKind Kind, byte[] Body) Next()
    {
        Span<byte> header = stackalloc byte[WireWriter.HeaderLength];
        ParentPipe.Fill(header);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > LargestMessage)
            Libc._exit(NotAChild);
        var body = new byte[length];
        ParentPipe.Fill(body);
        return ((MessageKind)header[4], body);
    }

    private static unsafe void WatchInput()
    {
        var wire = new WireWriter();
        while (true)
        {
            var entry = new Libc.PollEntry { Descriptor = 0, Wanted = Libc.PollEntry.Readable };
            if (Libc.poll(&entry, new CULong(1), BeatMilliseconds) == 0)
            {
                wire.Begin(MessageKind.Headway);
                wire.I64(Patience.Headway);
                ParentPipe.TrySend(wire.End().Span);
                continue;
            }

            var (kind, body) = Next();
            if (kind != MessageKind.Probe)
                Libc._exit(NotAChild);
            wire.Begin(MessageKind.Probed);
            wire.Text(Probes.Run(body));
            ParentPipe.Send(wire.End().Span);
        }
    }
}
