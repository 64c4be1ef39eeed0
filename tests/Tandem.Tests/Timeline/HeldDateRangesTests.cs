using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Timeline;

public sealed class HeldDateRangesTests
{
    private static readonly DateTimeOffset _noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_range_waits_for_its_time()
    {
        var held = new HeldDateRanges();
        DateRange[] listed = [Range("ad", 30)];
        held.See(listed);
        Assert.Empty(held.Between(_noon, _noon.AddSeconds(20), listed));
        Assert.Equal(["ad 30"], held.Between(_noon.AddSeconds(20), _noon.AddSeconds(40), listed));
    }

    [Fact]
    public void A_range_that_the_source_dropped_stays_until_the_window_has_passed_it()
    {
        var held = new HeldDateRanges();
        held.See([Range("ad", 10, 15)]);
        held.See([]);
        Assert.Equal(["ad 10"], held.Between(_noon.AddSeconds(20), _noon.AddSeconds(40), []));
        Assert.Empty(held.Between(_noon.AddSeconds(26), _noon.AddSeconds(46), []));
        Assert.Empty(held.Between(_noon.AddSeconds(20), _noon.AddSeconds(40), []));
    }

    [Fact]
    public void Lines_of_one_id_go_together_and_new_ones_replace_old_ones()
    {
        var held = new HeldDateRanges();
        held.See([Range("ad", 10)]);
        DateRange[] listed = [Range("ad", 10) with { Line = "ad out" }, new DateRange("ad", "ad in", null, null)];
        held.See(listed);
        Assert.Equal(["ad out", "ad in"], held.Between(_noon, _noon.AddSeconds(20), listed));
    }

    private static DateRange Range(string id, int start, int? length = null) =>
        new(id, $"{id} {start}", _noon.AddSeconds(start), length is { } seconds ? _noon.AddSeconds(start + seconds) : null);
}
