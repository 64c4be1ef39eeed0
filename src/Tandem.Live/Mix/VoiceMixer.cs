using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Mix;

/// <summary>
/// Mixes one language's dubs over the original. Where no dub speaks and the original is not on its way down or up, it passes bit by
/// bit. Not thread-safe; nothing is allocated in a step but at a dub's first.
/// </summary>
public sealed class VoiceMixer : IDisposable
{
    /// <summary>Samples mixed at once; more are mixed in steps.</summary>
    internal const int LongestStep = 24_000;

    /// <summary>The same with what the limiter looks ahead.</summary>
    internal const int LongestRender = LongestStep + Limiter.LookAhead;

    private readonly DuckEnvelope _envelope;
    private readonly SpeechLoudness? _speech;
    private readonly bool _ownsSpeech;
    private readonly DubLevel? _level;
    private readonly Limiter? _limiter;
    private readonly float[] _dub = new float[LongestRender * 2];
    private readonly float[] _fade = new float[144];

    /// <param name="options">Levels and ramps.</param>
    /// <param name="traits">The engine's: whether the original is muted, and whether level is controlled.</param>
    /// <param name="speech">The channel's, so that its languages need not each measure the same; null for one of its own.</param>
    public VoiceMixer(VoiceMixerOptions options, EngineTraits traits, SpeechLoudness? speech = null)
    {
        _envelope = new DuckEnvelope(options, traits.OriginalMuted);
        _ownsSpeech = speech is null;
        _speech = traits.LevelControl ? speech ?? new SpeechLoudness() : null;
        _level = _speech is null ? null : new DubLevel(options, _speech);
        _limiter = traits.LevelControl ? new Limiter(options.Ceiling) : null;
        for (var i = 0; i < _fade.Length; i++)
            _fade[i] = (float)((1 - Math.Cos(Math.PI * (i + 0.5) / _fade.Length)) / 2);
    }

    /// <summary>Mixes the next stretch; each begins where the one before ended, and none reaches beyond the track's last commit.</summary>
    /// <param name="from">Time of the first sample.</param>
    /// <param name="stereoOut">Interleaved stereo, filled completely.</param>
    /// <param name="bed">
    /// The original. Should still hold 15 s behind <paramref name="from"/>, so that the loudness of utterances that were understood late
    /// can be measured.
    /// </param>
    /// <param name="track">The dubs.</param>
    public void Mix(ChannelTime from, Span<float> stereoOut, SoundTrack bed, DubTrack track)
    {
        while (!stereoOut.IsEmpty)
        {
            var step = stereoOut[..Math.Min(stereoOut.Length, LongestStep * 2)];
            var length = new SoundLength(step.Length / 2);
            _speech?.Learn(track.Speech, bed, from + length + DubTrack.LookAhead);
            MixStep(from, step, bed, track);
            stereoOut = stereoOut[step.Length..];
            from += length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsSpeech)
            _speech?.Dispose();
    }

    private void MixStep(ChannelTime from, Span<float> stereo, SoundTrack bed, DubTrack track)
    {
        var length = stereo.Length / 2;
        if (_limiter is null || _limiter.IsIdle(from, length, track.Placed))
        {
            Render(from, stereo, bed, track);
            _limiter?.Passed(from, stereo);
            return;
        }

        Render(from, _limiter.Input(from, length), bed, track);
        _limiter.Limit(from, stereo, track.Placed);
    }

    /// <summary>The original, lowered, and the dubs; without the limiter.</summary>
    private void Render(ChannelTime from, Span<float> stereo, SoundTrack bed, DubTrack track)
    {
        bed.Read(from, stereo);
        Samples.Clean(stereo);
        _envelope.Apply(from, stereo, track.Intervals);
        var to = from + new SoundLength(stereo.Length / 2);
        var placed = track.Placed;
        for (var i = 0; i < placed.Count; i++)
        {
            var dub = placed[i];
            var first = ChannelTime.Max(from, dub.Start);
            var last = dub.End is { } end ? ChannelTime.Min(to, end) : to;
            if (first < last)
                Add(dub, first, stereo[(int)((first - from).Samples * 2)..(int)((last - from).Samples * 2)]);
        }
    }

    private void Add(PlacedDub dub, ChannelTime from, Span<float> stereo)
    {
        var sound = dub.Sound;
        var position = from - dub.Start;
        var piece = _dub.AsSpan(0, stereo.Length / 2 * sound.Channels);
        piece = piece[..(sound.Read(dub.Offset + position, piece) * sound.Channels)];
        Samples.Clean(piece);
        if (dub.FadesIn)
            Fade(piece, sound.Channels, position.Samples, 1);
        if (dub is { FadesOut: true, Length: { } length })
            Fade(piece, sound.Channels, length.Samples - 1 - position.Samples, -1);
        var gain = _level?.GainOf(dub) ?? 1;
        if (sound.Channels == 1)
            Samples.AddToBoth(stereo, piece, gain);
        else
            Samples.Add(stereo, piece, gain);
    }

    /// <summary>Fades samples whose distance from the edge begins at <paramref name="distance"/> and changes by <paramref name="step"/>.</summary>
    private void Fade(Span<float> piece, int channels, long distance, int step)
    {
        var count = piece.Length / channels;
        var first = step > 0 ? 0 : Math.Clamp(distance - _fade.Length + 1, 0, count);
        for (var i = first; i < count && distance + (step * i) is var at && at >= 0 && at < _fade.Length; i++)
        {
            for (var c = 0; c < channels; c++)
                piece[(int)((i * channels) + c)] *= _fade[at];
        }
    }
}
