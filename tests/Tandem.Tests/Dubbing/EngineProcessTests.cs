using Tandem.Live.Dubbing;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class EngineProcessTests
{
    [Fact]
    public void After_a_kill_nobody_is_given_the_process_that_is_dying()
    {
        // It dies when the kernel gets round to it; now and then that is after the next utterance has come.
        using var process = new EngineProcess(["sleep", "60"]);
        for (var round = 0; round < 50; round++)
        {
            var (_, fresh) = process.Get();
            Assert.True(fresh, $"in round {round}");
            process.Kill();
        }
    }

    [Fact]
    public void Until_then_it_is_the_same()
    {
        using var process = new EngineProcess(["sleep", "60"]);
        var (first, _) = process.Get();
        var (second, fresh) = process.Get();
        Assert.False(fresh);
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task One_that_has_ended_by_itself_is_replaced()
    {
        using var process = new EngineProcess(["true"]);
        await process.Get().Process.WaitForExitAsync();
        Assert.True(process.Get().Fresh);
    }
}
