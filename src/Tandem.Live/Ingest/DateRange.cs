namespace Tandem.Live.Ingest;

/// <summary>EXT-X-DATERANGE (RFC 8216, section 4.3.2.7): belongs to the playlist, wherever its line stands.</summary>
/// <param name="Id">ID.</param>
/// <param name="Line">The whole line, variables replaced and addresses absolute.</param>
/// <param name="Start">START-DATE; null where another line of the same ID gives it.</param>
/// <param name="End">END-DATE, or what follows from DURATION or PLANNED-DURATION; null where the line does not say.</param>
public sealed record DateRange(string Id, string Line, DateTimeOffset? Start, DateTimeOffset? End)
{
    /// <summary>Whether an advertisement begins with it (SCTE35-OUT; RFC 8216, section 4.3.2.7.1).</summary>
    public bool IsSpliceOut { get; init; }

    // Interstitials (RFC 8216bis, appendix D) carry addresses of their own.
    private static readonly string[] s_addresses = ["X-ASSET-URI", "X-ASSET-LIST"];

    /// <summary>Reads a line's attributes; null without ID.</summary>
    /// <param name="attributes">Of the tag.</param>
    /// <param name="playlist">Where the playlist was found: relative addresses start there.</param>
    /// <param name="write">Writes an attribute list.</param>
    public static DateRange? Of(AttributeList attributes, Uri playlist, Func<AttributeList, string> write)
    {
        if (attributes["ID"] is not { Length: > 0 } id)
            return null;
        foreach (var name in s_addresses)
        {
            if (attributes[name] is { Length: > 0 } written && AddressReader.TryResolve(playlist, written, out var address))
                attributes = attributes.With(name, address.OriginalString, quoted: true);
        }

        var start = attributes["START-DATE"] is { } text ? PlaylistValues.Date(text) : null;
        var end = attributes["END-DATE"] is { } last ? PlaylistValues.Date(last) : null;
        if (end is null && start is { } from && PlaylistValues.TryDuration(attributes["DURATION"] ?? attributes["PLANNED-DURATION"] ?? "", out var length))
            end = from + length;
        return new DateRange(id, "#EXT-X-DATERANGE:" + write(attributes), start, end) { IsSpliceOut = attributes["SCTE35-OUT"] is not null };
    }
}
