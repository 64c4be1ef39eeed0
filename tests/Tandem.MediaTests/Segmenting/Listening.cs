using Microsoft.Extensions.Logging;
using Tandem.Media.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Starts listeners for tests.</summary>
internal static class Listening
{
    /// <summary>A listener at an address.</summary>
    public static Segmenter At(string address, ILogger log, Func<SegmenterOptions, SegmenterOptions>? change)
    {
        var input = InputAddress.Parse(address, out var problem);
        Assert.Null(problem);
        var options = new SegmenterOptions { Input = input!, Name = "test", StartTimeout = TimeSpan.FromMinutes(3) };
        return Segmenter.Start(change?.Invoke(options) ?? options, TimeProvider.System, log);
    }
}
