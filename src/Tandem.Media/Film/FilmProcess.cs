using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>Kinds of messages between the two sides of a film's child.</summary>
internal enum FilmMessage : byte
{
    /// <summary>To the child: decode the stream of this number, once it has described the film.</summary>
    Hear = 64,

    /// <summary>To the child: join sources and packets as planned.</summary>
    Join = 65,

    /// <summary>To the child: a packet of one of the plan's own tracks, in order of time.</summary>
    Packet = 66,

    /// <summary>To the child: there are no more packets.</summary>
    End = 67,

    /// <summary>To the child: read the captions of the stream of this number.</summary>
    ReadCaptions = 68,

    /// <summary>From the child: what the first source holds.</summary>
    Described = 80,

    /// <summary>From the child: a block of sound.</summary>
    Sound = 81,

    /// <summary>From the child: bytes of the file that is made, and their place.</summary>
    Bytes = 82,

    /// <summary>From the child: how far it is.</summary>
    Progress = 83,

    /// <summary>From the child: it is done.</summary>
    Done = 84,

    /// <summary>From the child: it cannot go on.</summary>
    Failed = 85,

    /// <summary>From the child: a packet of subtitles.</summary>
    Text = 86,

    /// <summary>From the child: caption bytes.</summary>
    Pairs = 87,
}

/// <summary>
/// The child side of <see cref="FilmHearing"/> and <see cref="FilmJoining"/>: what runs as <c>tandem film</c>. Sources are descriptors from 3
/// on; it opens nothing and writes to its pipes only.
/// </summary>
public static class FilmProcess
{
    /// <summary>How many sources there are.</summary>
    internal const string SourcesVariable = "TANDEM_FILM_SOURCES";

    private const int FirstSource = 3;
    private const int LargestMessage = 4 << 20;
    private static readonly WireWriter Out = new();

    /// <summary>Does what standard input asks for.</summary>
    /// <param name="args">The program's arguments; the first is <c>film</c>.</param>
    /// <returns>The process's exit code; 2 when it was not started by Tandem.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (args.Count != 1 || !ChildStart.IsChild || ChildStart.Number(SourcesVariable) is not { } sources)
        {
            Console.Error.WriteLine("tandem film: started by Tandem itself, to take a film apart or to join one; not meant to be called");
            return ChildStart.NotAChild;
        }

        if (!ChildStart.Begin(Load))
            return 0;
        var readers = new List<FilmReader>();
        try
        {
            for (var source = 0; source < sources; source++)
            {
                if (FilmReader.Open(FirstSource + source, out var problem) is not { } reader)
                    return Fail(problem);
                readers.Add(reader);
            }

            Begin(FilmMessage.Described);
            Out.I32(readers.Count);
            foreach (var reader in readers)
                FilmDescriber.Describe(reader).Write(Out);
            Send();
            var (kind, body) = Receive();
            var wire = new WireReader(body);
            return kind switch
            {
                FilmMessage.Hear => Hear(readers, wire.Bounded(0, readers.Count - 1), wire.Bounded(0, FilmReader.MostStreams)),
                FilmMessage.ReadCaptions =>
                    new FilmCaptionReader(readers[wire.Bounded(0, readers.Count - 1)], wire.Bounded(0, FilmReader.MostStreams)).Run(),
                _ => new FilmJoiner(readers, FilmPlan.Read(ref wire)).Run(),
            };
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    /// <summary>Begins a message.</summary>
    internal static WireWriter Begin(FilmMessage kind)
    {
        Out.Begin((MessageKind)kind);
        return Out;
    }

    /// <summary>Sends it; waits for a parent that is slow.</summary>
    internal static void Send() => ParentPipe.Send(Out.End().Span);

    /// <summary>Waits for a message.</summary>
    internal static (FilmMessage Kind, byte[] Body) Receive()
    {
        var (kind, body) = ChildStart.Receive(0, LargestMessage);
        return ((FilmMessage)kind, body);
    }

    /// <summary>Tells how far the reading is.</summary>
    internal static void Progress(FilmReader reader)
    {
        Begin(FilmMessage.Progress).I64(reader.Position);
        Send();
    }

    /// <summary>Says why it cannot go on.</summary>
    internal static int Fail(string problem)
    {
        Begin(FilmMessage.Failed).Text(problem);
        Send();
        return 1;
    }

    private static unsafe int Hear(List<FilmReader> readers, int source, int index)
    {
        const long EachBytes = 8 << 20;
        var reader = readers[source];
        var stream = reader.Stream(index);
        using var hearer = stream is null ? null : FilmHearer.Open(stream);
        if (hearer is null)
            return Fail("there is no decoder for its sound");
        long told = 0;
        long end = 0;
        while (reader.Next() is { } error)
        {
            if (error < 0)
                return Fail(AvError.Text(error));
            end = Math.Max(end, EndOf(reader));
            if (reader.Packet->stream_index == index)
            {
                _ = hearer.Send(reader.Packet);
                Tell(hearer);
            }

            if (reader.Position - told > EachBytes || reader.Position < told)
            {
                told = reader.Position;
                Progress(reader);
            }
        }

        _ = hearer.Send(null);
        Tell(hearer);
        Begin(FilmMessage.Done).I64(end);
        Send();
        return 0;
    }

    /// <summary>Where the newest packet ends, 90 kHz, if it is one of picture or sound.</summary>
    private static unsafe long EndOf(FilmReader reader)
    {
        var packet = reader.Packet;
        var stream = reader.Stream(packet->stream_index);
        return packet->pts == LibAvUtil.NoTime || stream->codecpar->codec_type is not (0 or 1)
            ? long.MinValue
            : FilmReader.Ticks(packet->pts + Math.Max(0, packet->duration), stream->time_base);
    }

    private static void Tell(FilmHearer hearer)
    {
        while (hearer.Receive())
        {
            Begin(FilmMessage.Sound);
            Out.I64(hearer.Ticks);
            Out.I32(hearer.SampleRate);
            Out.Floats(hearer.Samples);
            Send();
        }
    }

    private static void Load()
    {
        LibAvUtil.av_log_set_level(LibAvUtil.LogQuiet);
        LibAvUtil.av_max_alloc(256 << 20);
        _ = LibAvCodec.avcodec_version();
        _ = LibSwResample.swresample_version();
        _ = LibAvFormat.avformat_version();
    }
}
