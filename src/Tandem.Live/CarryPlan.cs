using System.Collections.Immutable;
using System.Globalization;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>
/// Which of the source's playlists are carried. What is held of them costs memory: variants are taken from the lowest bit rate upwards,
/// what is heard in any case, until the memory is used up. Pure.
/// </summary>
/// <param name="Carried">The playlists whose segments Tandem serves.</param>
/// <param name="LeftOut">The variants that are left out for want of memory, one line for people each, lowest bit rate first.</param>
public sealed record CarryPlan(ImmutableHashSet<PlaylistId> Carried, ImmutableArray<string> LeftOut)
{
    // Where the master says nothing: a usual picture of 720 lines, AAC in stereo, text.
    private const long AssumedPicture = 3_000_000;
    private const long AssumedSound = 192_000;
    private const long AssumedText = 8_000;

    /// <summary>Nothing.</summary>
    public static CarryPlan None { get; } = new([], []);

    /// <summary>Chooses.</summary>
    /// <param name="source">The source's playlists.</param>
    /// <param name="held">How long a segment is held: until it is due, while it is listed, and while players may still ask for it.</param>
    /// <param name="memory">Bytes that may be held.</param>
    public static CarryPlan Of(SourceEvent.MasterFound source, TimeSpan held, long memory)
    {
        var playlists = source.Playlists.Where(playlist => playlist.IFrames is null && !IsSoundOnly(playlist)).ToList();
        var pictures = playlists.Where(HasPicture).GroupBy(playlist => playlist.Id)
            .Select(same => (Id: same.Key, Bits: same.Max(BitsOf)))
            .OrderBy(picture => picture.Id != source.Heard).ThenBy(picture => picture.Bits).ToList();
        var others = playlists.Where(playlist => !HasPicture(playlist)).DistinctBy(playlist => playlist.Id).ToList();
        var carried = others.Select(other => other.Id).ToImmutableHashSet();
        var bits = others.Sum(BitsOf);
        var leftOut = new List<(PlaylistId Id, long Bits)>();
        foreach (var (index, picture) in pictures.Index())
        {
            var fits = (bits + picture.Bits) / 8 * held.TotalSeconds <= memory && index < RemuxRequest.MostStreams;
            if (index > 0 && !(fits && leftOut.Count == 0))
            {
                leftOut.Add(picture);
                continue;
            }

            bits += picture.Bits;
            carried = carried.Add(picture.Id);
        }

        return new CarryPlan(carried, [.. leftOut.Select(picture => string.Create(
            CultureInfo.InvariantCulture, $"{picture.Id} ({picture.Bits / 1e6:F1} Mbit/s)"))]);
    }

    /// <summary>Whether a playlist's segments hold a picture, as far as its kind tells.</summary>
    public static bool HasPicture(PlaylistKind kind) => kind is PlaylistKind.Variant or PlaylistKind.Video or PlaylistKind.Single;

    private static bool HasPicture(SourcePlaylist playlist) => HasPicture(playlist.Id.Kind);

    // Voices stand for them in the master.
    private static bool IsSoundOnly(SourcePlaylist playlist) => playlist.Variant is { } variant && AudioOnly.Is(variant, null);

    private static long BitsOf(SourcePlaylist playlist) => playlist.Id.Kind switch
    {
        PlaylistKind.Audio => AssumedSound,
        PlaylistKind.Subtitles => AssumedText,
        _ => long.TryParse(playlist.Variant?.Attributes["BANDWIDTH"], NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits is > 0 and <= int.MaxValue ? bits : AssumedPicture,
    };
}
