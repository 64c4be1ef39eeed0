using System.Diagnostics;
using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>How a run ended: with a report, or with one line that says why there is none.</summary>
/// <param name="Report">Null where there is a problem.</param>
/// <param name="Problem">Null where there is a report.</param>
/// <param name="WrongCall">Whether the call was wrong, not what it called.</param>
public sealed record LoadOutcome(LoadReport? Report, string? Problem, bool WrongCall);

/// <summary>Lets viewers watch a channel, and reports what they went through.</summary>
public sealed class LoadRun
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _leaving = TimeSpan.FromSeconds(4);

    private readonly LoadServices _services;
    private readonly Action<SecondReport> _progress;
    private readonly DecodeSample? _sample;
    private readonly List<Tally> _tallies = [];
    private readonly List<(Viewer Viewer, TimeSpan After, bool Counts)> _viewers = [];
    private readonly List<SecondReport> _series = [];
    private readonly List<string> _remarks = [];
    private readonly Histogram _timer = new();

    private LoadRun(LoadServices services, Action<SecondReport> progress)
    {
        (_services, _progress) = (services, progress);
        _sample = services.Options.Decode ? new DecodeSample() : null;
        Invite();
    }

    /// <summary>Runs to its end, or until told to stop; what was measured until then is reported.</summary>
    /// <param name="options">What is run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Told of each second.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<LoadOutcome> RunAsync(LoadOptions options, TimeProvider time, Action<SecondReport> progress,
        CancellationToken stop)
    {
        try
        {
            var (target, problem, wrong) = await LoadTarget.FindAsync(options, time, stop);
            if (target is null)
                return new LoadOutcome(null, problem, wrong);
            var run = new LoadRun(new LoadServices(options, target, new RunClock(time)), progress);
            return new LoadOutcome(await run.WatchAsync(stop), null, WrongCall: false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new LoadOutcome(null, "stopped before anybody watched", WrongCall: false);
        }
    }

    private TimeProvider Time => _services.Clock.Time;

    /// <summary>Who comes when: spread evenly over the ramp, each at a moment of its own.</summary>
    private void Invite()
    {
        var options = _services.Options;
        var random = new Random(options.Seed);
        var (ws, hls) = (new Tally("ws"), new Tally("hls"));
        for (var index = 0; index < options.Viewers; index++)
        {
            var after = options.Ramp * ((index + random.NextDouble()) / options.Viewers);
            var language = options.Languages.Count == 0 ? null
                : options.Languages[index / (options.Via == Via.Mix ? 2 : 1) % options.Languages.Count];
            var bySocket = options.Via == Via.Ws || (options.Via == Via.Mix && index % 2 == 0);
            var own = new Random(random.Next());
            var sample = index == 0 ? _sample : null;
            _viewers.Add((bySocket
                ? new SocketViewer($"ws {index}", language, new ReadingPace(null), own, sample, ws, _services)
                : new HlsViewer($"hls {index}", language, own, sample, hls, _services), after, true));
        }

        _tallies.AddRange(options.Via switch { Via.Ws => [ws], Via.Hls => [hls], _ => [ws, hls] });
        InviteApart("frozen", options.Frozen, new ReadingPace(0), random);
        InviteApart("slow", options.Slow, new ReadingPace(options.SlowBytesPerSecond), random);
    }

    private void InviteApart(string name, int count, ReadingPace pace, Random random)
    {
        if (count == 0)
            return;
        var options = _services.Options;
        var tally = new Tally(name);
        _tallies.Add(tally);
        for (var index = 0; index < count; index++)
        {
            var language = options.Languages.Count == 0 ? null : options.Languages[index % options.Languages.Count];
            _viewers.Add((new SocketViewer($"{name} {index}", language, pace, new Random(random.Next()), null, tally, _services),
                options.Ramp * random.NextDouble(), false));
        }
    }

    private async Task<LoadReport> WatchAsync(CancellationToken stop)
    {
        var (began, cpu) = (Time.GetUtcNow(), Cpu());
        using var over = new CancellationTokenSource(_services.Options.Duration, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stop);
        using var leave = new CancellationTokenSource();
        var watching = Task.WhenAll(_viewers.Select(one => ComeAsync(one.Viewer, one.After, leave.Token)));
        var timing = TimeOwnAsync(leave.Token);
        await TickAsync(either.Token);

        var end = _services.Clock.Now;
        foreach (var (viewer, _, _) in _viewers)
            viewer.Finish(end);
        var seconds = (end - _services.Clock.Began) / 1e6;
        var used = Cpu() - cpu;
        await leave.CancelAsync();
        try
        {
            await watching.WaitAsync(_leaving, Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Remark("some connections did not end within 4 s");
        }

        await timing;
        await DecodeAsync(stop);
        return Report(began, seconds, used, stop.IsCancellationRequested && !over.IsCancellationRequested);
    }

    private async Task ComeAsync(Viewer viewer, TimeSpan after, CancellationToken leave)
    {
        try
        {
            await Task.Delay(after, Time, leave);
            await viewer.RunAsync(leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // The run is over.
        }
        catch (Exception fault)
        {
            // One viewer that fails must not end the others; what it did not get counts all the same.
            Remark($"{viewer.Name} failed: {fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task TickAsync(CancellationToken over)
    {
        using var timer = new PeriodicTimer(_second, Time);
        var second = new Histogram();
        var delays = new List<long>(_viewers.Count);
        long bytes = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var all = _tallies.Sum(tally => tally.Bytes);
                var now = Look(second, delays, all - bytes);
                bytes = all;
                _series.Add(now);
                _progress(now);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private SecondReport Look(Histogram second, List<long> delays, long bytes)
    {
        var now = _services.Clock.Now;
        var (connected, playing, stalled) = (0, 0, 0);
        delays.Clear();
        foreach (var (viewer, _, counts) in _viewers)
        {
            var sample = viewer.Tick(now);
            if (!counts)
                continue;
            connected += sample.Connected ? 1 : 0;
            playing += sample.Phase == PlaybackPhase.Playing ? 1 : 0;
            stalled += sample.Phase == PlaybackPhase.Stalled ? 1 : 0;
            if (sample.Delay is { } delay)
                delays.Add(delay);
        }

        delays.Sort();
        second.Clear();
        foreach (var tally in Counted())
            tally.TakeSecond(second);
        return new SecondReport(
            (int)Math.Round((now - _services.Clock.Began) / 1e6),
            connected,
            playing,
            stalled,
            second.Count,
            second.Quantile(0.5),
            second.Quantile(0.95),
            delays.Count == 0 ? null : delays[delays.Count / 2] / 1e6,
            bytes,
            Counted().Sum(tally => tally.Faults),
            Counted().Sum(tally => tally.Disconnects));
    }

    private IEnumerable<Tally> Counted() => _tallies.Where(tally => tally.Name is "ws" or "hls");

    /// <summary>Measures how late a timer is: what the load itself adds to all that it measures.</summary>
    private async Task TimeOwnAsync(CancellationToken over)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        try
        {
            while (true)
            {
                var began = Time.GetTimestamp();
                await Task.Delay(pause, Time, over);
                _timer.Add((long)(Time.GetElapsedTime(began) - pause).TotalMicroseconds);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private async Task DecodeAsync(CancellationToken stop)
    {
        if (_sample is null)
            return;
        if (stop.IsCancellationRequested || _sample.Tracks == 0)
        {
            Remark("no sample was decoded");
            return;
        }

        var complaints = await _sample.DecodeAsync(Time, stop);
        if (complaints is null)
        {
            Remark("ffmpeg is not installed: no sample was decoded");
            return;
        }

        foreach (var complaint in complaints)
        {
            _tallies[0].Fault(FaultKind.Undecodable);
            _services.Faults.Add(_viewers[0].Viewer.Name, FaultKind.Undecodable, complaint);
        }

        if (complaints.Count == 0)
            Remark($"ffmpeg decoded a sample of {_sample.Tracks} {(_sample.Tracks == 1 ? "track" : "tracks")} without complaint");
    }

    private LoadReport Report(DateTimeOffset began, double seconds, TimeSpan used, bool stopped)
    {
        var options = _services.Options;
        var all = new Tally("all");
        foreach (var tally in Counted())
            tally.AddTo(all);
        List<GroupReport> groups = [all.Report(), .. _tallies.Select(tally => tally.Report())];
        var thresholds = options.Thresholds.Select(threshold => Judge(threshold, groups)).ToList();
        if (_timer.Quantile(0.95) is > 0.05 and var late)
            Remark(string.Create(CultureInfo.InvariantCulture,
                $"the load's own timer was {late * 1000:F0} ms late (p95): it is part of every time above; give it more CPU or fewer viewers"));
        if (groups[0].Viewers.Joined == 0)
            Remark("nobody joined");
        if (stopped)
            Remark("the run was ended before its time");
        var delivery = new Histogram();
        foreach (var tally in Counted())
            tally.DeliveryInto(delivery);
        using var process = Process.GetCurrentProcess();
        return new LoadReport
        {
            Date = began,
            Url = (options.Via == Via.Hls ? _services.Target.Master : _services.Target.Socket!).GetLeftPart(UriPartial.Path),
            Options = new OptionsReport(
                options.Via switch { Via.Ws => "ws", Via.Hls => "hls", _ => "mix" },
                options.AudioOnly ? "audio" : "av",
                options.Languages,
                options.Viewers,
                options.Duration.TotalSeconds,
                options.Ramp.TotalSeconds,
                (options.Buffer ?? TimeSpan.FromSeconds(options.Via == Via.Hls ? 0.1 : 1)).TotalSeconds,
                options.Seed,
                options.Frozen,
                options.Slow,
                options.SlowBytesPerSecond),
            Seconds = Math.Round(seconds, 3),
            Stopped = stopped,
            Passed = groups[0].Viewers.Joined > 0 && !thresholds.Exists(threshold => threshold.Broken),
            Groups = groups,
            Thresholds = thresholds,
            Remarks = [.. _remarks],
            FaultLines = _services.Faults.Lines,
            Series = _series,
            DeliveryCurve = [.. delivery.Cumulated()
                .Select(point => new DeliveryPoint(point.Edge, Math.Round((double)point.Upto / delivery.Count, 6)))],
            Own = new OwnReport(
                Math.Round(used.TotalSeconds, 2),
                Math.Round(used.TotalSeconds / Math.Max(0.001, seconds), 3),
                _timer.Quantile(0.95),
                _timer.Greatest,
                process.PeakWorkingSet64,
                _services.Offset.Microseconds / 1e6,
                _services.Offset.RoundTrip / 1e6),
        };
    }

    private static ThresholdReport Judge(Threshold threshold, List<GroupReport> groups)
    {
        var group = groups.Find(one => one.Name == threshold.Group);
        var value = group is null ? null : threshold.Figure.Of(group);
        return new ThresholdReport(threshold.Expression, value, threshold.IsBroken(value));
    }

    private void Remark(string text)
    {
        lock (_remarks)
        {
            if (_remarks.Count < 20)
                _remarks.Add(text);
        }
    }

    private static TimeSpan Cpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
