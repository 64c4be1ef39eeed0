using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Media.Speech;

/// <summary>
/// The child process that hears speech (<c>tandem recognise MODEL</c>). It reads commands from its standard input, one byte and a length
/// of four bytes (little endian) before each, and writes one line an utterance; it ends with its input, and so with its parent.
/// </summary>
public static class RecogniserProcess
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

    /// <summary>Runs until its input ends.</summary>
    /// <param name="arguments"><c>recognise</c> and the model's folder.</param>
    public static int Run(string[] arguments)
    {
        if (arguments.Length != 2)
            return 2;
        using var input = new BufferedStream(Console.OpenStandardInput(), 1 << 16);
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
            return Serve(sphinx, input, output);
        }
    }

    private static int Serve(PocketSphinx sphinx, Stream input, Stream output)
    {
        var head = new byte[5];
        var open = false;
        while (input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
            if (length is < 0 or > LargestPayload)
                return 1;
            var payload = new byte[length];
            input.ReadExactly(payload);
            switch (head[0])
            {
                case Begin:
                    if (open)
                        sphinx.End();
                    sphinx.Begin();
                    open = true;
                    break;
                case Sound when open && length >= 2:
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

    private static void Answer(IReadOnlyList<RecognisedWord> words, Stream output)
    {
        var line = string.Join(' ', words.Select(word => string.Create(
            CultureInfo.InvariantCulture, $"{word.Text},{(int)word.Start.TotalMilliseconds},{(int)word.End.TotalMilliseconds}")));
        output.Write(Encoding.UTF8.GetBytes("= " + line + "\n"));
        output.Flush();
    }
}
