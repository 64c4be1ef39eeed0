using System.Text;

namespace Tandem.Live.Captions;

/// <summary>One of the two memories of a CEA-608 decoder: 15 rows of 32 columns.</summary>
internal sealed class Cea608Screen
{
    /// <summary>Rows.</summary>
    public const int Rows = 15;

    /// <summary>Columns.</summary>
    public const int Columns = 32;

    private readonly char[] _cells = new char[Rows * Columns];

    /// <summary>Whether nothing stands on it.</summary>
    public bool IsEmpty => Array.TrueForAll(_cells, cell => cell is '\0' or ' ');

    /// <summary>Whether something stands at a place.</summary>
    public bool Has(int row, int column) => _cells[(row * Columns) + column] is not ('\0' or ' ');

    /// <summary>Writes a character; 0 erases it.</summary>
    public void Set(int row, int column, char character) => _cells[(row * Columns) + column] = character;

    /// <summary>Erases a row from a column on.</summary>
    public void Clear(int row, int column = 0) => Array.Clear(_cells, (row * Columns) + column, Columns - column);

    /// <summary>Erases all.</summary>
    public void Clear() => Array.Clear(_cells);

    /// <summary>One row's words.</summary>
    public string Line(int row)
    {
        // Where nothing was written there is room between words.
        var line = new string(_cells, row * Columns, Columns).Replace('\0', ' ').Trim();
        return string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>All rows that hold something, top first.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        for (var row = 0; row < Rows; row++)
        {
            var line = Line(row);
            if (line.Length > 0)
                text.Append(text.Length > 0 ? "\n" : "").Append(line);
        }

        return text.ToString();
    }
}
