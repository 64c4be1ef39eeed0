using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>
/// Whether media times agree with source times: in each track the distance between the two stays the same until a discontinuity, and it is
/// the same for picture and voice. Pure.
/// </summary>
/// <param name="voiceTolerance">What the distance may change in the voice, s.</param>
/// <param name="pictureTolerance">The same of the picture, whose first shown frame need not be its first coded one.</param>
internal sealed class MediaClock(double voiceTolerance, double pictureTolerance)
{
    /// <summary>
    /// Between picture and voice, s: what viewers begin to see (ITU-R BT.1359: 45 ms early, 125 ms late), and reordering.
    /// </summary>
    private const double SyncTolerance = 0.15;

    /// <summary>So many in a row tell that it is no matter of a moment, such as a discontinuity that has reached one track only.</summary>
    private const int SyncPatience = 4;

    private readonly Track _picture = new();
    private readonly Track _voice = new();
    private int _unequal;
    private bool _told;

    /// <summary>Takes a piece.</summary>
    /// <param name="isVoice">Otherwise picture.</param>
    /// <param name="epoch">Pieces of the same epoch have no discontinuity between them.</param>
    /// <param name="source">Its source time, s.</param>
    /// <param name="media">Its media time, s.</param>
    /// <param name="wraps">Whether media time has 33 bits.</param>
    /// <param name="report">Told what is wrong.</param>
    public void Take(bool isVoice, long epoch, double source, double media, bool wraps, Action<FaultKind, string> report)
    {
        var track = isVoice ? _voice : _picture;
        var distance = media - source;
        track.Wraps = wraps;
        if (track.Distance is not { } known || track.Epoch != epoch)
        {
            if (track.Distance is not null)
                (_unequal, _told) = (0, false);
            track.Set(distance, epoch);
        }
        else if (Near(known, distance, wraps, isVoice) || (track.Other is { } other && Near(other, distance, wraps, isVoice)))
        {
            track.Set(distance, epoch);
        }
        else
        {
            report(FaultKind.Time, string.Create(
                CultureInfo.InvariantCulture,
                $"media time of the {(isVoice ? "voice" : "picture")} moved by {SegmentTimes.Between(known, distance, wraps) * 1000:+0.0;-0.0} ms against source time at {media:F3} s"));
            track.Other = distance;
            return;
        }

        Compare(report);
    }

    private bool Near(double known, double distance, bool wraps, bool isVoice) =>
        Math.Abs(SegmentTimes.Between(known, distance, wraps)) <= (isVoice ? voiceTolerance : pictureTolerance);

    private void Compare(Action<FaultKind, string> report)
    {
        if (_picture.Distance is not { } picture || _voice.Distance is not { } voice || _picture.Epoch != _voice.Epoch)
            return;

        // A picture in MP4 has whole times, a voice in packed audio 33 bits of them.
        var apart = SegmentTimes.Between(picture, voice, _picture.Wraps || _voice.Wraps);
        _unequal = Math.Abs(apart) > SyncTolerance ? _unequal + 1 : 0;
        if (_unequal < SyncPatience || _told)
            return;
        _told = true;
        report(FaultKind.Sync, string.Create(CultureInfo.InvariantCulture, $"the voice is {apart * 1000:+0;-0} ms off the picture"));
    }

    private sealed class Track
    {
        public double? Distance { get; private set; }

        public double? Other { get; set; }

        public bool Wraps { get; set; }

        public long Epoch { get; private set; }

        public void Set(double distance, long epoch) => (Distance, Other, Epoch) = (distance, null, epoch);
    }
}
