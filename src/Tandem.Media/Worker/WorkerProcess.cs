using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
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

    private const int NotAChild = 2;
    private const int BeatMilliseconds = 1000;

    /// <summary>Serves requests from standard input until it closes.</summary>
    /// <param name="args">The program's arguments; the first is <c>worker</c>.</param>
    /// <returns>The process's exit code; 2 when it was not started by a <see cref="MediaWorker"/>.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count != 1 || Number(ParentVariable) is not { } parent || Number(LargestVariable) is not { } largest
            || Number(MemoryVariable) is not { } memory)
        {
            Console.Error.WriteLine("tandem worker: started by Tandem itself, one for each channel; not meant to be called");
            return NotAChild;
        }

        if (!Confinements.DieWithParent((int)parent))
            return 0;
        Warm();
        var report = Confinements.Apply(
            memory, Environment.GetEnvironmentVariable(LandlockVariable), Environment.GetEnvironmentVariable(UnfilteredVariable) is null);
        var hello = new WireWriter();
        hello.Begin(MessageKind.Hello);
        report.Write(hello);
        ParentPipe.Send(hello.End().Span);

        using var requests = new RequestSlot();
        new Thread(() => ReadInput(requests, (int)largest), 256 * 1024) { IsBackground = true, Name = "input" }.Start();
        Work(requests);
        return 0;
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Loads the libraries, which cannot be done any more once this process is confined.</summary>
    private static void Warm()
    {
        LibAvUtil.av_log_set_level(LibAvUtil.LogQuiet);
        LibAvUtil.av_max_alloc(64 << 20);
        _ = LibSwResample.swresample_version();
        using var decoder = SoundDecoder.Open("aac", []);
    }

    private static void Work(RequestSlot requests)
    {
        var decoder = new SegmentDecoder();
        var answer = new WireWriter();
        while (true)
        {
            var (kind, body) = requests.Take();
            if (kind == MessageKind.Probe)
            {
                answer.Begin(MessageKind.Probed);
                answer.Text(Probes.Run(body));
            }
            else if (kind == MessageKind.Remux)
            {
                Remux(body);
                continue;
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

    private static DecodeOutcome Decode(ref SegmentDecoder decoder, byte[] body)
    {
        try
        {
            return decoder.Decode(WireRequest.Read(body));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A mistake in managed code that some bytes bring out. Nothing is broken but the state that they were to change; a new
            // process would cost the segments that come meanwhile.
            decoder.Dispose();
            decoder = new SegmentDecoder();
            return DecodeOutcome.Failed(DecodeFault.Crashed, $"the decoder failed at this segment: {e.GetType().Name}{Place(e)}");
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
        catch (Exception e) when (e is not OutOfMemoryException)
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
        var header = new byte[WireWriter.HeaderLength];
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

            ParentPipe.Fill(header);
            var length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length < sizeof(int) || length > largest)
                Libc._exit(NotAChild);
            var body = new byte[length];
            ParentPipe.Fill(body);
            requests.Put((MessageKind)header[4], body);
        }
    }
}
