using System.Collections.Concurrent;
using System.Globalization;
using Tandem.Live;
using Tandem.Live.Package;

namespace Tandem.Server.WebSockets;

/// <summary>One channel's viewers: what they share is made once.</summary>
internal sealed class ChannelViewers
{
    /// <summary>Between two status messages while nothing changes.</summary>
    public static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(2);

    // Cloud Run ends a request after 60 minutes; not all viewers of a start at once.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(58);
    private static readonly TimeSpan s_spread = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ViewerSocket, bool> _viewers = [];
    private readonly string _id;
    private readonly ChannelOptions _options;
    private readonly Func<ChannelSnapshot> _snapshot;
    private readonly TimeProvider _time;
    private readonly Status[] _status;
    private readonly Signal _released = new();
    private volatile bool _stopped;
    private ChannelState _state;
    private DateTimeOffset _counted;

    /// <summary>Begins to follow a channel's chunks.</summary>
    /// <param name="options">Of the channel.</param>
    /// <param name="stream">Its chunks.</param>
    /// <param name="snapshot">Its state.</param>
    /// <param name="metrics">What its viewers are measured with.</param>
    /// <param name="time">The clock.</param>
    public ChannelViewers(ChannelOptions options, ChunkStream stream, Func<ChannelSnapshot> snapshot, ViewerMetrics metrics, TimeProvider time)
    {
        (_id, _options, Stream, _snapshot, Metrics, _time) = (options.Id, options, stream, snapshot, metrics, time);
        _state = snapshot().State;
        _counted = time.GetUtcNow();
        _status = [.. stream.Renditions.Select(_ => new Status())];
        foreach (var rendition in stream.Renditions)
            Renew(rendition, snapshot(), _counted);
        stream.Follow(_released.Set, Caption);
        _ = Task.Run(PumpAsync);
    }

    /// <summary>The chunks.</summary>
    public ChunkStream Stream { get; }

    /// <summary>What they are measured with.</summary>
    public ViewerMetrics Metrics { get; }

    /// <summary>Whether viewers are being told to go: chunks do not wait for their time any more.</summary>
    public bool Draining { get; set; }

    /// <summary>Whether the channel was stopped and all its viewers are gone.</summary>
    public bool IsOver => _state == ChannelState.Stopped && _viewers.IsEmpty;

    /// <summary>The viewers.</summary>
    public ICollection<ViewerSocket> All => _viewers.Keys;

    /// <summary>Serves a viewer until it ends.</summary>
    /// <param name="viewer">The viewer.</param>
    /// <param name="video">Whether it watches the picture.</param>
    public async Task ServeAsync(ViewerSocket viewer, bool video)
    {
        if (video)
            Stream.Watch();
        _viewers[viewer] = true;
        Metrics.Joined(NameOf(viewer.Rendition));
        try
        {
            await viewer.RunAsync();
        }
        finally
        {
            _viewers.TryRemove(viewer, out _);
            if (video)
                Stream.Unwatch();
            Metrics.Left(NameOf(viewer.Rendition));
            Metrics.Disconnected(viewer.Ended.Cause, viewer.Ended.Planned);
        }
    }

    /// <summary>How long a socket lasts.</summary>
    public static TimeSpan Lifetime() => s_shortest + ((s_longest - s_shortest) * Random.Shared.NextDouble());

    /// <summary>After how long a viewer who is sent away comes again.</summary>
    public static TimeSpan Spread() => s_spread * (0.1 + (0.9 * Random.Shared.NextDouble()));

    /// <summary>A viewer hears another voice.</summary>
    public void Moved(ViewerSocket viewer, int from, int to)
    {
        if (!_viewers.ContainsKey(viewer))
            return;
        Metrics.Left(NameOf(from));
        Metrics.Joined(NameOf(to));
    }

    /// <summary>What is heard of a voice now, in its frame.</summary>
    public byte[] StatusOf(int rendition) => Volatile.Read(ref _status[rendition].Frame);

    /// <summary>Looks after all viewers; called about twice a second.</summary>
    public void Tick(DateTimeOffset now)
    {
        var snapshot = _snapshot();
        foreach (var rendition in Stream.Renditions)
        {
            if (!Renew(rendition, snapshot, now))
                continue;
            foreach (var viewer in _viewers.Keys.Where(viewer => viewer.Rendition == rendition.Index))
                viewer.Tell(StatusOf(rendition.Index));
        }

        TellChange(snapshot);
        foreach (var group in _viewers.Keys.GroupBy(viewer => viewer.Rendition))
            Metrics.Watched(NameOf(group.Key), (now - _counted) * group.Count());
        _counted = now;

        // What has ended needs no pace: viewers are told to go once they have all of it.
        Stream.Paced = !Draining && snapshot.State != ChannelState.Ended;
        foreach (var viewer in _viewers.Keys)
        {
            if (snapshot.State is ChannelState.Ended or ChannelState.Stopped)
                viewer.End(SocketEnd.Gone(snapshot.State == ChannelState.Ended));
            viewer.Tick(now);
        }
    }

    /// <summary>Follows no more; viewers who are there are told to go.</summary>
    public void Stop()
    {
        _stopped = true;
        Stream.Unfollow(_released.Set, Caption);
        _released.Set();
        foreach (var viewer in _viewers.Keys)
            viewer.End(SocketEnd.Gone(ended: false));
    }

    /// <summary>The first message of a viewer.</summary>
    public byte[] Hello(ViewerWish wish, ViewerCursor cursor, double endsIn)
    {
        var rendition = Stream.Renditions[wish.Rendition];
        var heard = Stream.Sound(wish.Rendition).View.Entries[^1].Generation;
        var tracks = new List<TrackDescription>();
        if (cursor.HasPicture && Stream.Picture.View is { IsEmpty: false } seen)
        {
            var picture = (seen.Find(cursor.NextOf(MediaTrack.Video)) ?? seen.Entries[^1]).Generation;
            tracks.Add(new TrackDescription((int)MediaTrack.Video, "video", picture.Mime) { Width = picture.Width, Height = picture.Height });
        }

        tracks.Add(new TrackDescription((int)MediaTrack.Audio, "audio", heard.Mime));
        return SocketJson.Frame(new HelloMessage(
            wish.Full ? "tandem.v1" : "tandem.v0",
            _id,
            Guid.NewGuid().ToString("N"),
            (long)_options.Delay.TotalMilliseconds,
            cursor.HasPicture ? "av" : "audio",
            rendition.Name,
            tracks,
            Describe(wish, heard.Mime),
            (long)Stream.Segment.TotalMilliseconds,
            (long)ChunkStream.LongestChunk.TotalMilliseconds,
            _time.GetUtcNow().ToUnixTimeMilliseconds(),
            (int)ViewerSocket.PingEvery.TotalSeconds,
            (long)endsIn));
    }

    /// <summary>A change of a viewer's place, in its frame.</summary>
    public byte[] Notice(CursorNotice notice, int rendition) => SocketJson.Frame(notice.Code switch
    {
        "selected" => new NoticeMessage("selected", "another voice from this chunk on")
        {
            Track = (int)notice.Track,
            Language = NameOf(rendition),
            FromSequence = notice.From,
        },
        "generation" => new NoticeMessage("generation", "the track's media type changes")
        {
            Track = (int)notice.Track,
            FromSequence = notice.From,
            Mime = (notice.Track == MediaTrack.Video ? Stream.Picture : Stream.Sound(rendition)).View.Find(notice.From)?.Generation.Mime,
        },
        _ => new NoticeMessage("skipped", string.Create(CultureInfo.InvariantCulture, $"{notice.To - notice.From + 1} chunks were left out: they are not held any more, or this viewer was too slow"))
        {
            Track = (int)notice.Track,
            From = notice.From,
            To = notice.To,
        },
    });

    private string NameOf(int rendition) => Stream.Renditions[rendition].Name;

    private List<RenditionDescription> Describe(ViewerWish wish, string mime)
    {
        var described = new List<RenditionDescription>();
        foreach (var rendition in Stream.Renditions)
        {
            // A voice that is not dubbed, because the source has it, has nothing.
            if (Stream.Sound(rendition.Index).View is not { IsEmpty: false } view)
                continue;
            var own = view.Entries[^1].Generation.Mime;
            var isOriginal = rendition.Index == 0;
            described.Add(new RenditionDescription(rendition.Index, rendition.Name, LanguageNames.Of(rendition.Language))
            {
                Source = isOriginal ? rendition.Language : null,
                Locked = isOriginal ? null : !wish.Allows(rendition.Name),
                Mime = own == mime ? null : own,
            });
        }

        return described;
    }

    private async Task PumpAsync()
    {
        while (!_stopped)
        {
            await _released.WaitAsync();
            foreach (var viewer in _viewers.Keys)
                viewer.Wake();
        }
    }

    private void Caption(PublishedCaption caption)
    {
        var frame = SocketJson.Frame(new CaptionMessage(NameOf(caption.Rendition), caption.Id, caption.Text, Micros(caption.Start), Micros(caption.End)));
        foreach (var viewer in _viewers.Keys.Where(viewer => viewer.Rendition == caption.Rendition && viewer.WantsCaptions))
            viewer.Tell(frame);
    }

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private void TellChange(ChannelSnapshot snapshot)
    {
        var (before, now) = (_state, snapshot.State);
        _state = now;
        var lost = now is ChannelState.SourceLost or ChannelState.Faulted;
        if (before == now || lost == before is ChannelState.SourceLost or ChannelState.Faulted)
            return;
        if (!lost && now != ChannelState.Live)
            return;
        var frame = SocketJson.Frame(new NoticeMessage(lost ? "source_lost" : "source_back", snapshot.Reason ?? "the source is there again"));
        foreach (var viewer in _viewers.Keys)
            viewer.Tell(frame);
    }

    /// <summary>Makes a voice's status anew where it has changed or is old; whether it did.</summary>
    private bool Renew(ChunkRendition rendition, ChannelSnapshot snapshot, DateTimeOffset now)
    {
        var heard = snapshot.Languages.FirstOrDefault(language => language.Language == rendition.Name);
        var (state, reason) = heard is null ? ("original", null) : (Word(heard.State), heard.Reason);
        var key = (state, reason, snapshot.State);
        var last = _status[rendition.Index];
        if (last.Key == key && now - last.At < StatusEvery)
            return false;
        var health = Math.Clamp((int)Math.Round(snapshot.BufferSeconds / snapshot.DelaySeconds * 100), 0, 100);
        var message = new StatusMessage(
            state,
            reason,
            rendition.Name,
            BehindLive(rendition, now),
            health,
            heard?.OnsetLagP50 is { } lag ? (long)Math.Round(lag * 1000) : null,
            heard?.OnsetLagEstimated ?? false,
            System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(snapshot.State.ToString()),
            now.ToUnixTimeMilliseconds());
        (last.Key, last.At) = (key, now);
        Volatile.Write(ref last.Frame, SocketJson.Frame(message));
        return true;
    }

    /// <summary>What the source is broadcasting now, by its dates, minus the end of the newest chunk.</summary>
    private long? BehindLive(ChunkRendition rendition, DateTimeOffset now)
    {
        var entries = Stream.Sound(rendition.Index).View.Entries;
        if (Stream.Edge is not { } edge || entries.IsEmpty)
            return null;
        var newest = entries[^1].Chunk;
        return (long)Math.Round((edge.Date + (now - edge.At) - (newest.SourceTime + newest.Duration)).TotalMilliseconds);
    }

    private static string Word(LanguageState state) => state switch
    {
        LanguageState.Dubbed => "dubbed",
        LanguageState.Fallback => "fallback",
        _ => "original",
    };

    private sealed class Status
    {
        public byte[] Frame = [];

        public (string State, string? Reason, ChannelState Channel) Key { get; set; }

        public DateTimeOffset At { get; set; }
    }
}
