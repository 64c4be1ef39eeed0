using System.Buffers.Binary;
using System.Text;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>espeak-ng, one short process an utterance (16 ms): a process of its own keeps its licence (GPL v3) and its crashes apart.</summary>
/// <param name="voice">Name of the voice, such as <c>es</c> or <c>es-419</c>.</param>
public sealed class EspeakVoice(string voice) : IVoice
{
    private const int WordsAMinute = 165;
    private const float Silence = 0.004f;
    private const int Margin = ChannelTime.Rate / 100;
    private const int LongestAnswer = 22_050 * 2 * 60;

    private EngineProcess? _process;

    /// <inheritdoc/>
    public async Task<float[]> SpeakAsync(string text, CancellationToken cancellation)
    {
        var command = new[] { "espeak-ng", "-v", voice, "-s", $"{WordsAMinute}", "--stdin", "--stdout", "-b", "1" };
        using var process = new EngineProcess(command);
        _process = process;
        var (running, _) = process.Get();
        await running.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), cancellation);
        running.StandardInput.Close();
        var wave = new MemoryStream();
        var buffer = new byte[1 << 15];
        int count;
        while ((count = await running.StandardOutput.BaseStream.ReadAsync(buffer, cancellation)) > 0)
        {
            wave.Write(buffer, 0, count);
            if (wave.Length > LongestAnswer)
                throw new IOException("the voice does not stop");
        }

        _process = null;
        return Trim(Resample(wave.GetBuffer().AsSpan(0, (int)wave.Length)));
    }

    /// <inheritdoc/>
    public void Kill() => _process?.Kill();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    /// <summary>16-bit mono of a WAV file as 48 kHz.</summary>
    internal static float[] Resample(ReadOnlySpan<byte> wave)
    {
        if (wave.Length < 44 || !wave[..4].SequenceEqual("RIFF"u8))
            throw new IOException("the voice gave no sound");
        var rate = BinaryPrimitives.ReadInt32LittleEndian(wave[24..]);
        if (rate is < 8000 or > 96_000)
            throw new IOException("the voice's sound makes no sense");
        var samples = wave[44..];
        var stereo = new float[samples.Length / 2 * 2];
        for (var index = 0; index < samples.Length / 2; index++)
            stereo[index * 2] = stereo[(index * 2) + 1] = BinaryPrimitives.ReadInt16LittleEndian(samples[(index * 2)..]) / 32768f;
        var step = rate / (double)ChannelTime.Rate;
        var resampler = new SincResampler(step);
        resampler.Push(stereo);
        resampler.PushSilence(resampler.LookAhead + 1);
        var output = new float[(int)(samples.Length / 2 / step) * 2];
        var position = 0.0;
        var written = resampler.Pull(ref position, step, output);
        var mono = new float[written];
        for (var index = 0; index < written; index++)
            mono[index] = output[index * 2];
        return mono;
    }

    /// <summary>Without the silence around it, but 10 ms, so that the onset is the onset.</summary>
    internal static float[] Trim(float[] mono)
    {
        var first = Array.FindIndex(mono, sample => Math.Abs(sample) > Silence);
        if (first < 0)
            return [];
        var last = Array.FindLastIndex(mono, sample => Math.Abs(sample) > Silence);
        first = Math.Max(0, first - Margin);
        last = Math.Min(mono.Length - 1, last + Margin);
        return mono[first..(last + 1)];
    }
}
