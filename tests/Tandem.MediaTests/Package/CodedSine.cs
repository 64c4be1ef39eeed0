using System.Buffers.Binary;
using Tandem.Live.Package;
using Tandem.Media.Worker;

namespace Tandem.MediaTests.Package;

/// <summary>Frames of a sine as a worker would hand them over, taken out of files that FFmpeg wrote.</summary>
internal static class CodedSine
{
    public static async Task<CodedSound> Aac(string folder, int seconds, int rate = 48_000, int channels = 2)
    {
        var bytes = await FfmpegTool.Sine(folder, $"aac{rate}.aac", seconds, "-c:a", "aac", "-ar", $"{rate}", "-ac", $"{channels}", "-f", "adts");
        var frames = new List<CodedFrame>();
        for (var position = 0; position < bytes.Length;)
        {
            var length = ((bytes[position + 3] & 3) << 11) | (bytes[position + 4] << 3) | (bytes[position + 5] >> 5);
            frames.Add(new CodedFrame(frames.Count * 1024L * 90_000 / rate, 1024, bytes.AsMemory(position + 7, length - 7)));
            position += length;
        }

        return new CodedSound("aac", rate, channels, AudioSpecificConfig.LowComplexity(rate, channels), frames);
    }

    public static async Task<CodedSound> Mp3(string folder, int seconds)
    {
        var bytes = await FfmpegTool.Sine(folder, "sine.mp3", seconds, "-c:a", "libmp3lame", "-b:a", "128k", "-ac", "2", "-write_xing", "0", "-id3v2_version", "0");
        return SelfFramed("mp3", bytes, 1152, (data, at) => 144 * 128_000 / 48_000);
    }

    public static async Task<CodedSound> Ac3(string folder, int seconds)
    {
        var bytes = await FfmpegTool.Sine(folder, "sine.ac3", seconds, "-c:a", "ac3", "-b:a", "192k", "-ac", "2");
        return SelfFramed("ac3", bytes, 1536, (data, at) => 768);
    }

    public static async Task<CodedSound> EnhancedAc3(string folder, int seconds)
    {
        var bytes = await FfmpegTool.Sine(folder, "sine.eac3", seconds, "-c:a", "eac3", "-b:a", "192k", "-ac", "2");
        return SelfFramed("eac3", bytes, 1536, (data, at) => ((BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at + 2)) & 0x7ff) + 1) * 2);
    }

    private static CodedSound SelfFramed(string codec, byte[] bytes, int samples, Func<byte[], int, int> lengthOf)
    {
        var frames = new List<CodedFrame>();
        for (var position = 0; position < bytes.Length;)
        {
            var length = Math.Min(lengthOf(bytes, position), bytes.Length - position);
            frames.Add(new CodedFrame(frames.Count * (long)samples * 90_000 / 48_000, samples, bytes.AsMemory(position, length)));
            position += length;
        }

        return new CodedSound(codec, 48_000, 2, ReadOnlyMemory<byte>.Empty, frames);
    }
}
