using System.Globalization;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Captions;

/// <summary>
/// Hands the source's captions to the engine: gives them their places on channel time once the rows they belong to are there, and says when
/// there are none. Owned by the channel's loop.
/// </summary>
/// <param name="engine">Reads them.</param>
/// <param name="reading">Where they come from.</param>
/// <param name="language">BCP 47 tag of the source language.</param>
/// <param name="time">The clock.</param>
public sealed class SourceCaptions(ICaptionListener engine, CaptionReading reading, string language, TimeProvider time)
{
    // A caption whose row has not come after so long belongs to none.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Speech that nobody captions for so long has no captions.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const string Remedy = "choose another recogniser";

    private const int MostWaiting = 256;

    private readonly List<(CaptionSegment Said, DateTimeOffset Until)> _waiting = [];
    private CaptionSource? _source;
    private TimeSpan _silent;
    private bool _hasSpoken;
    private string? _fault;
    private int _faultsInRow;
    private ChannelTime _upTo;

    /// <summary>Takes what was read of a segment.</summary>
    public void Accept(CaptionSegment said)
    {
        if (said.Source != _source)
            (_source, _silent, _hasSpoken, _faultsInRow) = (said.Source, TimeSpan.Zero, false, 0);

        // A gap is what the source says there is.
        if (said.Fault is { Reason: not "gap" } fault)
        {
            _faultsInRow++;
            _fault = fault.Detail;
        }
        else
        {
            _faultsInRow = 0;
        }

        _hasSpoken |= said.HasSpoken;
        _silent += said.Segment.Duration;
        if (_waiting.Count >= MostWaiting)
            _waiting.RemoveAt(0);
        _waiting.Add((said, time.GetUtcNow() + Patience));
    }

    /// <summary>Places what can be placed, and tells the engine how things are.</summary>
    /// <param name="rows">The channel's rows, in order.</param>
    /// <param name="now">Wall time.</param>
    public void Work(IReadOnlyList<SegmentRow> rows, DateTimeOffset now)
    {
        engine.Miss(Trouble());
        while (_waiting.Count > 0)
        {
            var (said, until) = _waiting[0];
            if (!Place(said, rows, now >= until))
                return;
            _waiting.RemoveAt(0);
        }
    }

    /// <summary>Whether all was done; otherwise it waits for rows.</summary>
    private bool Place(CaptionSegment said, IReadOnlyList<SegmentRow> rows, bool isLate)
    {
        var cues = new List<SourceCue>();
        foreach (var text in said.Texts)
        {
            var place = CaptionPlace.Of(text.Start, said.AppearedAt, rows);
            if (place.Time is { } start)
                cues.Add(new SourceCue(start, start + SoundLength.OfSeconds((text.End - text.Start) / (double)MediaTime.Rate), text.Text));
            else if (place.IsAhead && !isLate)
                return false;
        }

        cues.RemoveAll(cue => rows.Any(row => row.Undubbed && cue.Start >= row.From && cue.Start < row.To));
        foreach (var row in rows)
        {
            // What appeared a segment's length before the captions' is captioned, as far as it ever will be.
            if (row.AppearedAt <= said.AppearedAt - (said.IsHeard ? TimeSpan.Zero : row.Duration))
                _upTo = ChannelTime.Max(_upTo, row.To);
        }

        var open = said.Open is { } ticks ? CaptionPlace.Of(ticks, said.AppearedAt, rows).Time : null;
        engine.Read(cues, open is { } since ? ChannelTime.Min(since, _upTo) : _upTo);
        return true;
    }

    private string? Trouble()
    {
        if (reading.Problem is { } problem)
            return problem;
        if (reading.PlaylistFault is { } playlist)
            return $"the captions cannot be had: {playlist.Detail}";
        if (_faultsInRow >= 2)
            return $"the captions cannot be read: {_fault}";
        if (_hasSpoken || _silent < Silence || _source is not { } source)
            return null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the source has no WebVTT rendition in {language}, and no captions came in {Silence.TotalSeconds:0} s of {source.Shown}; {Remedy}");
    }
}
