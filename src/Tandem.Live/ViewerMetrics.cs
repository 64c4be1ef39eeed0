using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>What one channel's sockets measure. Safe on any thread.</summary>
/// <param name="meter">The process's meter.</param>
/// <param name="channel">The channel's id.</param>
public sealed class ViewerMetrics(TandemMeter meter, string channel)
{
    private readonly KeyValuePair<string, object?> _channel = new("channel", channel);

    /// <summary>A binary message was handed to a viewer's connection.</summary>
    /// <param name="bytes">Its size, without frame header.</param>
    public void MessageSent(int bytes) => meter.WebSocketMessage.Record(bytes, _channel);

    /// <summary>A viewer told of a chunk so long after it could first be had; half of the round trip is taken off.</summary>
    public void Delivered(TimeSpan after) => meter.WebSocketDelivery.Record(Math.Max(0, after.TotalSeconds), _channel);

    /// <summary>A socket ended.</summary>
    /// <param name="reason">A word of <c>tandem_websocket_disconnects_total</c>.</param>
    /// <param name="planned">Whether it was meant to.</param>
    public void Disconnected(string reason, bool planned) =>
        meter.WebSocketDisconnects.Add(1, _channel, new("reason", reason), new("planned", planned ? "yes" : "no"));

    /// <summary>A viewer was too slow for so many chunks.</summary>
    public void Skipped(MediaTrack track, long chunks) =>
        meter.WebSocketSkips.Add(chunks, _channel, new KeyValuePair<string, object?>("track", track == MediaTrack.Video ? "video" : "audio"));

    /// <summary>A viewer hears a voice from now on.</summary>
    public void Joined(string language) => meter.Viewers.Add(1, _channel, new("lang", language), new("via", "ws"));

    /// <summary>A viewer hears a voice no more.</summary>
    public void Left(string language) => meter.Viewers.Add(-1, _channel, new("lang", language), new("via", "ws"));

    /// <summary>Viewers heard a voice for so long, added up.</summary>
    public void Watched(string language, TimeSpan time) => meter.ViewerSeconds.Add(time.TotalSeconds, _channel, new("lang", language), new("via", "ws"));
}
