using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tandem.Server.Demo;

/// <summary>Writes 32-bit float sound as RIFF WAVE, for ffmpeg to read.</summary>
internal static class WaveFile
{
    /// <summary>Writes interleaved samples at <see cref="ProgrammeSound.Rate"/>.</summary>
    public static void Write(string path, ReadOnlySpan<float> samples, int channels)
    {
        const int HeaderSize = 44, FloatFormat = 3;
        Span<byte> header = stackalloc byte[HeaderSize];
        "RIFF"u8.CopyTo(header);
        var bytes = MemoryMarshal.AsBytes(samples);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], HeaderSize - 8 + bytes.Length);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], FloatFormat);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], ProgrammeSound.Rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], ProgrammeSound.Rate * channels * sizeof(float));
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], (short)(channels * sizeof(float)));
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 8 * sizeof(float));
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], bytes.Length);
        using var file = File.Create(path);
        file.Write(header);
        file.Write(bytes);
    }
}
