using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Workbench.Bench;

/// <summary>
/// A slow-down that is planted to see that the bench sees it: encodes a share of each segment once more and throws it away. Set by
/// <see cref="BenchOptions.PlantVariable"/>; whatever is measured with it is void.
/// </summary>
internal sealed class PlantedLoad : IDisposable
{
    private readonly AacEncoder _encoder = new(128_000);
    private readonly List<ReadOnlyMemory<byte>> _packets = [];
    private readonly float[] _sound;

    /// <param name="share">Of the encode stage, 0.01 to 10.</param>
    public PlantedLoad(double share)
    {
        var frames = (int)(share * BenchMaterial.Duration.TotalSeconds * ChannelTime.Rate / AacEncoder.FrameSamples);
        _sound = SyntheticSpeech.Programme(new SoundLength(frames * AacEncoder.FrameSamples));
    }

    /// <summary>Does the work of one segment in vain.</summary>
    public void Burn(int languages)
    {
        for (var language = 0; language < languages; language++)
        {
            _packets.Clear();
            _encoder.Encode(_sound, _packets);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();
}
