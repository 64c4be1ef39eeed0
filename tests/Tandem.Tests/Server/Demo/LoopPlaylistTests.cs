using System.Collections.Immutable;
using System.Globalization;
using Tandem.Server.Demo;
using Xunit;

namespace Tandem.Tests.Server.Demo;

/// <summary>The live window of a loop: grows by the clock, never changes what it has said.</summary>
public sealed class LoopPlaylistTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Window_grows_without_gap_and_keeps_what_it_said(bool seamless)
    {
        var window = new LoopWindow(MakeLoop(seamless, 180_000, 90_000, 333_333, 45_001));
        var said = new Dictionary<long, string>();
        long last = -1, discontinuities = 0;
        for (var now = Now; now < Now.AddSeconds(60); now += TimeSpan.FromMilliseconds(250))
        {
            var text = LoopPlaylists.Media(window, now);
            var first = Value(text, "#EXT-X-MEDIA-SEQUENCE:");
            var entries = Entries(text);
            for (var i = 0; i < entries.Count; i++)
            {
                Assert.Equal(entries[i], said.GetValueOrDefault(first + i, entries[i]));
                said[first + i] = entries[i];
                Assert.EndsWith($"\n{first + i}.ts", entries[i], StringComparison.Ordinal);
            }

            Assert.True(last < 0 || first + entries.Count - 1 - last is 0 or 1, "more than one piece appeared at once");
            last = first + entries.Count - 1;
            if (!seamless)
            {
                var before = Value(text, "#EXT-X-DISCONTINUITY-SEQUENCE:");
                Assert.True(discontinuities == 0 || before - discontinuities is 0 or 1);
                discontinuities = before;
            }
        }

        Assert.Equal(seamless ? 0 : said.Values.Count(e => e.Contains("#EXT-X-DISCONTINUITY", StringComparison.Ordinal)), said.Keys.Count(n => n % 4 == 0 && !seamless));
    }

    [Fact]
    public void A_piece_appears_when_it_is_over_and_not_before()
    {
        var window = new LoopWindow(MakeLoop(true, 180_000, 180_000, 180_000));
        foreach (var offset in new[] { 0.0, 0.5, 1.999, 2.0, 3.7, 5.999, 6.0 })
        {
            var now = Now.AddSeconds(offset);
            var newest = window.Newest(now);
            Assert.True(LoopWindow.Wall(newest.Start + newest.Length) <= now);
            Assert.True(LoopWindow.Wall(newest.Start + 2 * newest.Length) > now);
        }
    }

    [Fact]
    public void Dates_are_the_sums_of_the_lengths()
    {
        var window = new LoopWindow(MakeLoop(false, 180_000, 90_000, 333_333, 45_001));
        var pieces = window.Window(Now, TimeSpan.FromSeconds(40));
        for (var i = 1; i < pieces.Count; i++)
        {
            Assert.Equal(pieces[i - 1].Start + pieces[i - 1].Length, pieces[i].Start);
        }

        Assert.True(pieces.Sum(p => p.Length) >= 40 * Loop.TicksPerSecond);
    }

    [Fact]
    public void Target_duration_bounds_every_rounded_piece()
    {
        var text = LoopPlaylists.Media(new LoopWindow(MakeLoop(false, 180_000, 310_000)), Now);
        Assert.Equal(3, Value(text, "#EXT-X-TARGETDURATION:"));
    }

    private static Loop MakeLoop(bool seamless, params long[] pieces) => new()
    {
        Pieces = [.. pieces],
        Variants = [new("a", 1000, 900, 320, 180, 25, "avc1.42C01F,mp4a.40.2", ImmutableDictionary<int, int>.Empty)],
        Seamless = seamless,
    };

    private static long Value(string text, string tag) => long.Parse(text.Split(tag)[1].Split('\n')[0], CultureInfo.InvariantCulture);

    /// <summary>The lines of each piece, its address last.</summary>
    private static List<string> Entries(string text)
    {
        var entries = new List<string>();
        var lines = new List<string>();
        foreach (var line in text.Split('\n').SkipWhile(l => !l.StartsWith("#EXT-X-PROGRAM", StringComparison.Ordinal) && l != "#EXT-X-DISCONTINUITY"))
        {
            lines.Add(line);
            if (line.EndsWith(".ts", StringComparison.Ordinal))
            {
                entries.Add(string.Join('\n', lines));
                lines.Clear();
            }
        }

        return entries;
    }
}
