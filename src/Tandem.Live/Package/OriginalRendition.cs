using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>What the original has for a row.</summary>
/// <param name="Generation">Of the row's epoch.</param>
/// <param name="Packager">Of the row's epoch.</param>
/// <param name="Body">The segment; null for a gap: where the source has one, or where no silence is known in its codec.</param>
public sealed record OriginalSegment(string Generation, SoundPackager Packager, byte[]? Body);

/// <summary>
/// The original's own frames, repackaged and cut where the rows are cut; never encoded again. Frames that belong to the next row's time
/// wait for it. Rows are heard long before they are due: each epoch keeps its own frames until its last row is packaged.
/// </summary>
/// <param name="language">BCP 47 tag of the source language.</param>
/// <param name="nextGeneration">Names a new generation.</param>
public sealed class OriginalRendition(string language, Func<string> nextGeneration)
{
    // Longer holes are lost segments, which are gaps.
    private const long LongestHole = 10 * MediaTime.Rate;

    // Frames on one grid, measured in two segments, are at the same time but for rounding.
    private const long SameTicks = MediaTime.Rate / 500;

    private readonly LinkedList<Life> _lives = [];

    /// <summary>Packager of the newest epoch; null where the source's codec cannot be packaged, or is not known yet.</summary>
    public SoundPackager? Packager => _lives.Last?.Value.Packager;

    /// <summary>Takes the frames that came with <paramref name="row"/>.</summary>
    public void Accept(SegmentRow row)
    {
        if (_lives.Last?.Value.Epoch != row.Epoch)
            _lives.AddLast(new Life(row.Epoch, nextGeneration()));
        _lives.Last!.Value.Accept(row, language);
    }

    /// <summary>Packages what begins before <paramref name="row"/>'s end; null where its epoch's sound cannot be packaged.</summary>
    /// <param name="row">Rows come in order.</param>
    /// <param name="isLast">Whether no sound follows for now: silence stands for what is missing at the row's end, also when it comes later.</param>
    public OriginalSegment? Package(SegmentRow row, bool isLast = false)
    {
        while (_lives.First is { } oldest && oldest.Value.Epoch.Index < row.Epoch.Index)
            _lives.RemoveFirst();
        if (_lives.First is not { Value: { Packager: { } packager } life } || life.Epoch != row.Epoch)
            return null;

        // Rows that were heard after this one have brought what they had of its sound; so has its epoch, once there is another.
        var isOver = _lives.First.Next is not null || life.Newest > row.Number;
        return new OriginalSegment(life.Generation, packager, life.Take(row, isLast, isOver));
    }

    /// <summary>One epoch's frames and packager.</summary>
    private sealed class Life(Epoch epoch, string generation)
    {
        private readonly List<CodedFrame> _frames = [];
        private long _last = epoch.StartTicks - MediaTime.Rate;
        private SoundFormat? _format;
        private bool _begun;
        private long? _end;
        private long? _silentTo;
        private ReadOnlyMemory<byte> _like;

        public Epoch Epoch { get; } = epoch;

        public string Generation { get; } = generation;

        public SoundPackager? Packager { get; private set; }

        /// <summary>Number of the newest row that was heard.</summary>
        public long Newest { get; private set; }

        public void Accept(SegmentRow row, string language)
        {
            Newest = row.Number;
            if (row.Coded is not { Frames.Count: > 0 } coded)
                return;
            if (_format is null)
            {
                var track = row.Tracks.FirstOrDefault(track => track.Kind == TrackKind.Sound && track.Codec == coded.Codec);
                _format = SoundFormat.Of(coded, track?.CodecsTag);
                Packager = _format is null ? null : SoundPackager.Create(row.Container, _format, language, row.SoundAlone);
            }

            if (Packager is null)
                return;
            var around = Epoch.ToMedia(row.From).Ticks;
            var (from, to) = SourceClock.Plausible(around, row.Duration);
            foreach (var frame in coded.Frames)
            {
                var ticks = row.Container == Container.FragmentedMp4 ? frame.Ticks : MediaTime.Unwrap(frame.Ticks, around);
                if (ticks < from || ticks > to || (ticks <= _last && _frames.Count > 0))
                    continue;

                // A frame that ends before the epoch begins was cut off with the picture before it.
                if (ticks + Length(frame) <= Epoch.StartTicks)
                    continue;
                _last = ticks;
                _frames.Add(frame with { Ticks = ticks });
            }
        }

        private long Length(CodedFrame frame) =>
            (frame.Samples > 0 ? frame.Samples : _format!.FrameSamples) * (long)MediaTime.Rate / _format!.SampleRate;

        /// <summary>The row's frames, packaged; null for a gap.</summary>
        /// <param name="row">The row.</param>
        /// <param name="isLast">Whether silence stands for what is missing, also when it comes later.</param>
        /// <param name="isOver">Whether what is missing will never come.</param>
        public byte[]? Take(SegmentRow row, bool isLast, bool isOver)
        {
            var end = Epoch.ToMedia(row.To).Ticks;

            // Silence was published in their place.
            _frames.RemoveAll(frame => frame.Ticks < _silentTo - SameTicks);
            var count = _frames.FindIndex(frame => frame.Ticks >= end);
            if (count < 0)
                count = _frames.Count;
            if (count == 0)
                return row.Gap ? null : Silence(Epoch.ToMedia(row.From).Ticks, end);
            var frames = _frames.GetRange(0, count);
            _frames.RemoveRange(0, count);
            _like = frames[^1].Data;

            // A hole at a cut is filled on both sides, so that every segment covers its own time.
            var start = _end is { } grid && frames[0].Ticks - grid is > 0 and < LongestHole ? grid : frames[0].Ticks;
            if (!_begun)
                start = Lead(Epoch.ToMedia(row.From).Ticks, frames[0]);
            _begun = true;
            var after = frames[^1].Ticks + Length(frames[^1]);
            var isHole = _frames.Count > 0
                ? _frames[0].Ticks - after > Length(frames[^1]) / 2
                : isLast || (isOver && end - after > Length(frames[^1]) / 2);
            _end = isHole ? null : after;
            if (isHole && SilentFrame.Like(_format!, _like) is not null)
                FillTo(end, after, Length(frames[^1]));
            return Packager!.Package(new MediaTime(Epoch.Index, start), frames, isHole ? end : null);
        }

        /// <summary>Where an epoch's first segment begins, whose sound may begin later: on the frames' grid, after the row's own beginning.</summary>
        private long Lead(long from, CodedFrame first)
        {
            var missing = first.Ticks - from;
            return missing is > 0 and < LongestHole && SilentFrame.Like(_format!, _like) is not null
                ? first.Ticks - (missing / Length(first) * Length(first)) : first.Ticks;
        }

        /// <summary>A segment without a frame of the source's: players stall at a gap, and hear no more in it.</summary>
        private byte[]? Silence(long from, long end)
        {
            var start = _end is { } grid && Math.Abs(from - grid) < LongestHole ? grid : from;
            if (start >= end || SilentFrame.Like(_format!, _like) is not { } silent)
                return null;
            var frame = new CodedFrame(start, _format!.FrameSamples, silent);
            FillTo(end, start, Length(frame));
            return Packager!.Package(new MediaTime(Epoch.Index, start), [frame], end);
        }

        /// <summary>The grid goes on from a segment's frames to the first that begins behind its end.</summary>
        private void FillTo(long end, long after, long length)
        {
            _end = after + (Math.Max(0, (end - after + length - 1) / length) * length);
            _silentTo = _end;
        }
    }
}
