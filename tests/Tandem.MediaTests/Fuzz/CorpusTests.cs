using Tandem.Fuzz;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Fuzz;

/// <summary>The corpus of each parser of outside bytes, findings of earlier fuzzing among it, read again. <c>./test --full</c> fuzzes on.</summary>
public sealed class CorpusTests
{
    private const int LargestCorpus = 200 << 10;

    // Afl-fuzz calls 5 s a hang; a busy machine gets the rest.
    private static readonly TimeSpan _hang = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Nothing_in_the_corpus_brings_a_parser_down(string name)
    {
        // Segments are read in a process of their own: libav* could take this one down. See below.
        var target = FuzzTargets.Find(name)!;
        foreach (var file in Corpus(name).Where(_ => name != "segment"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            var problem = await Record.ExceptionAsync(() => Task.Run(() => target.Run(bytes)).WaitAsync(_hang));
            Assert.True(problem is null, $"{file}: {problem}");
        }
    }

    /// <summary>Whatever a segment holds, its worker answers, and goes on living.</summary>
    [Fact]
    public async Task No_segment_in_the_corpus_brings_a_worker_down()
    {
        var log = new LogLines();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { RequestTimeout = _hang }, TimeProvider.System, log);
        var heard = 0;
        foreach (var file in Corpus("segment"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var continues in new[] { false, true })
            {
                var outcome = await worker.DecodeAsync(FuzzTargets.Request(bytes, continues), CancellationToken.None);
                Assert.False(
                    outcome.Fault is DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable, $"{file}: {outcome.Fault} {outcome.Detail}\n{log}");
                heard += outcome.Fault is null ? 1 : 0;
            }
        }

        Assert.Equal(0, worker.Restarts);
        Assert.True(heard >= 10, $"only {heard} of the seeds are segments that can be heard");
    }

    [Fact]
    public void The_corpus_is_small_and_every_target_has_one()
    {
        Assert.All(FuzzTargets.All, target => Assert.NotEmpty(Corpus(target.Name)));
        Assert.InRange(FuzzTargets.All.Sum(target => Corpus(target.Name).Sum(file => new FileInfo(file).Length)), 1, LargestCorpus);
    }

    /// <summary>The same where its sound is to be taken out: nothing that the child does comes as far as this process.</summary>
    [Fact]
    public async Task No_segment_to_be_remuxed_in_the_corpus_brings_a_worker_down()
    {
        var log = new LogLines();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { RequestTimeout = _hang }, TimeProvider.System, log);
        var carried = 0;
        foreach (var file in Corpus("remux"))
        {
            var parts = FuzzTargets.Request(await File.ReadAllBytesAsync(file), continues: false);
            foreach (var continues in new[] { false, true })
            {
                var outcome = await worker.RemuxAsync(new RemuxRequest(parts.Data, parts.Init, 0, continues), CancellationToken.None);
                Assert.False(
                    outcome.Fault is DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable, $"{file}: {outcome.Fault} {outcome.Detail}\n{log}");
                carried += outcome.Fault is null ? 1 : 0;
            }
        }

        Assert.Equal(0, worker.Restarts);
        Assert.True(carried >= 8, $"only {carried} of the seeds are segments that can be carried");
    }

    private static List<string> Corpus(string target) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root(), "tests/fuzz", target)).Order(StringComparer.Ordinal)];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tandem.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the checkout");
        return folder;
    }
}
