using System.Globalization;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>The master of a source whose input is a single media playlist.</summary>
public static class SyntheticMaster
{
    /// <summary>Stated until the first segments were measured: a usual rate of one picture of 720 lines.</summary>
    private const int AssumedBitRate = 3_000_000;

    /// <summary>A master with that playlist as its one variant.</summary>
    /// <param name="playlist">Address of the media playlist.</param>
    /// <param name="facts">What is known of it by now.</param>
    public static MasterPlaylist Of(Uri playlist, PlaylistFacts? facts = null)
    {
        var rate = facts?.BitRate ?? AssumedBitRate;
        var attributes = AttributeList.Empty.With("BANDWIDTH", rate.ToString(CultureInfo.InvariantCulture), quoted: false);
        if (facts?.AverageBitRate is { } average)
            attributes = attributes.With("AVERAGE-BANDWIDTH", average.ToString(CultureInfo.InvariantCulture), quoted: false);
        if (facts?.Codecs is { } codecs)
            attributes = attributes.With("CODECS", codecs, quoted: true);
        return new MasterPlaylist(playlist, [new Variant(attributes, playlist)], [], [], false, null, []);
    }
}
