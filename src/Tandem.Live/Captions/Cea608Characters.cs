namespace Tandem.Live.Captions;

/// <summary>The character sets of CEA-608 (ANSI/CTA-608-E, annex A, tables 49 to 54).</summary>
internal static class Cea608Characters
{
    // 0x30 to 0x3F behind 0x11; the tenth is a space that lets the picture through.
    private const string Specials = "®°½¿™¢£♪à èâêîôû";

    // 0x20 to 0x3F behind 0x12 and 0x13.
    private const string Spanish = "ÁÉÓÚÜü‘¡*’—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»";
    private const string Portuguese = "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤¦ÅåØø┌┐└┘";

    /// <summary>A character of the basic set, 0x20 to 0x7F: ASCII but for a few.</summary>
    public static char Basic(int code) => code switch
    {
        0x27 => '’',
        0x2A => 'á',
        0x5C => 'é',
        0x5E => 'í',
        0x5F => 'ó',
        0x60 => 'ú',
        0x7B => 'ç',
        0x7C => '÷',
        0x7D => 'Ñ',
        0x7E => 'ñ',
        0x7F => '█',
        _ => (char)code,
    };

    /// <summary>A special character, 0x30 to 0x3F.</summary>
    public static char Special(int code) => Specials[code & 15];

    /// <summary>An extended character, 0x20 to 0x3F; it takes the place of the one before it.</summary>
    /// <param name="isSecond">Whether it follows 0x13 (Portuguese, German, Danish), not 0x12 (Spanish, French).</param>
    /// <param name="code">The second byte.</param>
    public static char Extended(bool isSecond, int code) => (isSecond ? Portuguese : Spanish)[code & 31];
}
