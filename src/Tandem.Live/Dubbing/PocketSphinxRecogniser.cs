using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tandem.Media.Speech;

namespace Tandem.Live.Dubbing;

/// <summary>pocketsphinx in a child process of its own; it hears while the speaker speaks, so that little is left to do at the end.</summary>
/// <param name="model">Folder of the model.</param>
public sealed class PocketSphinxRecogniser(string model) : IRecogniser
{
    private readonly EngineProcess _process = new(RecogniserCommand.For(model));
    private Process? _hearing;

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        var (process, fresh) = _process.Get();
        if (fresh && await ReadLine(process.StandardOutput.BaseStream, cancellation) != "ready")
            throw new IOException("the recogniser did not start");
        _hearing = process;
        await Send(RecogniserProcess.Begin, [], cancellation);
    }

    /// <inheritdoc/>
    public Task HearAsync(ReadOnlyMemory<float> mono16, CancellationToken cancellation)
    {
        var payload = new byte[mono16.Length * 2];
        for (var index = 0; index < mono16.Length; index++)
            BinaryPrimitives.WriteInt16LittleEndian(payload.AsSpan(index * 2), (short)Math.Clamp(mono16.Span[index] * 32767f, -32768f, 32767f));
        return Send(RecogniserProcess.Sound, payload, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Recognised> EndAsync(CancellationToken cancellation)
    {
        await Send(RecogniserProcess.End, [], cancellation);
        return Parse(await ReadLine(Hearing().StandardOutput.BaseStream, cancellation));
    }

    /// <inheritdoc/>
    public void Kill()
    {
        _hearing = null;
        _process.Kill();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads an answer: <c>= word,start,end …</c>, times in milliseconds.</summary>
    internal static Recognised Parse(string line)
    {
        if (!line.StartsWith("= ", StringComparison.Ordinal) && line != "=")
            throw new IOException("the recogniser's answer makes no sense");
        var words = line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split(',')).Where(parts => parts.Length == 3).ToArray();
        if (words.Length == 0)
            return new Recognised("", TimeSpan.Zero, TimeSpan.Zero);
        return new Recognised(
            string.Join(' ', words.Select(parts => parts[0])),
            TimeSpan.FromMilliseconds(int.Parse(words[0][1], CultureInfo.InvariantCulture)),
            TimeSpan.FromMilliseconds(int.Parse(words[^1][2], CultureInfo.InvariantCulture)));
    }

    // One utterance is heard by one process: another would not know how it began.
    private Process Hearing() => _hearing ?? throw new IOException("the recogniser died");

    private async Task Send(byte kind, byte[] payload, CancellationToken cancellation)
    {
        var process = Hearing();
        var message = new byte[5 + payload.Length];
        message[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), payload.Length);
        payload.CopyTo(message, 5);
        await process.StandardInput.BaseStream.WriteAsync(message, cancellation);
        await process.StandardInput.BaseStream.FlushAsync(cancellation);
    }

    private static async Task<string> ReadLine(Stream stream, CancellationToken cancellation)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellation) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]);
            if (line.Count > 1 << 16)
                throw new IOException("the recogniser's answer has no end");
            line.Add(one[0]);
        }

        throw new IOException("the recogniser died");
    }
}
