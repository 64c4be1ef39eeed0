using Tandem.Media.Demux;

namespace Tandem.Media.Chunks;

/// <summary>Numbers of variable length in parameter sets (ITU-T H.264, 9.1).</summary>
internal static class ExpGolomb
{
    /// <summary>An unsigned number; 0 where the bits end.</summary>
    public static uint Unsigned(ref BitReader bits)
    {
        var zeros = 0;
        while (zeros < 32 && !bits.Overrun && !bits.Flag())
            zeros++;
        return zeros >= 32 || bits.Overrun ? 0 : (1u << zeros) - 1 + bits.Read(zeros);
    }

    /// <summary>A signed number.</summary>
    public static int Signed(ref BitReader bits)
    {
        var value = Unsigned(ref bits);
        return (value & 1) != 0 ? (int)((value >> 1) + 1) : -(int)(value >> 1);
    }
}
