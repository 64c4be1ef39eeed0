using Tandem.Live.Timeline;
using Tandem.Media.Film;

namespace Tandem.Live.Film;

/// <summary>Puts a film's sound on its time line and has the voices follow; memory holds a minute or two of it at most.</summary>
internal sealed class FilmListening
{
    private static readonly SoundLength Step = SoundLength.OfSeconds(0.5);
    private static readonly SoundLength Silence = SoundLength.OfSeconds(1);

    // Beyond this a time stamp is damage, not length.
    private static readonly ChannelTime Longest = new(24L * 3600 * ChannelTime.Rate);

    // A file that lacks more than this of what its index promises was cut off.
    private const double Lack = 2;
    private const double LackShare = 0.02;

    private readonly FilmHearing _hearing;
    private readonly FilmDescription _source;
    private readonly FilmVoices _voices;
    private readonly FilmServices _services;
    private readonly Epoch _epoch;
    private readonly SoundPlacer _placer;
    private readonly SoundTrack _track;
    private readonly double? _seconds;
    private ChannelTime _worked;

    /// <param name="hearing">Brings the sound.</param>
    /// <param name="source">What its file holds.</param>
    /// <param name="start">The film's beginning as that file counts, 90 kHz.</param>
    /// <param name="voices">Follow.</param>
    /// <param name="services">The process around.</param>
    public FilmListening(FilmHearing hearing, FilmDescription source, long start, FilmVoices voices, FilmServices services)
    {
        _hearing = hearing;
        _source = source;
        _voices = voices;
        _services = services;
        _track = voices.Track;
        _placer = new SoundPlacer(_track);
        _epoch = new Epoch(0, EpochReason.Start, start, ChannelTime.Zero, 0, 0);
        _placer.Begin(_epoch);
        voices.Worked = Report;
        _seconds = _source.Length / (double)MediaTime.Rate;
    }

    /// <summary>Hears all of it; returns what is wrong with the film, to be read after its name, or null.</summary>
    public async Task<string?> RunAsync(CancellationToken stop)
    {
        var any = false;
        while (true)
        {
            switch (await _hearing.NextAsync(stop))
            {
                case FilmSound sound:
                    any = true;
                    if (await PlaceAsync(sound, stop) is { } problem)
                        return problem;
                    break;
                case FilmHeard heard:
                    if (!any)
                        return "has a sound track without sound, so there is nothing to dub";
                    if (IsCutOff(heard.End))
                        return $"breaks off after {FilmDub.Time(_epoch.ToChannel(heard.End))} of {FilmDub.Time(new ChannelTime((long)(_seconds!.Value * ChannelTime.Rate)))}; copy it again";
                    _placer.Finish();
                    return await _voices.FinishAsync(_track.End, stop);
                case FilmFault fault:
                    return $"cannot be read beyond {FilmDub.Time(_track.End)}: {fault.Detail}; repair it or copy it again";
            }
        }
    }

    private bool IsCutOff(long end)
    {
        if (!_source.LengthIsSure || _seconds is not { } promised)
            return false;
        var there = (end - _source.Start) / (double)MediaTime.Rate;
        return promised - there > Math.Max(Lack, promised * LackShare);
    }

    private async Task<string?> PlaceAsync(FilmSound sound, CancellationToken stop)
    {
        var place = _epoch.Place(sound.Ticks);
        if (place > Longest.Samples)
            return "has time stamps beyond a day; remux it first, such as with ffmpeg -i INPUT -c copy OUTPUT.mkv";

        // Hours without sound are silence, a second at a time.
        while (place - _track.End.Samples > (Silence + Silence).Samples)
        {
            _placer.SilenceUpTo(_track.End + Silence);
            if (await AdvanceAsync(stop) is { } silent)
                return silent;
        }

        _placer.Place(sound.Ticks, sound.SampleRate, sound.Samples);
        return _track.End - _worked < Step ? null : await AdvanceAsync(stop);
    }

    private void Report(ChannelTime mixed) => _services.Report(
        new FilmReport(FilmStage.Dubbing, _seconds is > 0 ? Math.Clamp(mixed.Seconds / _seconds.Value, 0, 1) : null, mixed.Seconds));

    private async Task<string?> AdvanceAsync(CancellationToken stop)
    {
        _worked = _track.End;
        return await _voices.AdvanceAsync(stop);
    }
}
