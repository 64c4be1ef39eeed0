using System.Globalization;
using System.Text;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;

namespace Tandem.Live.Ingest;

/// <summary>
/// Makes what a segmenter cuts a live source: each segment, and the media playlist that lists the last of them, are put into
/// <see cref="PushedFiles"/>, where a follower finds them as if somebody had pushed them.
/// </summary>
/// <param name="files">Where they go.</param>
/// <param name="time">The clock.</param>
public sealed class LiveCut(PushedFiles files, TimeProvider time)
{
    /// <summary>Segments that the playlist lists at most.</summary>
    public const int Window = 10;

    private const long Second = 90_000;

    private readonly Queue<Listed> _window = [];
    private byte[] _init = [];
    private string? _initName;
    private int _inits;
    private long? _first;
    private long _target = 2;
    private long _discontinuities;
    private DateTimeOffset _next;

    /// <summary>Puts a segment there, and then the playlist that lists it.</summary>
    /// <returns>Whether it could be kept; false for one that is larger than <see cref="PushedFiles.LargestFile"/>, which becomes a gap.</returns>
    public bool Add(SegmentCut cut)
    {
        var now = time.GetUtcNow();

        // Numbers go on after a restart: they count seconds, and segments last for longer in the mean (design.md, section 3a, rule 2).
        _first ??= now.ToUnixTimeSeconds() - cut.Sequence;
        var duration = TimeSpan.FromTicks(cut.Duration * TimeSpan.TicksPerSecond / Second);
        var breaks = cut.Discontinuity && _window.Count > 0;
        if (cut.Discontinuity || _window.Count == 0)
            _next = now - duration;
        var number = _first.Value + cut.Sequence;
        var name = number.ToString(CultureInfo.InvariantCulture) + (cut.Container == Container.FragmentedMp4 ? ".m4s" : ".ts");
        var map = Map(cut.Init);
        var kept = files.Put(name, cut.Data) is PushResult.Added or PushResult.Replaced;
        _window.Enqueue(new Listed(number, name, map, duration, _next, breaks, kept));
        _next += duration;
        _target = Math.Max(_target, (long)Math.Round(duration.TotalSeconds, MidpointRounding.AwayFromZero));
        while (_window.Count > Window)
        {
            if (_window.Dequeue().Discontinuity)
                _discontinuities++;
        }

        files.Put(PlaylistName, Encoding.UTF8.GetBytes(Playlist(ended: false)));
        return kept;
    }

    /// <summary>Says in the playlist that nothing comes any more.</summary>
    public void End()
    {
        if (_window.Count > 0)
            files.Put(PlaylistName, Encoding.UTF8.GetBytes(Playlist(ended: true)));
    }

    // The name that a follower takes at once.
    private const string PlaylistName = "master.m3u8";

    private string? Map(ReadOnlyMemory<byte> init)
    {
        if (init.IsEmpty)
            return null;
        if (_initName is not null && init.Span.SequenceEqual(_init))
            return _initName;
        _init = init.ToArray();
        _initName = string.Create(CultureInfo.InvariantCulture, $"init-{_first}-{_inits++}.mp4");
        files.Put(_initName, _init);
        return _initName;
    }

    private string Playlist(bool ended)
    {
        var first = _window.Peek();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{_target}\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{first.Number}\n#EXT-X-DISCONTINUITY-SEQUENCE:{_discontinuities}\n");
        string? map = null;
        foreach (var segment in _window)
        {
            if (segment.Discontinuity)
                text.Append("#EXT-X-DISCONTINUITY\n");
            if (segment.Map is not null && segment.Map != map)
                text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MAP:URI=\"{map = segment.Map}\"\n");
            if (!segment.Kept)
                text.Append("#EXT-X-GAP\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PROGRAM-DATE-TIME:{segment.Date:yyyy-MM-ddTHH:mm:ss.fff}Z\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{segment.Duration.TotalSeconds:F6},\n{segment.Name}\n");
        }

        if (ended)
            text.Append("#EXT-X-ENDLIST\n");
        return text.ToString();
    }

    private sealed record Listed(
        long Number, string Name, string? Map, TimeSpan Duration, DateTimeOffset Date, bool Discontinuity, bool Kept);
}
