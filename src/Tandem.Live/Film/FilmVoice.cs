using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Live.Film;

/// <summary>
/// One voice of a film from its dubs to its packets: commits, mixes and encodes as far as everything is certain. Without dubs it is the
/// original, encoded anew.
/// </summary>
public sealed class FilmVoice : IDisposable
{
    // Half a second less a bit: a whole number of frames.
    private const int StepFrames = 23;

    // A dub of the film's last words may speak on so long after its sound has ended.
    private static readonly SoundLength LongestTail = SoundLength.OfSeconds(20);

    private readonly SoundTrack _bed;
    private readonly DubTrack? _dubs;
    private readonly VoiceMixer? _mixer;
    private readonly AacEncoder _encoder;
    private readonly PacketSpool _spool;
    private readonly List<ReadOnlyMemory<byte>> _packets = [];
    private readonly List<Caption> _captions = [];
    private readonly List<double> _lags = [];
    private readonly float[] _step = new float[StepFrames * AacEncoder.FrameSamples * 2];

    /// <param name="language">BCP 47 tag.</param>
    /// <param name="bed">The film's sound.</param>
    /// <param name="dubs">Its dubs; null for the original.</param>
    /// <param name="mixer">Mixes them; null together with <paramref name="dubs"/>.</param>
    /// <param name="bitRate">bit/s.</param>
    /// <param name="folder">Where its packets wait.</param>
    public FilmVoice(string language, SoundTrack bed, DubTrack? dubs, VoiceMixer? mixer, int bitRate, string folder)
    {
        Language = language;
        _bed = bed;
        _dubs = dubs;
        _mixer = mixer;
        BitRate = bitRate;
        _spool = new PacketSpool(folder);
        _encoder = new AacEncoder(bitRate);
    }

    /// <summary>BCP 47 tag.</summary>
    public string Language { get; }

    /// <summary>bit/s.</summary>
    public int BitRate { get; }

    /// <summary>Its dubs; null for the original.</summary>
    public DubTrack? Dubs => _dubs;

    /// <summary>The encoder's configuration.</summary>
    public ReadOnlyMemory<byte> Configuration => _encoder.AudioSpecificConfig;

    /// <summary>Everything before this is mixed.</summary>
    public ChannelTime Mixed { get; private set; }

    /// <summary>What is spoken, with its times.</summary>
    public IReadOnlyList<Caption> Captions => _captions;

    /// <summary>Onset lags of all dubs, s.</summary>
    public IReadOnlyList<double> Lags => _lags;

    /// <summary>Mixes and encodes what is certain, in whole steps.</summary>
    /// <param name="heard">Where the sound that is there ends, less what the mixer looks ahead.</param>
    /// <param name="certain">No dub will begin before this that is not known; its own that may still come are minded here.</param>
    public void WorkTo(ChannelTime heard, ChannelTime certain)
    {
        if (_dubs is not null)
            heard = ChannelTime.Min(heard, FilmHorizon.Of(certain, _dubs.Pending));
        while (heard - Mixed >= new SoundLength(_step.Length / 2))
            Step(_step.Length / 2);
    }

    /// <summary>Mixes and encodes the rest, and brings out what the encoder holds.</summary>
    /// <param name="end">Where the film's sound ends; the last dub is spoken to its end.</param>
    public void Finish(ChannelTime end)
    {
        // In whole frames: behind the end of the sound there is silence.
        while (Mixed < end || (_dubs?.SpeaksAfter(Mixed) == true && Mixed < end + LongestTail))
            Step((int)Math.Min(_step.Length / 2, Mixed < end ? Frames((end - Mixed).Samples) : _step.Length / 2));
        _encoder.Finish(_packets);
        Keep();
    }

    /// <summary>Its packets with their times, 48 kHz: the first primes the decoder and lies before 0.</summary>
    public IEnumerable<(long Start, ReadOnlyMemory<byte> Data)> Packets() =>
        _spool.Read().Select((packet, index) => ((index - 1L) * AacEncoder.FrameSamples, packet));

    /// <inheritdoc/>
    public void Dispose()
    {
        _mixer?.Dispose();
        _encoder.Dispose();
        _spool.Dispose();
    }

    private static long Frames(long samples) => (samples + AacEncoder.FrameSamples - 1) / AacEncoder.FrameSamples * AacEncoder.FrameSamples;

    private void Step(int samples)
    {
        var block = _step.AsSpan(0, samples * 2);
        var to = Mixed + new SoundLength(samples);
        if (_dubs is null || _mixer is null)
        {
            _bed.Read(Mixed, block);
        }
        else
        {
            _lags.AddRange(_dubs.CommitUpTo(to).OnsetLags.Select(lag => lag.Seconds));
            _mixer.Mix(Mixed, block, _bed, _dubs);
            _captions.AddRange(_dubs.CaptionsBetween(Mixed, to).Where(caption => caption.Start >= Mixed && caption.Start < to));
            _dubs.Trim(to - SoundLength.OfSeconds(1));
        }

        Mixed = to;
        _encoder.Encode(block, _packets);
        Keep();
    }

    private void Keep()
    {
        foreach (var packet in _packets)
            _spool.Add(packet.Span);
        _packets.Clear();
    }
}
