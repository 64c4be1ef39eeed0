using System.Globalization;
using Tandem.Checks.Recording;

namespace Tandem.Checks.Detectors;

/// <summary>Measures recordings of flash-and-beep channels.</summary>
public static class SyncMeasure
{
    private const double WrapSeconds = (1L << 33) / 90_000.0;

    /// <summary>
    /// Beep minus flash for every flash of a recorded variant, in order, by a key that names the flash: the address of its segment and its
    /// time. Since Tandem's playlists point at the source's own segments, a flash has the same key in both recordings. Where they do not,
    /// it is named by its time and the stretch without a break that it is in.
    /// </summary>
    /// <param name="variant">The picture.</param>
    /// <param name="voice">The sound: a rendition, or the variant itself where it is muxed.</param>
    /// <param name="carried">Whether the picture's addresses are Tandem's.</param>
    public static async Task<IReadOnlyList<KeyValuePair<string, double>>> OffsetsAsync(RecordedTrack variant, RecordedTrack voice, bool carried = false)
    {
        var offsets = new List<KeyValuePair<string, double>>();
        foreach (var (index, epoch) in variant.Epochs.Index())
        {
            if (voice.Had(epoch).Count == 0 || variant.Had(epoch).Count == 0)
                continue;
            var pictures = variant.Pictures(epoch);
            var sound = voice.Sound(epoch);
            // Each is counted on from its own first time; one may begin before the 33 bits wrap and the other after.
            var turn = Math.Round((pictures.Frames[0].Seconds - sound.Frames[0].Seconds) / WrapSeconds) * WrapSeconds;
            var aligned = sound with { Frames = [.. sound.Frames.Select(frame => frame with { Seconds = frame.Seconds + turn })] };
            var segments = variant.Had(epoch);
            foreach (var offset in FlashBeep.Match(await FlashBeep.FlashesAsync(pictures), await FlashBeep.BeepsAsync(aligned)))
            {
                var path = carried ? $"stretch {index}" : segments[offset.Flash.Segment].Listed.Address.AbsolutePath;
                var within = offset.Flash.Seconds % WrapSeconds;
                offsets.Add(KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"{path} {within:F3}"), offset.Offset));
            }
        }

        return offsets;
    }

    /// <summary>The sync error of a published voice against the source.</summary>
    /// <param name="source">A recording of the source itself.</param>
    /// <param name="published">A recording of Tandem's master over the same stretch.</param>
    /// <param name="voice">Name or language of Tandem's rendition.</param>
    public static async Task<SyncError> CompareAsync(HlsRecording source, HlsRecording published, string voice)
    {
        var heard = source.Tracks.FirstOrDefault(track => track.Item.Type == "AUDIO") ?? source.Variant;
        var carried = published.Variant.Segments.Any(segment => segment.Listed.Address.Authority == published.Variant.Item.Address!.Authority);
        var own = await OffsetsAsync(source.Variant, heard, carried);
        var theirs = await OffsetsAsync(published.Variant, published.Voice(voice), carried);
        return SyncError.Between(own, theirs.DistinctBy(pair => pair.Key).ToDictionary());
    }
}
