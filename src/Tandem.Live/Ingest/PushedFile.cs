using System.Text;

namespace Tandem.Live.Ingest;

/// <summary>One file of <see cref="PushedFiles"/>.</summary>
internal sealed class PushedFile
{
    private const int MaxBoxes = 64;

    /// <summary>Relative to the root.</summary>
    public required string Name { get; init; }

    /// <summary>Its content, as it was sent.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Greater than that of all that came before.</summary>
    public required long Version { get; init; }

    /// <summary>When this content came.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the first content under this name came.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>Whether it is a playlist.</summary>
    public bool IsPlaylist => StartsAsPlaylist(Bytes.Span);

    /// <summary>Whether it is a master playlist.</summary>
    public bool IsMaster { get; private init; }

    /// <summary>Sent once and needed for as long as a playlist names it: playlists, init segments and keys. Goes last when memory is short.</summary>
    public bool IsLasting { get; set; }

    /// <summary>When it was last asked for.</summary>
    public DateTimeOffset LookedAt { get; set; }

    /// <summary>Whether this playlist names a file, in whatever folder.</summary>
    public bool Names(PushedFile other)
    {
        var name = other.Name[(other.Name.LastIndexOf('/') + 1)..];
        return Bytes.Span.IndexOf(Encoding.UTF8.GetBytes(name)) >= 0 || Bytes.Span.IndexOf(Encoding.UTF8.GetBytes(Uri.EscapeDataString(name))) >= 0;
    }

    /// <summary>A file that is there from now on.</summary>
    public static PushedFile Of(string name, ReadOnlyMemory<byte> bytes, long version, DateTimeOffset at, PushedFile? before)
    {
        var isPlaylist = StartsAsPlaylist(bytes.Span);
        return new PushedFile
        {
            Name = name,
            Bytes = bytes,
            Version = version,
            At = at,
            FirstAt = before?.FirstAt ?? at,
            LookedAt = at,
            IsMaster = isPlaylist && bytes.Span.IndexOf("#EXT-X-STREAM-INF"u8) >= 0,
            IsLasting = isPlaylist || before?.IsLasting == true || bytes.Length == 16 || IsInit(bytes.Span),
        };
    }

    /// <summary>Whether a text begins as playlists must (RFC 8216, section 4.3.1.1).</summary>
    public static bool StartsAsPlaylist(ReadOnlySpan<byte> bytes)
    {
        // A byte order mark may stand before it: some writers cannot help it.
        var text = bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        return text.StartsWith("#EXTM3U"u8);
    }

    /// <summary>Whether it is an MP4 header without samples: top-level boxes (ISO/IEC 14496-12, section 4.2) with moov and without moof.</summary>
    private static bool IsInit(ReadOnlySpan<byte> bytes)
    {
        var found = false;
        for (var count = 0; bytes.Length >= 8 && count < MaxBoxes; count++)
        {
            var size = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
            var type = bytes.Slice(4, 4);
            if (type.SequenceEqual("moof"u8) || type.SequenceEqual("mdat"u8) || size < 8 || size > bytes.Length)
                return false;
            found |= type.SequenceEqual("moov"u8);
            bytes = bytes[(int)size..];
        }

        return found;
    }
}
