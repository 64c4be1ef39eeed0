using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Live.Captions;

/// <summary>The plain text of a film's subtitle packets as FFmpeg hands them on.</summary>
public static partial class SubtitlePacket
{
    /// <summary>Of one packet, without markup, lines apart by line feeds; empty where it holds none.</summary>
    /// <param name="codec">FFmpeg's name of the codec.</param>
    /// <param name="data">The packet.</param>
    public static string Text(string codec, ReadOnlySpan<byte> data)
    {
        switch (codec)
        {
            case "mov_text":
                // 3GPP TS 26.245: a length, the text, and boxes of style.
                if (data.Length < 2)
                    return "";
                data = data[2..Math.Min(data.Length, 2 + BinaryPrimitives.ReadUInt16BigEndian(data))];
                return Lines(data.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
                    ? Encoding.BigEndianUnicode.GetString(data[2..])
                    : Encoding.UTF8.GetString(data));
            case "ass" or "ssa":
                // Matroska's form: eight fields before the text.
                var fields = Encoding.UTF8.GetString(data).Split(',', 9);
                return fields.Length < 9 ? "" : Lines(Overrides().Replace(fields[8], "")
                    .Replace("\\N", "\n", StringComparison.OrdinalIgnoreCase).Replace("\\h", " ", StringComparison.Ordinal));
            default:
                return Lines(VttText.Plain(Overrides().Replace(Encoding.UTF8.GetString(data), "")));
        }
    }

    private static string Lines(string text) => text.ReplaceLineEndings("\n").Replace('\0', ' ').Trim();

    // {\an8} and the like, in SubRip as well.
    [GeneratedRegex(@"\{\\[^}]{0,200}\}")]
    private static partial Regex Overrides();
}
