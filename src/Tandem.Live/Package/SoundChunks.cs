using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>What was packaged of a rendition for one row, for those who cut it anew.</summary>
/// <param name="Generation">Names the encoder's life.</param>
/// <param name="Format">What the frames are.</param>
/// <param name="Start">Time of the first frame, priming taken out.</param>
/// <param name="Frames">Contiguous.</param>
public sealed record PackagedSound(string Generation, SoundFormat Format, MediaTime Start, IReadOnlyList<TimedFrame> Frames);

/// <summary>Cuts one rendition's segments into chunks: the frames that its segments have, in smaller fragments.</summary>
/// <param name="rendition">Of the stream.</param>
/// <param name="nextGeneration">Numbers a generation.</param>
internal sealed class SoundChunks(ChunkRendition rendition, Func<uint> nextGeneration)
{
    // As SoundPackager: a chunk that starts this near to the end of the one before continues it.
    private const double Seam = 0.001;

    private readonly ChunkContinuity _continuity = new();
    private ChunkGeneration? _generation;
    private string? _name;
    private Epoch? _epoch;
    private long _decodeTime = -1;

    /// <summary>Cuts what was packaged for a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sound">What was packaged; null for a gap.</param>
    /// <param name="first">Sequence of the first chunk.</param>
    /// <param name="count">How many chunks.</param>
    /// <param name="axis">Where channel time lies on the source's dates.</param>
    public IEnumerable<ChunkDraft> Cut(SegmentRow row, PackagedSound? sound, long first, int count, SourceAxis axis)
    {
        if (sound is not null && (sound.Generation != _name || _generation is null))
            Begin(sound);

        // Nothing was ever heard of it: there is nothing to hold a place in.
        if (_generation is not { } generation)
            yield break;
        var part = 0;
        var rate = sound?.Format.SampleRate ?? 1;
        var position = sound is null ? row.From : row.Epoch.ToChannel(sound.Start.Ticks);
        var samples = 0L;
        var decodeTime = sound is null ? 0 : DecodeTimeOf(sound, row.Epoch);
        for (var index = 0; index < count; index++)
        {
            var end = Boundary(row, index + 1, count);
            var frames = new List<TimedFrame>(sound is null ? 0 : (sound.Frames.Count / count) + 2);
            var length = 0L;
            while (sound is not null && part < sound.Frames.Count && (index == count - 1 || At(samples + length) < end))
            {
                length += sound.Frames[part].Samples;
                frames.Add(sound.Frames[part++]);
            }

            var from = axis.DateOf(sound is null ? Boundary(row, index, count) : At(samples));
            var duration = sound is null
                ? (end - Boundary(row, index, count)).Time
                : TimeSpan.FromTicks((long)Math.Round(length * (double)TimeSpan.TicksPerSecond / rate));
            var payload = frames.Count == 0
                ? default
                : new ChunkPayload(Cmaf.Chunk((uint)(first + index), decodeTime + samples, frames));
            var flags = (frames.Count == 0 ? ChunkFlags.Empty : ChunkFlags.CutPoint)
                | _continuity.Take(row.Epoch, from, duration)
                | (index == count - 1 ? ChunkFlags.EndsSegment : ChunkFlags.None);
            yield return new ChunkDraft(MediaTrack.Audio, rendition.Index, first + index, flags, from, duration, generation, payload);
            samples += length;
        }

        _epoch = row.Epoch;
        _decodeTime = sound is null ? -1 : decodeTime + samples;

        ChannelTime At(long offset) => position + SoundLength.OfSeconds(offset / (double)rate);
    }

    private static ChannelTime Boundary(SegmentRow row, int index, int count) => row.From + new SoundLength((row.To - row.From).Samples * index / count);

    private long DecodeTimeOf(PackagedSound sound, Epoch epoch)
    {
        var time = Cmaf.DecodeTime(sound.Start, sound.Format.SampleRate);
        return _decodeTime >= 0 && epoch == _epoch && Math.Abs(time - _decodeTime) <= Seam * sound.Format.SampleRate ? _decodeTime : time;
    }

    private void Begin(PackagedSound sound)
    {
        _name = sound.Generation;
        _decodeTime = -1;

        // In MP4 MPEG audio has another name than in transport streams.
        var codecs = sound.Format.Codec is SoundCodec.MpegLayer2 or SoundCodec.MpegLayer3
            ? $"mp4a.{SampleEntry.ObjectTypeIndication(sound.Format):X2}"
            : sound.Format.CodecsTag;
        _generation = new ChunkGeneration(nextGeneration(), Cmaf.Init(sound.Format, rendition.Language), $"audio/mp4; codecs=\"{codecs}\"");
    }
}
