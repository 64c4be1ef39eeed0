using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults;

/// <summary>
/// <c>offline</c> with real speech, whose parts are killed, stopped, or slow (issue 2, point 5). Publication never waits, which the harness
/// watches; the original stands in at full level, the state says so, and dubs come again.
/// </summary>
public sealed class EngineFaultTests
{
    private const int Rate = 48_000;
    private static readonly TimeSpan _delay = TimeSpan.FromSeconds(10);

    /// <summary>What a busy machine may take until dubs are placed again: utterances of 5 s, the delay, a circuit's first pause.</summary>
    private static readonly TimeSpan _recovers = TimeSpan.FromSeconds(90);

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_recogniser_that_hangs_is_ended_and_started_again()
    {
        await using var run = await EngineRun.StartAsync("hang");
        await run.DubsAsync(1, _recovers);
        var began = TimeProvider.System.GetUtcNow();
        foreach (var part in run.Parts("recognise"))
            TandemServer.Signal(part, "STOP");
        await run.FallsBackAsync("recognise", began);
        await run.DubsAsync(2, _recovers);
        await run.CheckAsync();
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Parts_that_crash_cost_their_utterances_and_come_back()
    {
        await using var run = await EngineRun.StartAsync("crash");
        await run.DubsAsync(2, _recovers);

        foreach (var part in run.Parts("recognise").Concat(run.Parts("apertium")))
            TandemServer.Signal(part, "KILL");
        await run.DubsAsync(2, _recovers);

        run.Voice = "crash";
        var began = TimeProvider.System.GetUtcNow();
        await run.Server.UntilAsync("the engine is out of use", async () => await run.MetricAsync("tandem_engine_circuit_open") == 1, _recovers);
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
        await run.FallsBackAsync("speak", began);
        run.Voice = "works";
        await run.Server.UntilAsync("the engine works again", async () => await run.MetricAsync("tandem_engine_circuit_open") == 0, _recovers);
        await run.DubsAsync(1, _recovers);
        await run.CheckAsync();
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_translator_that_hangs_is_ended_and_started_again()
    {
        await using var run = await EngineRun.StartAsync("stop");
        await run.DubsAsync(1, _recovers);
        var began = TimeProvider.System.GetUtcNow();
        foreach (var part in run.Parts("lt-proc"))
            TandemServer.Signal(part, "STOP");
        await run.FallsBackAsync("translate", began);
        await run.DubsAsync(2, _recovers);
        await run.CheckAsync();
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_voice_that_answers_late_is_not_waited_for()
    {
        await using var run = await EngineRun.StartAsync("late");
        await run.DubsAsync(1, _recovers);
        var began = TimeProvider.System.GetUtcNow();
        run.Voice = "late";
        await run.FallsBackAsync("", began);
        run.Voice = "hang";
        await run.FallsBackAsync("speak", began);
        run.Voice = "works";
        await run.DubsAsync(2, _recovers);
        await run.CheckAsync();
    }

    /// <summary>A channel of real speech under a pilot tone, recorded, with a stand-in for espeak-ng that does as it is told.</summary>
    private sealed class EngineRun : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("tandem-standin-").FullName;
        private readonly List<(DateTimeOffset From, DateTimeOffset To)> _fallbacks = [];
        private OriginServer? _origin;
        private TandemServer? _server;
        private StateDiary? _diary;
        private HlsRecorder? _recorder;

        public TandemServer Server => _server!;

        /// <summary>What the voice does: <c>works</c>, <c>crash</c>, <c>late</c> or <c>hang</c>.</summary>
        public string Voice
        {
            set => File.WriteAllText(Path.Combine(_folder, "mode"), value);
        }

        public static async Task<EngineRun> StartAsync(string id)
        {
            if (!Speech.IsThere || !File.Exists("/usr/bin/espeak-ng"))
                Assert.Skip("The packages asterisk-core-sounds-en-g722 and espeak-ng are not installed");
            var run = new EngineRun { Voice = "works" };
            var program = Path.Combine(run._folder, "espeak-ng");
            await File.WriteAllTextAsync(program, $"""
                #!/bin/sh
                case "$*" in *--voices*) exec /usr/bin/espeak-ng "$@" ;; esac
                case "$(cat {run._folder}/mode)" in
                    crash) exit 1 ;;
                    hang) exec sleep 1000 ;;
                    late) sleep 7 ;;
                esac
                exec /usr/bin/espeak-ng "$@"
                """);
            using (var change = System.Diagnostics.Process.Start("chmod", ["+x", program]))
                await change.WaitForExitAsync();
            var sound = new SoundRecipe(new Mixed(new Speech(), new Sine(Pilot.Frequency, Pilot.Level)), BitRate: 160_000);
            var programme = await ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
                Packing.Ts, [new PictureRecipe(FrameRate.Pal, 160, 90, 60_000, Flashes: false)], [sound], Seconds: 130));
            run._origin = await OriginServer.StartAsync();
            var channel = run._origin.Add("speech", new OriginOptions { Programme = programme });
            run._server = await TandemServer.StartAsync(
                [TandemServer.Channel("speech", channel.Master, delay: $"{_delay.TotalSeconds}s", engine: "offline")],
                new Dictionary<string, string> { ["PATH"] = $"{run._folder}:{Environment.GetEnvironmentVariable("PATH")}" });
            run._diary = StateDiary.Start(run._server, "speech");
            run._recorder = HlsRecorder.Start(run._server.Master("speech"));
            return run;
        }

        public Task<double?> MetricAsync(string name, params string[] labels) => Server.MetricAsync(name, ["channel=\"speech\"", .. labels]);

        /// <summary>The engine's processes with this word in their command.</summary>
        public IReadOnlyList<int> Parts(string word) =>
            [.. Server.Descendants().Where(id => File.Exists($"/proc/{id}/cmdline") && File.ReadAllText($"/proc/{id}/cmdline").Contains(word, StringComparison.Ordinal))];

        /// <summary>Waits until so many more dubs were placed.</summary>
        public async Task DubsAsync(int count, TimeSpan limit)
        {
            var before = await PlacedAsync();
            await Server.UntilAsync($"{count} more dubs are placed\n{_diary!.Told("speech")}", async () => await PlacedAsync() >= before + count, limit);
        }

        /// <summary>Waits until the original stands in and the stage's failure is counted, and remembers since when the engine did not work.</summary>
        public async Task FallsBackAsync(string stage, DateTimeOffset since)
        {
            try
            {
                await Server.UntilAsync(
                    $"the original stands in because of {stage}",
                    async () => _diary!.Of("speech").Any(entry => entry.At > since && entry.Voice == "fallback" && entry.VoiceReason.Length > 0)
                        && (stage.Length == 0 || await MetricAsync("tandem_segment_failures_total", $"stage=\"{stage}\"") > 0),
                    _recovers);
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"{_diary!.Told("speech")}\n{late.Message}", late);
            }

            Assert.True(await MetricAsync("tandem_fallback_seconds_total") > 0);
            _fallbacks.Add((since, TimeProvider.System.GetUtcNow()));
        }

        /// <summary>What was heard: the original at full level wherever there is no caption, and nothing twice.</summary>
        public async Task CheckAsync()
        {
            await Task.Delay(_delay, TimeProvider.System);
            var recording = _recorder!.Snapshot();
            var epoch = recording.Voice("es").Epochs[0];
            var voice = await Decode.SoundAsync(recording.Voice("es").Sound(epoch));
            var original = await Decode.SoundAsync(recording.Original.Sound(epoch));
            var start = Math.Max(voice.Frames[0].Seconds, original.Frames[0].Seconds) + 0.1;
            var end = Math.Min(voice.Frames[^1].Seconds, original.Frames[^1].Seconds);
            var gain = Pilot.Gain(voice.Between(start, end), original.Between(start, end), Rate);
            var cues = recording.Captions("es").Cues(epoch).OrderBy(cue => cue.Start).ToList();
            Assert.True(cues.Count >= 2, Told(cues));

            // The original is low for some seconds around every dub at most, and for nothing else.
            var unexplained = Enumerable.Range(0, gain.Length)
                .Where(index => gain[index] < -6)
                .Count(index => !cues.Any(cue => start + (index * Pilot.Step) > cue.Start - 12 && start + (index * Pilot.Step) < cue.End + 12));
            Assert.True(unexplained * Pilot.Step < 1, $"the original is low for {unexplained * Pilot.Step:F1} s far from every dub: {Told(cues)}");

            Assert.All(cues.Zip(cues.Skip(1)), pair => Assert.True(pair.Second.Start >= pair.First.End - 0.001, Told(cues)));
            foreach (var cue in cues)
                Assert.True(cues.Count(other => other.Text == cue.Text && Math.Abs(other.Start - cue.Start) < 20) == 1, $"{cue.Text} is spoken twice: {Told(cues)}");
            Assert.Equal("live", _diary!.Of("speech")[^1].State);
        }

        public async ValueTask DisposeAsync()
        {
            if (_recorder is not null)
                await _recorder.DisposeAsync();
            if (_diary is not null)
                await _diary.DisposeAsync();
            if (_server is not null)
                await _server.DisposeAsync();
            if (_origin is not null)
                await _origin.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        private async Task<double> PlacedAsync() =>
            (await MetricAsync("tandem_dub_onset_lag_seconds_count")) ?? 0;

        private string Told(IEnumerable<Cue> cues) => $"{string.Join('\n', cues)}\n{_diary!.Told("speech")}";
    }
}
