using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>
/// One voice from the mix to its segments: works ahead in small steps, keeps one encoder an epoch, and hands over a row's frames when it
/// is due. Without a dub track it repeats the original's sound: for sources whose own frames no player takes as packed audio.
/// </summary>
/// <param name="name">Language tag, or <c>original</c>.</param>
/// <param name="bed">The source's sound.</param>
/// <param name="track">Its dubs.</param>
/// <param name="mixer">Mixes them; null together with <paramref name="track"/>.</param>
/// <param name="bitRate">bit/s.</param>
/// <param name="nextGeneration">Names a new life of the encoder.</param>
/// <param name="committed">Told what was fixed before each step.</param>
/// <param name="time">Measures the work.</param>
public sealed class VoiceRendition(
    string name,
    SoundTrack bed,
    DubTrack? track,
    VoiceMixer? mixer,
    int bitRate,
    Func<string> nextGeneration,
    Action<CommitResult> committed,
    TimeProvider time)
    : IDisposable
{
    // Half a second less a bit: a whole number of frames.
    private const int StepSamples = 23 * Epoch.FrameSamples;

    private static readonly SoundFormat _format = SoundFormat.AacLc(ChannelTime.Rate, 2);
    private readonly float[] _step = new float[StepSamples * 2];
    private Epoch? _entered;
    private VoiceEncoder? _encoder;
    private SoundPackager? _packager;
    private TimeSpan _mixing;
    private TimeSpan _encoding;

    /// <summary>Language tag, or <c>original</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Its dubs; null for the original.</summary>
    public DubTrack? Track { get; } = track;

    /// <summary>Generation of the current epoch's encoder.</summary>
    public string Generation => _encoder?.Generation ?? "";

    /// <summary>Packager of the current epoch.</summary>
    public SoundPackager? Packager => _packager;

    /// <summary>Everything before this is mixed; nothing that comes later can change it.</summary>
    public ChannelTime Mixed => _encoder?.Fed ?? ChannelTime.Zero;

    /// <summary>Whether something in it failed: it has gaps until the next epoch, and the others go on.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Gives it up until the next epoch.</summary>
    public void Break() => IsBroken = true;

    /// <summary>
    /// Makes sure that the encoder is <paramref name="row"/>'s epoch's; ends the one before at the row's beginning. What fails is tried again
    /// in the next epoch, not at each call.
    /// </summary>
    public void Enter(SegmentRow row)
    {
        if (_entered == row.Epoch)
            return;
        _entered = row.Epoch;
        IsBroken = false;
        _encoder?.Dispose();
        _encoder = null;
        _encoder = new VoiceEncoder(row.Epoch, nextGeneration(), bitRate);
        _packager = SoundPackager.Create(row.Container, _format, Name, row.SoundAlone)
            ?? throw new InvalidOperationException("AAC fits every container.");
    }

    /// <summary>Mixes and encodes up to <paramref name="end"/>, in steps.</summary>
    public void WorkTo(ChannelTime end)
    {
        var encoder = _encoder ?? throw new InvalidOperationException("No row was entered.");
        while (encoder.Fed < end)
        {
            var began = time.GetTimestamp();
            var count = (int)Math.Min(StepSamples, (end - encoder.Fed).Samples);
            var block = _step.AsSpan(0, count * 2);
            if (Track is null || mixer is null)
            {
                bed.Read(encoder.Fed, block);
            }
            else
            {
                committed(Track.CommitUpTo(encoder.Fed + new SoundLength(count)));
                mixer.Mix(encoder.Fed, block, bed, Track);
            }

            var mixed = time.GetTimestamp();
            encoder.Feed(block);
            _mixing += time.GetElapsedTime(began, mixed);
            _encoding += time.GetElapsedTime(mixed);
        }

        Track?.Trim(encoder.Fed - SoundLength.OfSeconds(1));
    }

    /// <summary>Ends the current epoch at <paramref name="end"/>: all its frames come out.</summary>
    public void Finish(ChannelTime end)
    {
        if (_encoder is null)
            return;
        WorkTo(end);
        var began = time.GetTimestamp();
        _encoder.Finish();
        _encoding += time.GetElapsedTime(began);
    }

    /// <summary>How long mixing and encoding have taken since this was last asked.</summary>
    public (TimeSpan Mixing, TimeSpan Encoding) TakeWork()
    {
        var work = (_mixing, _encoding);
        (_mixing, _encoding) = (TimeSpan.Zero, TimeSpan.Zero);
        return work;
    }

    /// <summary>Everything before this is encoded.</summary>
    public ChannelTime Encoded => _encoder?.Encoded ?? ChannelTime.Zero;

    /// <summary>Packages what begins before <paramref name="to"/>; null where there is not one frame.</summary>
    /// <param name="to">End of the row.</param>
    /// <param name="isLast">
    /// Whether nothing follows for now: the last frames, which the encoder holds until it has heard more, are silent then.
    /// </param>
    public byte[]? Package(ChannelTime to, bool isLast)
    {
        if (IsBroken)
            return null;
        var encoder = _encoder!;
        var (first, frames) = encoder.Take(to, isLast ? SilentFrame.Like(_format, default) : null);
        return frames.Count == 0 ? null : _packager!.Package(encoder.Epoch.ToMedia(encoder.Epoch.FrameStart(first)), frames);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder?.Dispose();
        mixer?.Dispose();
    }
}
