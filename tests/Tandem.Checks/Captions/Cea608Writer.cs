namespace Tandem.Checks.Captions;

/// <summary>Two bytes of line 21.</summary>
public readonly record struct LinePair(byte First, byte Second)
{
    /// <summary>Nothing, with parity.</summary>
    public static LinePair Padding { get; } = new(0x80, 0x80);
}

/// <summary>
/// Writes CEA-608 captions as an encoder does (ANSI/CTA-608-E): commands twice, characters in pairs, odd parity. Written from the standard's
/// tables, and shares no line with Tandem's decoder.
/// </summary>
/// <param name="Channel">1 to 4.</param>
public sealed record Cea608Writer(int Channel = 1)
{
    private static readonly Dictionary<char, byte> _basic = new (char Character, byte Code)[]
    {
        ('’', 0x27), ('á', 0x2A), ('é', 0x5C), ('í', 0x5E), ('ó', 0x5F), ('ú', 0x60), ('ç', 0x7B), ('÷', 0x7C), ('Ñ', 0x7D), ('ñ', 0x7E),
    }.ToDictionary(entry => entry.Character, entry => entry.Code);

    private static readonly Dictionary<char, (byte First, byte Second)> _special = new (char Character, byte Code)[]
    {
        ('¿', 0x33), ('♪', 0x37), ('à', 0x38), ('è', 0x3A), ('ê', 0x3C), ('û', 0x3F),
    }.ToDictionary(entry => entry.Character, entry => ((byte)0x11, entry.Code));

    private static readonly Dictionary<char, (byte First, byte Second, char Before)> _extended = new (char Character, byte First, byte Second, char Before)[]
    {
        ('É', 0x12, 0x21, 'E'), ('¡', 0x12, 0x27, '!'), ('“', 0x12, 0x2E, '"'), ('»', 0x12, 0x3F, '"'),
        ('Ä', 0x13, 0x30, 'A'), ('ö', 0x13, 0x33, 'o'), ('ß', 0x13, 0x34, 's'), ('ø', 0x13, 0x3B, 'o'), ('{', 0x13, 0x29, '('),
    }.ToDictionary(entry => entry.Character, entry => (entry.First, entry.Second, entry.Before));

    private static readonly (byte First, byte Second)[] _rows =
    [
        (0x11, 0x40), (0x11, 0x60), (0x12, 0x40), (0x12, 0x60), (0x15, 0x40), (0x15, 0x60), (0x16, 0x40), (0x16, 0x60), (0x17, 0x40), (0x17, 0x60),
        (0x10, 0x40), (0x13, 0x40), (0x13, 0x60), (0x14, 0x40), (0x14, 0x60),
    ];

    /// <summary>Resume caption loading: what follows is loaded and not shown.</summary>
    public IEnumerable<LinePair> Load() => Control(0x20);

    /// <summary>Erases what is loaded.</summary>
    public IEnumerable<LinePair> EraseLoaded() => Control(0x2E);

    /// <summary>Shows what was loaded.</summary>
    public IEnumerable<LinePair> Show() => Control(0x2F);

    /// <summary>Erases what is shown.</summary>
    public IEnumerable<LinePair> Erase() => Control(0x2C);

    /// <summary>Roll-up with two to four rows.</summary>
    public IEnumerable<LinePair> RollUp(int rows) => Control(0x23 + rows);

    /// <summary>Rolls up by a row.</summary>
    public IEnumerable<LinePair> Return() => Control(0x2D);

    /// <summary>Paint-on: what follows is shown at once.</summary>
    public IEnumerable<LinePair> Paint() => Control(0x29);

    /// <summary>One character back.</summary>
    public IEnumerable<LinePair> Back() => Control(0x21);

    /// <summary>Resume text display: what follows is no caption.</summary>
    public IEnumerable<LinePair> TextMode() => Control(0x2B);

    /// <summary>White italics, which take the place of a space.</summary>
    public IEnumerable<LinePair> Italics() => Twice(0x11, 0x2E);

    /// <summary>Goes to a row, 1 to 15, and a column that four divides.</summary>
    public IEnumerable<LinePair> MoveTo(int row, int column = 0)
    {
        var (first, second) = _rows[row - 1];
        return Twice(first, column == 0 ? second : (byte)(second | 0x10 | (column / 4 * 2)));
    }

    /// <summary>Characters.</summary>
    public IEnumerable<LinePair> Text(string text)
    {
        var pairs = new List<LinePair>();
        byte? first = null;
        foreach (var character in text)
        {
            if (_special.TryGetValue(character, out var special))
            {
                Flush();
                pairs.AddRange(Twice(special.First, special.Second));
            }
            else if (_extended.TryGetValue(character, out var extended))
            {
                // What decoders without extended characters show is erased by those that have them.
                Add((byte)extended.Before);
                Flush();
                pairs.AddRange(Twice(extended.First, extended.Second));
            }
            else
            {
                Add(_basic.TryGetValue(character, out var code) ? code : (byte)character);
            }
        }

        Flush();
        return pairs;

        void Add(byte code)
        {
            if (first is { } before)
                pairs.Add(Pair(before, code));
            first = first is null ? code : null;
        }

        void Flush()
        {
            if (first is { } last)
                pairs.Add(Pair(last, 0));
            first = null;
        }
    }

    /// <summary>All that loads a pop-on caption of these lines into the lowest rows.</summary>
    public IEnumerable<LinePair> PopOn(params IReadOnlyList<string> lines) =>
        Load().Concat(EraseLoaded()).Concat(lines.SelectMany((line, index) => MoveTo(15 - lines.Count + 1 + index).Concat(Text(line))));

    private IEnumerable<LinePair> Control(int code) => Twice((byte)(Channel > 2 ? 0x15 : 0x14), (byte)code);

    private IEnumerable<LinePair> Twice(byte first, byte second)
    {
        var pair = Pair((byte)(first | (Channel is 2 or 4 ? 8 : 0)), second);
        return [pair, pair];
    }

    private static LinePair Pair(byte first, byte second) => new(Odd(first), Odd(second));

    private static byte Odd(byte value)
    {
        var ones = 0;
        for (var bits = value & 0x7F; bits != 0; bits >>= 1)
            ones += bits & 1;
        return (byte)((value & 0x7F) | (ones % 2 == 0 ? 0x80 : 0));
    }
}
