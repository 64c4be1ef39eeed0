using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Media.Speech;

/// <summary>
/// The child process that hears speech (<c>tandem recognise MODEL</c>). It reads commands from its standard input, one byte and a length
/// of four bytes (little endian) before each, and writes one line an utterance; it ends with its input, and so with its parent.
/// </summary>
public static partial class RecogniserProcess
{
    /// <summary>Begins an utterance; no payload.</summary>
    public const byte Begin = (byte)'B';

    /// <summary>More sound: 16-bit samples, 16 kHz mono.</summary>
    public const byte Sound = (byte)'S';

    /// <summary>Ends the utterance; no payload. Answered by a line: <c>word,start ms,end ms</c>, separated by spaces.</summary>
    public const byte End = (byte)'E';

    /// <summary>Gives the utterance up; no payload, no answer.</summary>
    public const byte Drop = (byte)'D';

    private const int LargestPayload = 1 << 20;

    private static readonly int s_parent = getppid();

    /// <summary>Runs until its input ends.</summary>
    /// <param name="arguments"><c>recognise</c> and the model's folder.</param>
    public static int Run(string[] arguments)
    {
        if (arguments.Length != 2)
            return 2;
        var input = new BufferedStream(Console.OpenStandardInput(), 1 << 16);
        using var output = Console.OpenStandardOutput();
        PocketSphinx sphinx;
        try
        {
            sphinx = new PocketSphinx(arguments[1]);
        }
        catch (Exception error) when (error is InvalidOperationException or DllNotFoundException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }

        using (sphinx)
        {
            output.Write("ready\n"u8);
            output.Flush();
            return Serve(sphinx, Read(input), output);
        }
    }

    /// <summary>
    /// Reads commands on a thread of its own. When the input ends the process ends, even while the library hangs: no recogniser outlives
    /// its parent.
    /// </summary>
    private static BlockingCollection<(byte Kind, byte[] Payload)> Read(Stream input)
    {
        // An utterance of 10 s is some twenty commands; more than fit wait in the pipe.
        var commands = new BlockingCollection<(byte Kind, byte[] Payload)>(64);
        new Thread(() =>
        {
            var head = new byte[5];
            while (input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
                if (length is < 0 or > LargestPayload)
                    break;
                var payload = new byte[length];
                if (input.ReadAtLeast(payload, length, throwOnEndOfStream: false) < length)
                    break;

                // While the library hangs nothing is taken out; then the end of the input must still be seen.
                while (!commands.TryAdd((head[0], payload), TimeSpan.FromSeconds(1)))
                {
                    if (IsOrphan())
                        Environment.Exit(0);
                }
            }

            Environment.Exit(0);
        })
        { IsBackground = true }.Start();
        return commands;
    }

    // Who loses its parent is handed to process 1, or to another that reaps.
    private static bool IsOrphan() => getppid() != s_parent;

    private static int Serve(PocketSphinx sphinx, BlockingCollection<(byte Kind, byte[] Payload)> commands, Stream output)
    {
        var open = false;
        foreach (var (kind, payload) in commands.GetConsumingEnumerable())
        {
            switch (kind)
            {
                case Begin:
                    if (open)
                        sphinx.End();
                    sphinx.Begin();
                    open = true;
                    break;
                case Sound when open && payload.Length >= 2:
                    sphinx.Hear(MemoryMarshal.Cast<byte, short>(payload));
                    break;
                case End when open:
                    Answer(sphinx.End(), output);
                    open = false;
                    break;
                case Drop when open:
                    sphinx.End();
                    open = false;
                    break;
            }
        }

        return 0;
    }

    [LibraryImport("libc")]
    private static partial int getppid();

    private static void Answer(IReadOnlyList<RecognisedWord> words, Stream output)
    {
        var line = string.Join(' ', words.Select(word => string.Create(
            CultureInfo.InvariantCulture, $"{word.Text},{(int)word.Start.TotalMilliseconds},{(int)word.End.TotalMilliseconds}")));
        output.Write(Encoding.UTF8.GetBytes("= " + line + "\n"));
        output.Flush();
    }
}
