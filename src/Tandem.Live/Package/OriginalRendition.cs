using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>
/// The original's own frames, repackaged and cut where the rows are cut; never encoded again. Frames that belong to the next row's time
/// wait for it.
/// </summary>
public sealed class OriginalRendition(string language, Func<string> nextGeneration)
{
    private readonly List<CodedFrame> _frames = [];
    private Epoch? _epoch;
    private SoundFormat? _format;
    private long _last;

    /// <summary>Packager of the current epoch; null where the source's codec cannot be packaged.</summary>
    public SoundPackager? Packager { get; private set; }

    /// <summary>Changes with the epoch.</summary>
    public string Generation { get; private set; } = "";

    /// <summary>Takes the frames that came with <paramref name="row"/>.</summary>
    public void Accept(SegmentRow row)
    {
        if (row.Epoch != _epoch)
            Begin(row);
        if (row.Coded is not { } coded || _format is null)
            return;
        foreach (var frame in coded.Frames)
        {
            var ticks = MediaTime.Unwrap(frame.Ticks, _last);
            if (ticks <= _last && _frames.Count > 0)
                continue;

            // A frame that ends before the epoch begins was cut off with the picture before it.
            if (ticks + Length(frame) <= _epoch!.StartTicks)
                continue;
            _last = ticks;
            _frames.Add(frame with { Ticks = ticks });
        }
    }

    /// <summary>Packages what begins before <paramref name="to"/>; null where there is nothing.</summary>
    public byte[]? Package(ChannelTime to)
    {
        if (_epoch is null || Packager is null)
            return null;
        var end = _epoch.ToMedia(to).Ticks;
        var count = _frames.FindIndex(frame => frame.Ticks >= end);
        if (count < 0)
            count = _frames.Count;
        if (count == 0)
            return null;
        var frames = _frames.GetRange(0, count);
        _frames.RemoveRange(0, count);
        return Packager.Package(new MediaTime(_epoch.Index, frames[0].Ticks), frames);
    }

    private void Begin(SegmentRow row)
    {
        _frames.Clear();
        _epoch = row.Epoch;
        _last = row.Epoch.StartTicks - MediaTime.Rate;
        _format = row.Coded is { } coded ? SoundFormat.Of(coded) : null;
        Packager = _format is null ? null : SoundPackager.Create(row.Container, _format, language);
        Generation = nextGeneration();
    }

    private long Length(CodedFrame frame) => frame.Samples * (long)MediaTime.Rate / _format!.SampleRate;
}
