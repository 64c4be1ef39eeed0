using Tandem.Live;
using Tandem.Server.Access;

namespace Tandem.Server.Admission;

/// <summary>Counts viewers, knows what the channels cost, and refuses what this instance cannot carry.</summary>
internal sealed class InstanceAdmission : IDisposable
{
    private readonly Func<IReadOnlyList<ChannelOptions>> _channels;
    private readonly TandemMeter _meter;
    private readonly ChannelLoad _load;
    private readonly HlsViewers _hls;
    private int _sockets;

    /// <param name="limits">What there may be.</param>
    /// <param name="channels">The channels there are.</param>
    /// <param name="meter">Counts refusals, and is listened to for load.</param>
    /// <param name="time">The clock.</param>
    public InstanceAdmission(InstanceLimits limits, Func<IReadOnlyList<ChannelOptions>> channels, TandemMeter meter, TimeProvider time)
    {
        (Limits, _channels, _meter) = (limits, channels, meter);
        _load = new ChannelLoad(meter);
        _hls = new HlsViewers(time);
    }

    /// <summary>The most that is taken on.</summary>
    public InstanceLimits Limits { get; }

    /// <summary>What there is now.</summary>
    public InstanceLoad Load()
    {
        var channels = _channels();
        return new InstanceLoad(
            channels.Count,
            channels.Sum(channel => channel.To.Length),
            Volatile.Read(ref _sockets) + _hls.Count,
            _load.SegmentsInFlight,
            _load.QueueDepth,
            channels.Select(InstanceCosts.Of).Aggregate(default(Cost), (sum, cost) => sum + cost));
    }

    /// <summary>A place for a WebSocket, given back when it is disposed of, or why there is none.</summary>
    public (IDisposable? Seat, ViewerVerdict? Full) Sit()
    {
        // Counted first, so that two at once cannot both have the last place.
        var seat = new Seat(this);
        var load = Load();
        if (AdmissionRule.ForViewer(load with { Viewers = load.Viewers - 1 }, Limits) is not { } why)
            return (seat, null);
        seat.Dispose();
        return (null, Refuse(why));
    }

    /// <summary>Notes a viewer of HLS; a refusal where it is new and there is no room.</summary>
    /// <param name="who">Half of a hash of its token or address.</param>
    /// <param name="joining">Whether it asks for the master playlist; who watches already is never turned away.</param>
    public ViewerVerdict? See(UInt128 who, bool joining)
    {
        NoRoom? why = null;
        _hls.See(who, () => (why = AdmissionRule.ForViewer(Load(), Limits)) is null);
        return joining && why is not null ? Refuse(why) : null;
    }

    /// <summary>Whether there is room for a channel, or for one in the place of another; null where there is.</summary>
    public NoRoom? ForChannel(ChannelOptions channel, ChannelOptions? before = null)
    {
        var (cost, old) = (InstanceCosts.Of(channel), before is null ? default : InstanceCosts.Of(before));
        var why = AdmissionRule.ForChannel(
            Load(),
            Limits,
            before is null ? 1 : 0,
            channel.To.Length - (before?.To.Length ?? 0),
            new Cost(cost.Cores - old.Cores, cost.Bytes - old.Bytes));
        if (why is not null)
            _meter.AdmissionRefused(why.Reason);
        return why;
    }

    /// <summary>A channel is gone.</summary>
    public void Forget(string channel) => _load.Forget(channel);

    /// <inheritdoc/>
    public void Dispose() => _load.Dispose();

    private ViewerVerdict Refuse(NoRoom why)
    {
        _meter.AdmissionRefused(why.Reason);
        return ViewerVerdict.Full(why.Reason, why.Detail, why.RetryAfter);
    }

    private sealed class Seat : IDisposable
    {
        private readonly InstanceAdmission _of;
        private int _left;

        public Seat(InstanceAdmission of)
        {
            _of = of;
            Interlocked.Increment(ref of._sockets);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                Interlocked.Decrement(ref _of._sockets);
        }
    }
}
