using Tandem.Checks.Demux;

namespace Tandem.Checks.Hls;

/// <summary>Rules on the pictures that Tandem serves itself.</summary>
internal sealed class CarriedRules(CheckerOptions options, Report report)
{
    private const double Rate = 90_000;
    private const double Wrap = 1L << 33;
    private readonly Dictionary<Uri, SortedDictionary<long, (HlsSegment Listed, double Start)>> _pictures = [];

    /// <summary>Reads a segment.</summary>
    /// <param name="playlist">The playlist that listed it.</param>
    /// <param name="listed">As listed.</param>
    /// <param name="at">When it was had.</param>
    /// <param name="init">Its init segment; null where it has none.</param>
    /// <param name="bytes">All of it.</param>
    public void Add(Uri playlist, HlsSegment listed, DateTimeOffset at, byte[]? init, byte[] bytes)
    {
        try
        {
            var (pictures, sound) = Streams.Both(init, bytes);
            if (pictures.Frames.Count == 0)
            {
                report(HlsRule.CarriedPicture, listed.Address, at, "holds no picture");
                return;
            }

            if (sound is { Frames.Count: > 0 })
                report(HlsRule.CarriedPicture, listed.Address, at, $"holds {sound.Frames.Count} frames of sound");
            if (!_pictures.TryGetValue(playlist, out var segments))
                _pictures.Add(playlist, segments = []);
            segments[listed.Number] = (listed, pictures.Frames.Min(frame => frame.Seconds) * Rate);
        }
        catch (DemuxException fault)
        {
            report(HlsRule.CarriedPicture, listed.Address, at, fault.Message);
        }
    }

    /// <summary>Rules between segments.</summary>
    /// <param name="voice">Where a segment's date lies on the source's clock, 90 kHz, by the voices; null where no voice tells.</param>
    /// <param name="add">Takes what is broken.</param>
    public void Check(Func<HlsSegment, double?> voice, Report add)
    {
        var tolerance = (options.SourceDateTolerance + options.MediaTimeTolerance).TotalSeconds;
        foreach (var (playlist, segments) in _pictures)
        {
            foreach (var (number, (listed, start)) in segments)
            {
                if (segments.TryGetValue(number - 1, out var before) && before.Listed.Discontinuity == listed.Discontinuity
                    && listed.Date is { } date && before.Listed.Date is { } dateBefore)
                {
                    var off = (Math.IEEERemainder(start - before.Start, Wrap) / Rate) - (date - dateBefore).TotalSeconds;
                    if (Math.Abs(off) > tolerance)
                        add(HlsRule.CarriedPicture, playlist, default, $"from segment {number - 1} to {number} time goes {off * 1000:F1} ms further than the date");
                }

                if (voice(listed) is { } heard && Math.Abs(Math.IEEERemainder(start - heard, Wrap)) > tolerance * Rate)
                    add(HlsRule.CarriedPicture, playlist, default, $"segment {number} starts {Math.IEEERemainder(start - heard, Wrap) / 90:F1} ms later than the voices at its date");
            }
        }
    }
}
