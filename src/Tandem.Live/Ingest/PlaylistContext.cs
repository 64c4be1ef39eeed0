using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Tandem.Live.Ingest;

/// <summary>What the readers of one playlist share: its address, its variables, and the first thing found wrong.</summary>
internal sealed class PlaylistContext(Uri address, ImmutableDictionary<string, string> imports)
{
    // Twenty thousand short names behind one long path would be a hundred times the text.
    private const int MaxAddressText = 2 * PlaylistParser.MaxText;

    private readonly PlaylistVariables _variables = new(address, imports);
    private int _addressText;

    public Uri Address { get; } = address;

    public ImmutableDictionary<string, string> Variables => _variables.All;

    /// <summary>What is wrong, once something is.</summary>
    public PlaylistOutcome.Rejected? Failure { get; private set; }

    /// <summary>Notes the first failure and returns false, so that readers can <c>return Fail(…)</c>.</summary>
    public bool Fail(PlaylistLine line, string detail, string reason = "bad_playlist")
    {
        Failure ??= new PlaylistOutcome.Rejected(reason, line.Number, detail);
        return false;
    }

    /// <summary>An attribute list with its variables replaced.</summary>
    public bool TryAttributes(PlaylistLine line, out AttributeList attributes)
    {
        attributes = AttributeList.Empty;
        if (!AttributeReader.TryRead(line.Value, out var items))
            return Fail(line, $"{line.Tag} has an unfinished quoted string, or too many attributes");
        for (var index = 0; index < items.Count; index++)
        {
            var item = items[index];
            var replaceable = item.Quoted || item.Value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (!replaceable)
                continue;
            if (!TryReplace(line, item.Value, out var value))
                return false;
            items[index] = item with { Value = value };
        }

        attributes = new AttributeList([.. items]);
        return true;
    }

    /// <summary>EXT-X-DEFINE.</summary>
    public bool TryDefine(PlaylistLine line)
    {
        // The tag's own values are not subject to replacement of the variable that it defines, but of those before it.
        if (!TryAttributes(line, out var attributes))
            return false;
        return _variables.TryDefine(attributes, out var problem) || Fail(line, problem);
    }

    /// <summary>A URI line as an absolute address, its variables replaced.</summary>
    public bool TryAddress(PlaylistLine line, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        return TryReplace(line, line.Text, out var replaced) && TryAddress(line, replaced, out address);
    }

    /// <summary>A URI attribute, its variables already replaced, as an absolute address.</summary>
    public bool TryAddress(PlaylistLine line, string written, [NotNullWhen(true)] out Uri? address)
    {
        if (!AddressReader.TryResolve(Address, written, out address))
            return Fail(line, "an address that is none");
        _addressText += address.OriginalString.Length;
        if (_addressText > MaxAddressText)
            return Fail(line, "addresses that are too long in all", "too_large");
        if (address.Scheme is not ("http" or "https") && address.Scheme != Address.Scheme)
            return Fail(line, $"an address with the scheme {Shorten(address.Scheme)}; only http and https are followed");
        return true;
    }

    /// <summary>The address of a key, of any scheme; null for what is none. False only where addresses are too long in all.</summary>
    public bool TryKeyAddress(PlaylistLine line, string written, out Uri? address)
    {
        if (!AddressReader.TryResolve(Address, written, out address))
            return true;
        _addressText += address.OriginalString.Length;
        return _addressText <= MaxAddressText || Fail(line, "addresses that are too long in all", "too_large");
    }

    /// <summary>A whole line kept for publication; null where it names a variable that nobody defined, since no player could read it.</summary>
    public string? Kept(PlaylistLine line) => _variables.TryReplace(line.Text, out var text) is ReplaceResult.Done ? text : null;

    private bool TryReplace(PlaylistLine line, string written, out string replaced) => _variables.TryReplace(written, out replaced) switch
    {
        ReplaceResult.Done => true,
        ReplaceResult.TooLarge => Fail(line, "variables make the playlist too large", "too_large"),
        _ => Fail(line, "a variable that no EXT-X-DEFINE gives a value"),
    };

    private static string Shorten(string text) => text.Length <= 20 ? text : text[..20];
}
