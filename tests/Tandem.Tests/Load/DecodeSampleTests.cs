using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>What is kept of one viewer to be decoded: its tracks are read at the same time.</summary>
public sealed class DecodeSampleTests
{
    [Fact]
    public async Task Tracks_that_begin_while_others_are_counted_do_no_harm()
    {
        for (var round = 0; round < 200; round++)
        {
            var sample = new DecodeSample();
            using var start = new Barrier(3);
            await Task.WhenAll(Task.Run(() => Keep(0)), Task.Run(() => Keep(1000)), Task.Run(() =>
            {
                start.SignalAndWait();
                var seen = 0;
                for (var look = 0; look < 200; look++)
                {
                    Assert.InRange(sample.Tracks, seen, 200);
                    seen = sample.Tracks;
                }
            }));
            Assert.Equal(200, sample.Tracks);

            void Keep(int first)
            {
                start.SignalAndWait();
                for (var track = first; track < first + 100; track++)
                {
                    sample.Begin(track);
                    sample.Feed(track, [1, 2, 3]);
                    sample.Commit(track, init: false);
                }
            }
        }
    }
}
