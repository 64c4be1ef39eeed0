using System.Collections.Immutable;
using System.Globalization;

namespace Tandem.Live.Ingest;

/// <summary>Numbers, durations, dates and byte ranges as playlists write them.</summary>
internal static class PlaylistValues
{
    /// <summary>Numbers beyond this would overflow when a playlist counts on from them; no source gets there.</summary>
    public const long MaxNumber = 1_000_000_000_000_000_000;

    /// <summary>Longest duration taken for one.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    private static readonly DateTimeOffset s_earliest = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= MaxNumber;

    /// <summary>Seconds, whole or decimal. What lies outside 0 to a day, as packagers write when their clock wraps, is taken for the nearer end.</summary>
    public static bool TryDuration(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (!decimal.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return false;
        seconds = Math.Clamp(seconds, 0, (decimal)MaxDuration.TotalSeconds);
        duration = TimeSpan.FromTicks((long)decimal.Round(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary><c>length[@offset]</c>; the offset is null where it is not written.</summary>
    public static bool TryRange(string text, out long length, out long? offset)
    {
        offset = null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (!TryNumber(at < 0 ? text : text.AsSpan(0, at), out length) || length <= 0)
            return false;
        if (at < 0)
            return true;
        var read = TryNumber(text.AsSpan(at + 1), out var start);
        offset = start;
        return read;
    }

    /// <summary>ISO 8601 with or without colon in its zone; without a zone it is taken for UTC. Null for what is no date.</summary>
    public static DateTimeOffset? Date(string text)
    {
        var read = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date);
        return read && date >= s_earliest && date <= s_latest ? date : null;
    }

    /// <summary>A hexadecimal sequence of at most 16 bytes, filled with zeros at the front.</summary>
    public static bool TryIv(string text, out ImmutableArray<byte> iv)
    {
        iv = default;
        if (!text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || text.Length is < 3 or > 34)
            return false;
        var padded = text[2..].PadLeft(32, '0');
        var bytes = new byte[16];
        if (Convert.FromHexString(padded, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        iv = [.. bytes];
        return true;
    }
}
