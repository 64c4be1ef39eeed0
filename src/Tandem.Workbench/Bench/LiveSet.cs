using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Bench;

/// <summary>Live channels in this process, each as a server runs it, on one source; and what they measure of themselves.</summary>
internal sealed class LiveSet : IAsyncDisposable
{
    private readonly TandemMeter _meter = new();
    private readonly MeterListener _listener = new();
    private readonly List<LiveChannel> _channels = [];
    private readonly List<double> _lateness = [];
    private readonly Lock _lock = new();

    /// <summary>Starts them all at once.</summary>
    /// <param name="origin">Their source.</param>
    /// <param name="channels">How many.</param>
    /// <param name="languages">Of each.</param>
    /// <param name="delay">Of each.</param>
    public LiveSet(LiveOrigin origin, int channels, int languages, TimeSpan delay)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter.Meter) && instrument.Name == MetricCatalogue.PublishLateness.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            lock (_lock)
                _lateness.Add(seconds);
        });
        _listener.Start();
        var voices = DubVoice.Make(languages);
        for (var index = 0; index < channels; index++)
        {
            var options = new ChannelOptions
            {
                Id = $"bench{index}",
                Input = origin.Playlist($"c{index}"),
                From = "en",
                To = [.. voices.Select(voice => voice.Language)],
                Delay = delay,
                AllowPrivate = true,
            };
            var engine = EngineChoice.Of(_ => new ReadyDubs(voices));
            _channels.Add(LiveChannel.Start(
                options, new ChannelServices(TimeProvider.System, NullLoggerFactory.Instance, _meter, null, engine, new MediaWorkerOptions())));
        }
    }

    /// <summary>Whether every channel has published something.</summary>
    public bool AllPublish => _channels.All(channel => channel.Snapshot().LastPublished is not null);

    /// <summary>How late each publication was since this was last asked, s.</summary>
    public IReadOnlyList<double> TakeLateness()
    {
        lock (_lock)
        {
            var taken = _lateness.ToList();
            _lateness.Clear();
            return taken;
        }
    }

    /// <summary>How often each stage failed so far, in all channels. Being late is no failure here: it is measured.</summary>
    public IReadOnlyDictionary<string, long> Failures => _channels.SelectMany(channel => channel.Snapshot().Counters.FailuresByStage)
        .Where(stage => stage.Key != "publish").GroupBy(stage => stage.Key, StringComparer.Ordinal)
        .ToDictionary(stage => stage.Key, stage => stage.Sum(one => one.Value), StringComparer.Ordinal);

    /// <summary>CPU that this process's children have used which are alive now: the media workers.</summary>
    public static TimeSpan WorkersCpu => CpuTimes.Children().Aggregate(TimeSpan.Zero, (sum, process) => sum + CpuTimes.Of(process));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            await channel.DisposeAsync();
        _listener.Dispose();
        _meter.Dispose();
    }
}
