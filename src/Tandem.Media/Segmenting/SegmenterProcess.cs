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
    private const int BeatMilliseconds = 1000;
    private const int LargestMessage = 64 * 1024;

    // Larger than a coded frame and a buffer of the muxer; what is larger than a segment is none.
    private const int LargestAllocation = 64 << 20;

    /// <summary>Does what the parent says on standard input.</summary>
    /// <param name="args">The program's arguments; the first is <c>segment</c>.</param>
    /// <returns>The process's exit code; 2 when it was not started by a <see cref="Segmenter"/>.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count != 2 || !ChildStart.IsChild || !Enum.TryParse<SocketUse>(args[1], out var sockets))
        {
            Console.Error.WriteLine("tandem segment: started by Tandem itself, one for each channel; not meant to be called");
            return ChildStart.NotAChild;
        }

        if (!ChildStart.Begin(Load, sockets))
            return 0;
        if (Next() is not (MessageKind.Segment, var body))
            return ChildStart.NotAChild;
        new Thread(WatchInput, 256 * 1024) { IsBackground = true, Name = "input" }.Start();
        new SegmenterRun(SegmenterTask.Read(body)).Run();
        return 0;
    }

    private static void Load()
    {
        LogTail.Install();
        LibAvUtil.av_max_alloc(LargestAllocation);
        _ = LibSwResample.swresample_version();
        _ = LibAvFormat.avformat_network_init();
        _ = SoundTranscoder.Configuration();
    }

    private static (MessageKind Kind, byte[] Body) Next() => ChildStart.Receive(0, LargestMessage);

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
                Libc._exit(ChildStart.NotAChild);
            wire.Begin(MessageKind.Probed);
            wire.Text(Probes.Run(body));
            ParentPipe.Send(wire.End().Span);
        }
    }
}
