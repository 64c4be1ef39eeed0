using System.Collections.Immutable;
using CsCheck;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class PlacementTests
{
    private static readonly PlacementOptions Options = new() { MaxOnsetLag = Seconds(10) };

    [Fact]
    public void A_dub_that_is_ready_starts_with_its_utterance()
    {
        var place = Assert.Single(Plan(At(0), Dub(1, 5, 8, 3)));
        Assert.Equal((At(5), 1.0, DubOutcome.OnTime, OverrunSteps.None), (place.Start, place.Speed, place.Outcome, place.Steps));
    }

    [Fact]
    public void One_that_is_not_ready_in_time_starts_as_soon_as_it_can()
    {
        var place = Assert.Single(Plan(At(7), Dub(1, 5, 8, 3)));
        Assert.Equal((At(7), DubOutcome.Late), (place.Start, place.Outcome));
    }

    [Fact]
    public void One_that_could_only_start_too_late_is_dropped()
    {
        var place = Assert.Single(Plan(At(15.1), Dub(1, 5, 8, 3)));
        Assert.Equal((DubOutcome.DroppedTooLate, OverrunSteps.Dropped), (place.Outcome, place.Steps));
        Assert.Equal(DubOutcome.Late, Assert.Single(Plan(At(15), Dub(1, 5, 8, 3))).Outcome);
    }

    [Fact]
    public void A_long_one_first_uses_the_pause()
    {
        var places = Plan(At(0), Dub(1, 5, 8, 4), Dub(2, 9, 10, 1));
        Assert.Equal((1.0, OverrunSteps.PauseUsed, DubOutcome.OnTime), (places[0].Speed, places[0].Steps, places[0].Outcome));
        Assert.Equal((At(9), DubOutcome.OnTime), (places[1].Start, places[1].Outcome));
    }

    [Fact]
    public void Then_it_is_sped_up_just_enough()
    {
        var places = Plan(At(0), Dub(1, 5, 8, 4.8), Dub(2, 9, 10, 1));
        Assert.Equal(1.2, places[0].Speed, 3);
        Assert.Equal(Seconds(4), places[0].Length);
        Assert.Equal((OverrunSteps.PauseUsed | OverrunSteps.SpedUp, DubOutcome.SpedUp), (places[0].Steps, places[0].Outcome));
        Assert.Equal(At(9), places[1].Start);
    }

    [Fact]
    public void Then_it_delays_the_next()
    {
        var places = Plan(At(0), Dub(1, 5, 8, 6), Dub(2, 9, 10, 1));
        Assert.Equal((1.25, Seconds(4.8)), (places[0].Speed, places[0].Length));
        Assert.Equal(OverrunSteps.PauseUsed | OverrunSteps.SpedUp | OverrunSteps.DelayedNext, places[0].Steps);
        Assert.Equal((At(9.8), DubOutcome.DelayedByPrevious), (places[1].Start, places[1].Outcome));
    }

    [Fact]
    public void An_utterance_whose_dub_is_still_being_made_limits_the_slot_too()
    {
        var place = Assert.Single(Placement.Plan(Options, PlacementState.Initial, [Dub(1, 5, 8, 4.8)], [At(3), At(9), At(12)]));
        Assert.Equal(1.2, place.Speed, 3);
    }

    [Fact]
    public void Without_pause_nothing_of_it_is_counted_as_used()
    {
        var places = Plan(At(0), Dub(1, 5, 8, 3.3), Dub(2, 8, 10, 1));
        Assert.Equal(OverrunSteps.SpedUp, places[0].Steps);
    }

    [Fact]
    public void A_growing_dub_blocks_those_after_it()
    {
        var places = Plan(At(0), Dub(1, 5, 8, null), Dub(2, 9, 10, 1));
        Assert.Null(Assert.Single(places).Length);
        var state = PlacementState.Initial with { PreviousEnd = At(8), PreviousGrows = true };
        Assert.Empty(Placement.Plan(Options, state, [Dub(2, 9, 10, 1)], []));
    }

    [Fact]
    public void Behind_a_growing_dub_that_goes_on_too_long_the_next_is_dropped()
    {
        var state = PlacementState.Initial with { PreviousEnd = At(20), PreviousGrows = true };
        Assert.Equal(DubOutcome.DroppedTooLate, Assert.Single(Placement.Plan(Options, state, [Dub(2, 9, 10, 1)], [])).Outcome);
    }

    [Fact]
    public void One_that_comes_after_a_later_one_was_placed_is_dropped()
    {
        var state = PlacementState.Initial with { PreviousEnd = At(12), PreviousUtterance = At(9) };
        Assert.Equal(DubOutcome.DroppedOutOfOrder, Assert.Single(Placement.Plan(Options, state, [Dub(1, 5, 8, 1)], [])).Outcome);
    }

    [Fact]
    public void In_place_what_comes_too_late_is_left_out()
    {
        var state = PlacementState.Initial with { Earliest = At(7) };
        var place = Assert.Single(Placement.Plan(Options with { InPlace = true }, state, [Dub(1, 5, 8, null)], []));
        Assert.Equal((At(7), Seconds(2), DubOutcome.Late), (place.Start, place.Offset, place.Outcome));
    }

    [Fact]
    public void Whatever_comes_dubs_never_overlap_are_never_twice_keep_their_order_and_their_bounds() =>
        Scenario.Sample(scenario =>
        {
            var places = Placement.Plan(scenario.Options, scenario.State, scenario.Ready, scenario.Expected);
            Assert.Equal(places.Length, places.Select(place => place.UtteranceId).Distinct().Count());
            var end = scenario.State.PreviousEnd;
            var previous = scenario.State.PreviousUtterance;
            foreach (var place in places.Where(place => !place.IsDropped))
            {
                var dub = scenario.Ready.Single(dub => dub.UtteranceId == place.UtteranceId);
                Assert.True(place.Start >= end && place.Start >= scenario.State.Earliest && place.Start >= dub.Start);
                Assert.True(dub.Start >= previous);
                Assert.True(place.Start - dub.Start <= scenario.Options.MaxOnsetLag);
                Assert.InRange(place.Speed, 1, scenario.Options.MaxSpeedUp);
                Assert.InRange(place.Length!.Value.Samples * place.Speed, dub.Length!.Value.Samples - 2, dub.Length.Value.Samples + 2);
                (end, previous) = (place.Start + place.Length.Value, dub.Start);
            }

            if (!scenario.State.PreviousGrows)
                Assert.Equal(scenario.Ready.Count, places.Length);
        });

    [Fact]
    public void Fixing_the_beginning_of_a_plan_leaves_the_rest_as_it_was() =>
        Scenario.Sample(scenario =>
        {
            var whole = Placement.Plan(scenario.Options, scenario.State, scenario.Ready, scenario.Expected);
            if (whole.IsEmpty)
                return;
            var first = scenario.Ready.Single(dub => dub.UtteranceId == whole[0].UtteranceId);
            var state = whole[0].IsDropped ? scenario.State : scenario.State.After(first, whole[0]);
            var rest = Placement.Plan(scenario.Options, state, [.. scenario.Ready.Where(dub => dub != first)], scenario.Expected);
            Assert.Equal(whole.Skip(1), rest);
        });

    private static readonly Gen<Case> Scenario =
        from dubs in Gen.Select(Gen.Int[0, 4_000_000], Gen.Int[0, 480_000], Gen.Int[0, 900_000]).List[0, 12]
        from expected in Gen.Int[0, 4_000_000].List[0, 5]
        from earliest in Gen.Int[0, 2_000_000]
        from previous in Gen.Int[-1, 2_000_000]
        from grows in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        from lag in Gen.Int[0, 1_000_000]
        select new Case(
            Options with { MaxOnsetLag = new SoundLength(lag) },
            new PlacementState(new ChannelTime(earliest), new ChannelTime(previous), new ChannelTime(previous / 2), grows),
            [.. dubs.Select((dub, i) => new PlacementCandidate(
                i, new ChannelTime(dub.Item1), new ChannelTime(dub.Item1 + dub.Item2), new SoundLength(dub.Item3)))],
            [.. expected.Select(start => new ChannelTime(start))]);

    private sealed record Case(
        PlacementOptions Options, PlacementState State, IReadOnlyList<PlacementCandidate> Ready, IReadOnlyList<ChannelTime> Expected);

    private static ImmutableArray<DubPlace> Plan(ChannelTime earliest, params PlacementCandidate[] ready) =>
        Placement.Plan(Options, PlacementState.Initial with { Earliest = earliest }, ready, []);

    private static PlacementCandidate Dub(long id, double start, double end, double? length) =>
        new(id, At(start), At(end), length is { } known ? Seconds(known) : null);

    private static ChannelTime At(double seconds) => ChannelTime.Zero + Seconds(seconds);

    private static SoundLength Seconds(double seconds) => SoundLength.OfSeconds(seconds);
}
