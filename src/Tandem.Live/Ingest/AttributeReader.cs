namespace Tandem.Live.Ingest;

/// <summary>Attribute lists (RFC 8216, section 4.2).</summary>
internal static class AttributeReader
{
    private const int MaxItems = 200;

    /// <summary>
    /// Reads <c>NAME=VALUE,NAME="VALUE"</c>; false for a quoted string without its end and for more items than any tag has. Items
    /// without <c>=</c> are left out.
    /// </summary>
    public static bool TryRead(string text, out List<PlaylistAttribute> items)
    {
        items = [];
        var position = 0;
        while (position < text.Length)
        {
            var stop = text.AsSpan(position).IndexOfAny('=', ',');
            if (stop < 0)
                break;
            var name = text.AsSpan(position, stop).Trim().ToString();
            position += stop;
            if (text[position++] == ',')
                continue;
            if (items.Count == MaxItems || !TryReadValue(text, ref position, out var value, out var quoted))
                return false;
            if (name.Length > 0)
                items.Add(new PlaylistAttribute(name, value, quoted));
        }

        return true;
    }

    private static bool TryReadValue(string text, ref int position, out string value, out bool quoted)
    {
        while (position < text.Length && text[position] == ' ')
            position++;
        quoted = position < text.Length && text[position] == '"';
        if (quoted)
        {
            var close = text.IndexOf('"', position + 1);
            if (close < 0)
            {
                value = string.Empty;
                return false;
            }

            value = text[(position + 1)..close];
            var comma = text.IndexOf(',', close);
            position = comma < 0 ? text.Length : comma + 1;
            return true;
        }

        var end = text.IndexOf(',', position);
        end = end < 0 ? text.Length : end;
        value = text.AsSpan(position, end - position).Trim().ToString();
        position = Math.Min(end + 1, text.Length);
        return true;
    }
}
