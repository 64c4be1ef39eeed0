using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Sync;

/// <summary>All sources of the matrix, played once for all its tests: eighteen at a time, about a minute.</summary>
public sealed class SyncMatrix : IAsyncLifetime
{
    private SyncRun? _run;

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, SyncCase> Cases { get; private set; } = new Dictionary<string, SyncCase>();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // For those who look into one case: the others fail at once, and the machine is left to it.
        var only = Environment.GetEnvironmentVariable("TANDEM_SYNC_ONLY") ?? "";
        SyncCase[] cases = [.. await SyncCase.CoverAsync(), .. await SyncCase.UpsetsAsync()];
        cases = [.. cases.Where(one => one.Name.Contains(only, StringComparison.Ordinal))];
        Cases = cases.ToDictionary(one => one.Name);
        _run = await SyncRun.PlayAsync(cases, seconds: 44);
    }

    /// <summary>Holds a case to design.md's bounds.</summary>
    public Task CheckAsync(string name) => SyncBounds.CheckAsync(_run!, Cases[name]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The sources whose picture is carried, played once for all their tests.</summary>
public sealed class CarriedMatrix : IAsyncLifetime
{
    private SyncRun? _run;
    private Dictionary<string, SyncCase> _cases = [];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var only = Environment.GetEnvironmentVariable("TANDEM_SYNC_ONLY") ?? "";
        _cases = (await SyncCase.CarriedAsync()).Where(one => one.Name.Contains(only, StringComparison.Ordinal)).ToDictionary(one => one.Name);
        _run = await SyncRun.PlayAsync([.. _cases.Values], seconds: 44);
    }

    /// <summary>Holds a case to design.md's bounds.</summary>
    public Task CheckAsync(string name) => SyncBounds.CheckAsync(_run!, _cases[name]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A picture that Tandem carries is in step with the voices, whatever it comes in (issue 3, point 1).</summary>
[Collection(Alone.Name)]
public sealed class CarriedSyncTests(CarriedMatrix matrix) : IClassFixture<CarriedMatrix>
{
    [Theory]
    [InlineData("carry-ts-25fps-48000-muxed-aac")]
    [InlineData("carry-ts-30fps-44100-separate-aac")]
    [InlineData("carry-fmp4-50fps-48000-muxed-aac")]
    [InlineData("carry-fmp4-25fps-44100-separate-aac")]
    [InlineData("carry-aes-ts")]
    [InlineData("carry-aes-fmp4")]
    [InlineData("carry-ranges")]
    [InlineData("carry-discontinuity")]
    public Task Voice_and_carried_picture_are_in_step(string source) => matrix.CheckAsync(source);
}

/// <summary>The bounds of design.md, section 5.</summary>
internal static class SyncBounds
{
    /// <summary>Of the median offset, s.</summary>
    public const double Median = 0.005;

    /// <summary>Of every single offset, s.</summary>
    public const double Each = 0.010;

    /// <summary>Between the beginning and the end, s.</summary>
    public const double Drift = 0.002;

    public static async Task CheckAsync(SyncRun run, SyncCase one, int beeps = 30)
    {
        var (error, epochs, told) = await run.MeasureAsync(one.Name);
        TestContext.Current.TestOutputHelper?.WriteLine($"{one.Name}: {error}; {run.Load}");
        var (all, within) = run.SelfChecks(one.Name, Median);
        TestContext.Current.TestOutputHelper?.WriteLine($"the server's own check: {within} of {all} within {Median * 1000} ms");
        Assert.True(all > 0 && within == all, $"the server's own check: {within} of {all} within {Median * 1000} ms; {told}");
        Assert.True(error.Count >= beeps, $"only {error.Count} beeps: {told}");
        Assert.True(Math.Abs(error.Median) <= Median, told);
        Assert.True(Math.Abs(error.Worst) <= Each, told);
        Assert.True(Math.Abs(error.Drift) <= Drift, told);
        Assert.True(error.Missed <= one.Missing, told);
        Assert.True(epochs >= one.Epochs, $"{epochs} epochs: {told}");
        Assert.True(run.Violations(one.Name).Count == 0, string.Join('\n', run.Violations(one.Name).Take(8)));
    }
}

/// <summary>Whatever the source, a viewer hears a voice in step with the picture, as in the source itself (issue 2, point 1).</summary>
[Collection(Alone.Name)]
public sealed class SyncTests(SyncMatrix matrix) : IClassFixture<SyncMatrix>
{
    [Theory]
    [InlineData("ts-25fps-48000-muxed-aac")]
    [InlineData("ts-30fps-44100-muxed-aac")]
    [InlineData("ts-50fps-48000-separate-aac")]
    [InlineData("ts-25fps-44100-separate-aac")]
    [InlineData("fmp4-25fps-44100-muxed-aac")]
    [InlineData("fmp4-30fps-48000-separate-aac")]
    [InlineData("fmp4-50fps-44100-muxed-aac")]
    [InlineData("ts-25fps-48000-muxed-mp2")]
    [InlineData("ts-25fps-44100-muxed-mp3")]
    public Task Voice_and_picture_are_in_step(string source) => matrix.CheckAsync(source);

    [Theory]
    [InlineData("discontinuity-ts")]
    [InlineData("discontinuity-fmp4")]
    [InlineData("restart-ts")]
    [InlineData("restart-fmp4")]
    [InlineData("wrap")]
    public Task Voice_and_picture_stay_in_step_across_a_break(string source) => matrix.CheckAsync(source);

    [Theory]
    [InlineData("holes")]
    [InlineData("clock-100ppm")]
    [InlineData("jitter-1ms")]
    [InlineData("no-dates")]
    public Task Voice_and_picture_are_in_step_from_a_faulty_source(string source) => matrix.CheckAsync(source);
}

/// <summary>The whole product of containers, rates and layouts.</summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class SyncFullTests
{
    [Fact]
    public async Task Every_combination_is_in_step()
    {
        foreach (var batch in (await SyncCase.ProductAsync()).Chunk(12))
        {
            var run = await SyncRun.PlayAsync(batch, seconds: 44);
            foreach (var one in batch)
                await SyncBounds.CheckAsync(run, one);
        }
    }
}

/// <summary>Carried pictures of every codec that HLS has are in step with the voices, and decode (issue 3).</summary>
[Trait("Category", "Full")]
[Collection(Alone.Name)]
public sealed class PictureCodecTests
{
    [Fact]
    public async Task Every_codec_is_carried_in_step()
    {
        var cases = await SyncCase.CodecsAsync();
        var run = await SyncRun.PlayAsync(cases, seconds: 44);
        foreach (var one in cases)
            await SyncBounds.CheckAsync(run, one);
    }
}
