using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Faults;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Tandem.Server;
using Tandem.Tests.Dubbing;
using Xunit;

namespace Tandem.Tests.Faults;

/// <summary>What a plan strikes, how often, and that the same seed strikes the same.</summary>
public sealed class FaultPlanTests : IDisposable
{
    private static readonly Uri _address = new("http://source.invalid/1.ts");
    private readonly FakeTimeProvider _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-faults-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_shares_there_is_no_plan() => Assert.Null(FaultPlan.Of(FaultOptions.None with { Seed = 7, FetchSlowBy = TimeSpan.FromSeconds(9) }, "a", _time));

    [Fact]
    public void The_same_seed_strikes_the_same_segments_whatever_happens_elsewhere()
    {
        var options = new FaultOptions { DecodeFail = 0.3, StateFull = 0.5 };
        var plain = Strikes(Plan(options));
        var busy = Plan(options);
        Assert.Equal(plain, Strikes(busy, between: () => Record.Exception(() => busy.BeforeStateWrite("x"))));
        Assert.NotEqual(plain, Strikes(Plan(options with { Seed = 2 })));
        Assert.NotEqual(plain, Strikes(FaultPlan.Of(options, "another", _time)!));
        Assert.InRange(plain.Count(struck => struck), 200, 400);
        Assert.All(Strikes(Plan(options with { DecodeFail = 1 })), Assert.True);

        static List<bool> Strikes(FaultPlan plan, Action? between = null) => [.. Enumerable.Range(0, 1000).Select(_ =>
        {
            between?.Invoke();
            return plan.DecodeFails();
        })];
    }

    [Fact]
    public void Only_named_channels_are_struck()
    {
        var options = new FaultOptions { DecodeFail = 1, Channels = ["news", "sport"] };
        Assert.True(Plan(options).DecodeFails());
        Assert.Null(FaultPlan.Of(options, "weather", _time));
    }

    [Fact]
    public void Faults_begin_after_a_while_and_end_after_another()
    {
        var (plan, endless) = (
            Plan(new FaultOptions { DecodeFail = 1, After = TimeSpan.FromSeconds(30), Lasting = TimeSpan.FromSeconds(10) }),
            Plan(new FaultOptions { DecodeFail = 1, After = TimeSpan.FromSeconds(30) }));
        Assert.Equal(
            [(false, false), (true, true), (true, true), (false, true), (false, true)],
            new[] { 29, 1, 9, 1, 10_000 }.Select(seconds =>
            {
                _time.Advance(TimeSpan.FromSeconds(seconds));
                return (plan.DecodeFails(), endless.DecodeFails());
            }));
    }

    [Fact]
    public void A_worker_is_killed_or_stopped_or_out_of_memory()
    {
        Assert.Equal(WorkerStrike.Kill, Plan(new FaultOptions { WorkerCrash = 1, WorkerHang = 1 }).Worker());
        Assert.Equal(WorkerStrike.Stop, Plan(new FaultOptions { WorkerHang = 1 }).Worker());
        Assert.Equal(WorkerStrike.Exhaust, Plan(new FaultOptions { WorkerMemory = 1 }).Worker());
        Assert.Null(Plan(new FaultOptions { DecodeFail = 1 }).Worker());
    }

    [Fact]
    public async Task Requests_fail_as_a_server_in_trouble_answers()
    {
        var outcome = await Plan(new FaultOptions { FetchFail = 1 }).Around(Found)(new FetchRequest(_address, FetchKind.Segment), default);
        Assert.Equal(("segment", "server_error", true), (outcome.Fault!.Stage, outcome.Fault.Reason, outcome.Fault.Retry));
    }

    [Fact]
    public async Task Slow_answers_come_late_and_are_given_up_by_who_cannot_wait()
    {
        var fetch = Plan(new FaultOptions { FetchSlow = 1, FetchSlowBy = TimeSpan.FromSeconds(3) }).Around(Found);
        var late = fetch(new FetchRequest(_address, FetchKind.Segment, Patience: TimeSpan.FromSeconds(5)), default);
        var tooLate = fetch(new FetchRequest(_address, FetchKind.Segment, Patience: TimeSpan.FromSeconds(2)), default);
        _time.Advance(TimeSpan.FromSeconds(2.5));
        Assert.False(late.IsCompleted);
        Assert.Equal("timeout", (await tooLate).Fault!.Reason);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True((await late).Succeeded);
    }

    /// <summary>As the kernel's own refusals do, both cost the record and nothing else, and are said once.</summary>
    [Theory]
    [InlineData(1, 0, "No space left on device")]
    [InlineData(0, 1, "Read-only file system")]
    public void A_state_folder_that_cannot_be_written(double full, double readOnly, string said)
    {
        var log = new Lines();
        var record = new StateRecord(_folder, "news", Plan(new FaultOptions { StateFull = full, StateReadOnly = readOnly }));
        record.Save([], _ => null, log);
        record.Save([], _ => null, log);
        Assert.Contains(said, Assert.Single(log.All), StringComparison.Ordinal);
        Assert.Null(record.Load(NullLogger.Instance));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_state_folder_that_could_not_be_written_at_the_start_is_tried_again()
    {
        // A file where the folder should be, as a mount that is not there yet may leave it.
        var folder = Path.Combine(_folder, "state");
        File.WriteAllText(folder, "");
        var (log, failed) = (new Lines(), new List<string>());
        var record = new StateRecord(LiveChannels.Usable(folder, log), "news", failed: failed.Add);
        record.Save([], _ => null, log);
        Assert.Equal(["other"], failed);
        Assert.NotNull(record.Trouble);

        File.Delete(folder);
        record.Save([], _ => null, log);
        Assert.Equal(["other"], failed);
        Assert.Null(record.Trouble);
        Assert.True(File.Exists(Path.Combine(folder, "channels", "news.json")));
    }

    [Theory]
    [InlineData("recognise", "crash", "crashed")]
    [InlineData("recognise", "hang", "timeout")]
    [InlineData("recognise", "garbage", "bad_answer")]
    [InlineData("translate", "crash", "crashed")]
    [InlineData("translate", "hang", "timeout")]
    [InlineData("translate", "garbage", "bad_answer")]
    [InlineData("speak", "crash", "crashed")]
    [InlineData("speak", "hang", "timeout")]
    [InlineData("speak", "garbage", "bad_answer")]
    public async Task A_stage_of_the_engine_that_is_struck_costs_its_utterance(string stage, string what, string reason)
    {
        var struck = what switch
        {
            "crash" => new StageFaults { Crash = 1 },
            "hang" => new StageFaults { Hang = 1 },
            _ => new StageFaults { Garbage = 1 },
        };
        var (events, killed) = await EngineAsync(With(stage, struck));
        var failed = Assert.Single(events.OfType<DubFailed>());
        Assert.Equal((stage, reason), (failed.Stage, failed.Reason));
        Assert.Equal(stage is "recognise" or "translate", killed > 0);
        Assert.Empty(events.OfType<DubReady>());
    }

    [Theory]
    [InlineData("recognise")]
    [InlineData("translate")]
    [InlineData("speak")]
    public async Task A_slow_stage_answers_all_the_same(string stage)
    {
        var before = _time.GetUtcNow();
        var (events, _) = await EngineAsync(With(stage, new StageFaults { Slow = 1 }) with { EngineSlowBy = TimeSpan.FromSeconds(3) });
        Assert.Single(events.OfType<DubReady>());
        Assert.Empty(events.OfType<DubFailed>());
        Assert.True(_time.GetUtcNow() - before >= TimeSpan.FromSeconds(3));
    }

    private static FaultOptions With(string stage, StageFaults faults) => stage switch
    {
        "recognise" => new FaultOptions { Recognise = faults },
        "translate" => new FaultOptions { Translate = faults },
        _ => new FaultOptions { Speak = faults },
    };

    private static Task<FetchOutcome> Found(FetchRequest request, CancellationToken cancellation) =>
        Task.FromResult(FetchOutcome.Found(new byte[] { 1 }, request.Address));

    private FaultPlan Plan(FaultOptions options) => FaultPlan.Of(options, "news", _time)!;

    /// <summary>One utterance through a cascade; time goes on until something became of it.</summary>
    private async Task<(List<EngineEvent> Events, int Killed)> EngineAsync(FaultOptions faults)
    {
        var (recogniser, translator) = (new FakeRecogniser(), new FakeTranslator("es"));
        await using var engine = new CascadeEngine(
            recogniser,
            [new CascadeLanguage("es", translator, new ToneVoice(440))],
            new CascadeOptions(),
            TestServices.Of(_time) with { Faults = Plan(faults) });
        engine.Hear(new SourceSound(ChannelTime.Zero, default, new SpeechLike().Silence(1).Speech(1.2).Silence(1.2).Samples, Restarts: true));
        var events = new List<EngineEvent>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!events.Exists(happened => happened is DubFailed or DubReady))
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.Delay(10, limit.Token);
            while (engine.Events.TryRead(out var happened))
                events.Add(happened);
        }

        return (events, recogniser.Killed + translator.Killed);
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
