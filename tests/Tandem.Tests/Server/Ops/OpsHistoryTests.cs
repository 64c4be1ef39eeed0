using Tandem.Server.Ops;
using Xunit;

namespace Tandem.Tests.Server.Ops;

public sealed class OpsHistoryTests
{
    private readonly OpsHistory _history = new();

    [Fact]
    public void What_is_held_stays_little_for_a_day_and_reaches_back_as_far_as_alerts_look()
    {
        Fill(TimeSpan.FromHours(24));
        Assert.InRange(_history.Count, 100, 205);
        Assert.Equal(TimeSpan.FromMinutes(5), _history.Window(TimeSpan.FromMinutes(5)).Length);
        Assert.Equal(TimeSpan.FromMinutes(10), _history.Window(TimeSpan.FromMinutes(10)).Length);
        Near(TimeSpan.FromMinutes(15));
        Near(TimeSpan.FromHours(1));
        Near(TimeSpan.FromHours(6), 6);

        // The hour before the last quarter of one: a segment a second.
        var before = _history.Window(TimeSpan.FromHours(1), TimeSpan.FromMinutes(15));
        Assert.InRange(before.Increase("news", channel => channel.Segments), 3540, 3720);

        void Near(TimeSpan length, double minutes = 1)
        {
            var window = _history.Window(length);
            Assert.InRange(window.Length, length, length + TimeSpan.FromMinutes(minutes));
            Assert.Equal(window.Length.TotalSeconds, window.Increase("news", channel => channel.Segments), 6);
        }
    }

    [Fact]
    public void Histograms_are_held_for_ten_minutes_alone()
    {
        Fill(TimeSpan.FromHours(2));
        Assert.Equal(600, _history.Window(TimeSpan.FromMinutes(10)).Increase("news", [1], channel => channel.Lateness).Total);
        Assert.True(_history.Window(TimeSpan.FromHours(1)).Increase("news", [1], channel => channel.Lateness).Total <= 60);
    }

    [Fact]
    public void A_short_history_covers_what_there_is()
    {
        Assert.Equal(TimeSpan.Zero, _history.Window(TimeSpan.FromMinutes(5)).Length);
        Fill(TimeSpan.FromSeconds(40));
        Assert.Equal(40, _history.Window(TimeSpan.FromMinutes(5)).Length.TotalSeconds);
        Assert.Equal(40, _history.Window(TimeSpan.FromHours(6)).Length.TotalSeconds);
        Assert.Equal(20, _history.Window(TimeSpan.FromSeconds(20)).Length.TotalSeconds);
    }

    private void Fill(TimeSpan time)
    {
        for (var at = 0.0; at <= time.TotalSeconds; at += 10)
            _history.Add(OpsRig.Reading(at, ("news", new ChannelReading { Segments = at, Lateness = new Buckets([1], [(long)at, 0]) })));
    }
}
