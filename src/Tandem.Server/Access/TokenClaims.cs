using System.Collections.Immutable;

namespace Tandem.Server.Access;

/// <summary>What a viewer's token opens.</summary>
/// <param name="Channels">Ids; <c>*</c> is every channel. Compared as they are.</param>
/// <param name="Languages">Voices; null for all of them.</param>
/// <param name="Premium">Whether it opens premium voices.</param>
/// <param name="Expires">When it ends, clock skew not added.</param>
internal sealed record TokenClaims(ImmutableArray<string> Channels, ImmutableArray<string>? Languages, bool Premium, DateTimeOffset Expires)
{
    /// <summary>Stands for all channels.</summary>
    public const string Every = "*";

    /// <summary>Whether it opens a channel.</summary>
    public bool Opens(string channel) => Channels.Contains(channel, StringComparer.Ordinal) || Channels.Contains(Every, StringComparer.Ordinal);

    /// <summary>The voices it opens; null for all there are.</summary>
    /// <param name="targets">Those of the channel.</param>
    /// <param name="premium">Those that need a premium token.</param>
    public ImmutableArray<string>? Voices(ImmutableArray<string> targets, ImmutableArray<string> premium)
    {
        if (Languages is null && (Premium || premium.IsEmpty))
            return null;
        return
        [
            .. (Languages ?? targets).Where(language => targets.Contains(language, StringComparer.OrdinalIgnoreCase)
                && (Premium || !premium.Contains(language, StringComparer.OrdinalIgnoreCase))),
        ];
    }

    /// <summary>Why a voice is not open; null where it is.</summary>
    public string? Refusal(string language, ImmutableArray<string> premium)
    {
        if (Languages is { } open && !open.Contains(language, StringComparer.OrdinalIgnoreCase))
            return Refusals.Language;
        return !Premium && premium.Contains(language, StringComparer.OrdinalIgnoreCase) ? Refusals.Premium : null;
    }
}
