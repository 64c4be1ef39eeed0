using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tandem.Media.Captions;
using Tandem.Media.Chunks;
using Tandem.Media.Decode;
using Tandem.Media.Native;
using Tandem.Media.Remux;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>The child side of a <see cref="MediaWorker"/>: what runs as <c>tandem worker</c>.</summary>
/// <remarks>
/// One thread does the work. Another reads standard input all the time, so that the process ends with its parent even while a native
/// call hangs, and says each second that it lives.
/// </remarks>
public static class WorkerProcess
{
    /// <summary>Process id of the parent; a child whose parent is another has been orphaned already.</summary>
    internal const string ParentVariable = "TANDEM_WORKER_PARENT";

    /// <summary>Largest message that the child takes, bytes.</summary>
    internal const string LargestVariable = "TANDEM_WORKER_LARGEST";

    /// <summary>Bytes of data that the child may have.</summary>
    internal const string MemoryVariable = "TANDEM_WORKER_MEMORY";

    /// <summary>What the parent knows of the Landlock ruleset that it started the child under.</summary>
    internal const string LandlockVariable = "TANDEM_WORKER_LANDLOCK";

    /// <summary>Set where the child shall not filter system calls.</summary>
    internal const string UnfilteredVariable = "TANDEM_WORKER_UNFILTERED";

    /// <summary>Set where the child obeys probes, in tests.</summary>
    internal const string ProbesVariable = "TANDEM_WORKER_PROBES";

    /// <summary>Exit code of a child that has no memory left.</summary>
    internal const int OutOfMemory = 12;

    private const int BeatMilliseconds = 1000;

    /// <summary>Serves requests from standard input until it closes.</summary>
    /// <param name="args">The program's arguments; the first is <c>worker</c>.</param>
    /// <returns>The process's exit code; 2 when it was not started by a <see cref="MediaWorker"/>.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count != 1 || !ChildStart.IsChild || ChildStart.Number(LargestVariable) is not { } largest)
        {
            Console.Error.WriteLine("tandem worker: started by Tandem itself, one for each channel; not meant to be called");
            return ChildStart.NotAChild;
        }

        if (!ChildStart.Begin(Load))
            return 0;
        using var requests = new RequestSlot();
        new Thread(() => OrEnd(() => ReadInput(requests, (int)largest)), 256 * 1024) { IsBackground = true, Name = "input" }.Start();
        OrEnd(() => Work(requests));
        return 0;
    }

    /// <summary>
    /// Where there is no memory left, the process ends: another one begins with all of it, while this one would answer for good that it
    /// heard nothing.
    /// </summary>
    private static void OrEnd(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is OutOfMemoryException or NoMemoryException)
        {
            Libc._exit(OutOfMemory);
        }
    }

    private static void Load()
    {
        LibAvUtil.av_log_set_level(LibAvUtil.LogQuiet);
        LibAvUtil.av_max_alloc(64 << 20);
        _ = LibSwResample.swresample_version();
        using var decoder = SoundDecoder.Open("aac", []);
    }

    private static void Work(RequestSlot requests)
    {
        var decoder = new SegmentDecoder();
        var captions = new CaptionExtractor();
        var answer = new WireWriter();
        while (true)
        {
            var (kind, body) = requests.Take();
            if (kind == MessageKind.Probe)
            {
                answer.Begin(MessageKind.Probed);
                answer.Text(Probes.Run(body));
            }
            else if (kind == MessageKind.Captions)
            {
                WireCaptions.Write(answer, BinaryPrimitives.ReadInt32LittleEndian(body), Captions(ref captions, body));
            }
            else if (kind == MessageKind.Remux)
            {
                Remux(body);
                continue;
            }
            else if (kind == MessageKind.Exhaust)
            {
                Exhaust();
                answer.Begin(MessageKind.Probed);
                answer.Text("exhausted");
            }
            else if (kind == MessageKind.Chunk)
            {
                Chunk(body);
                continue;
            }
            else
            {
                var request = BinaryPrimitives.ReadInt32LittleEndian(body);
                answer.Begin(MessageKind.Outcome);
                WireOutcome.Write(answer, request, Decode(ref decoder, body));
            }

            ParentPipe.Send(answer.End().Span);
        }
    }

    /// <summary>
    /// Takes all memory that this process may have, in ever smaller pieces, and then asks for as much as a large segment needs. Small ones may be
    /// decoded in what was freed before.
    /// </summary>
    private static unsafe void Exhaust()
    {
        const int LargeSegment = 96 << 20;
        const nuint Largest = 16 << 20;
        const nuint Smallest = 1 << 10;
        for (var size = Largest; size >= Smallest;)
        {
            try
            {
                NativeMemory.Alloc(size);
            }
            catch (OutOfMemoryException)
            {
                size /= 2;
            }
        }

        GC.KeepAlive(GC.AllocateUninitializedArray<byte>(LargeSegment));
    }

    private static DecodeOutcome Decode(ref SegmentDecoder decoder, byte[] body)
    {
        try
        {
            return decoder.Decode(WireRequest.Read(body));
        }
        catch (Exception e) when (e is not (OutOfMemoryException or NoMemoryException))
        {
            // A mistake in managed code that some bytes bring out. Nothing is broken but the state that they were to change; a new
            // process would cost the segments that come meanwhile.
            decoder.Dispose();
            decoder = new SegmentDecoder();
            return DecodeOutcome.Failed(DecodeFault.Crashed, $"the decoder failed at this segment: {e.GetType().Name}{Place(e)}");
        }
    }

    private static CaptionOutcome Captions(ref CaptionExtractor extractor, byte[] body)
    {
        try
        {
            return extractor.Extract(WireCaptions.ReadRequest(body));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            extractor = new CaptionExtractor();
            return CaptionOutcome.Failed(DecodeFault.Crashed, $"reading captions failed at this segment: {e.GetType().Name}{Place(e)}");
        }
    }

    private static void Remux(byte[] body)
    {
        RemuxResult result;
        try
        {
            var (data, init, memory) = WireRemux.ReadRequest(body);
            result = Remuxer.Remux(data, init, memory);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or NoMemoryException))
        {
            result = RemuxResult.Failed(DecodeFault.Crashed, $"the remuxer failed at this segment: {e.GetType().Name}{Place(e)}");
        }

        // The pieces lie in the request's own bytes: they go out as they are.
        var head = WireRemux.Head(BinaryPrimitives.ReadInt32LittleEndian(body), result);
        ParentPipe.Send(head, result.Segment?.Pieces ?? []);
    }

    private static void Chunk(byte[] body)
    {
        ChunkResult result;
        try
        {
            var request = WireChunks.ReadRequest(body);
            result = Chunker.Cut(request.Data, request.Init, request.Count);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            result = new ChunkResult(null, DecodeFault.Crashed, $"cutting this segment failed: {e.GetType().Name}{Place(e)}");
        }

        var (head, pieces) = WireChunks.Outcome(BinaryPrimitives.ReadInt32LittleEndian(body), result);
        ParentPipe.Send(head, pieces);
    }

    private static string Place(Exception e) => e.StackTrace?.Split('\n') is [var first, ..] ? " " + first.Trim() : "";

    private static unsafe void ReadInput(RequestSlot requests, int largest)
    {
        var beat = new WireWriter();
        beat.Begin(MessageKind.Beat);
        var beatBytes = beat.End();
        while (true)
        {
            var entry = new Libc.PollEntry { Descriptor = 0, Wanted = Libc.PollEntry.Readable };
            if (Libc.poll(&entry, new CULong(1), BeatMilliseconds) == 0)
            {
                // While an answer is being written nobody needs to be told that this process lives.
                ParentPipe.TrySend(beatBytes.Span);
                continue;
            }

            var (kind, body) = ChildStart.Receive(sizeof(int), largest);
            requests.Put(kind, body);
        }
    }
}
