using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Worker;

namespace Tandem.Benchmarks.Loops;

/// <summary>What is made of one voice's segment of 2 s when it is due.</summary>
public sealed class PackageLoops : ILoopSet
{
    private const int Window = 6;

    private static readonly Epoch s_epoch = new(0, EpochReason.Start, 90_000, ChannelTime.Zero, 0, 0);
    private static readonly DateTimeOffset s_date = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly List<ReadOnlyMemory<byte>> _frames = [];
    private readonly SoundPackager _packed;
    private readonly SoundPackager _fragmented;
    private readonly SoundChunks _chunks = new(new ChunkRendition(1, "es", "es"), () => 1);
    private readonly SourceAxis _axis = new();
    private readonly SegmentRow[] _rows;
    private readonly RenditionSegment[] _segments;
    private readonly PackagedSound _sound;
    private readonly CaptionCue[] _cues;

    public PackageLoops()
    {
        var format = SoundFormat.AacLc(ChannelTime.Rate, 2);
        using (var encoder = new AacEncoder(128_000))
            encoder.Encode(SampleSound.Stereo(96 * Epoch.FrameSamples / (double)ChannelTime.Rate), _frames);
        _frames.RemoveRange(94, _frames.Count - 94);
        _packed = SoundPackager.Create(Container.MpegTs, format, "es")!;
        _fragmented = SoundPackager.Create(Container.FragmentedMp4, format, "es")!;
        _rows = [.. Enumerable.Range(0, Window).Select(Row)];
        _segments = [.. _rows.Select(row => new RenditionSegment($"es/k3f9/{row.Number}.aac", null, false))];
        _axis.Enter(_rows[0]);
        _sound = new PackagedSound("k3f9", format, At(0), [.. _frames.Select(frame => new TimedFrame(Epoch.FrameSamples, frame))]);
        _cues = [.. Enumerable.Range(0, 3).Select(index =>
            new CaptionCue(At(index * 0.9), At((index * 0.9) + 0.8), "Two lines of text,\nas a dub speaks them"))];
        Loops =
        [
            new(Names[0], () => _packed.Package(At(0), _frames)), new(Names[1], () => _fragmented.Package(At(0), _frames)),
            new(Names[2], Chunks), new(Names[3], Playlist), new(Names[4], () => WebVtt.Segment(At(0), At(0), At(2), _cues)),
        ];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["package.adts", "package.cmaf", "package.chunks", "playlist.write", "captions.cut"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static MediaTime At(double seconds) => new(0, s_epoch.StartTicks + (long)(seconds * MediaTime.Rate));

    private static SegmentRow Row(int index)
    {
        var date = s_date + TimeSpan.FromSeconds(2 * index);
        var source = new MediaSegment(
            index, 0, new Uri($"https://cdn.invalid/video/{index}.ts"), TimeSpan.FromSeconds(2), "", null, null, [], date, false, false, []);
        var row = new SegmentRow
        {
            Number = 100 + index,
            Epoch = s_epoch,
            Discontinuity = false,
            Incarnation = 0,
            Source = source,
            From = ChannelTime.Zero + SoundLength.OfSeconds(2 * index),
            Duration = source.Duration,
            Date = date,
            AppearedAt = date,
            Due = date + TimeSpan.FromSeconds(8),
            Gap = false,
            Heard = true,
            Container = Container.MpegTs,
        };
        row.EndAt(row.From + SoundLength.OfSeconds(2));
        return row;
    }

    private void Chunks()
    {
        foreach (var draft in _chunks.Cut(_rows[0], _sound, 0, 5, _axis))
            MediaMessage.OfChunk(draft, 1, s_date);
    }

    private void Playlist() => Playlists.OfRendition(_rows, 2, row => _segments[row.Number - 100], 1, ended: false);
}
