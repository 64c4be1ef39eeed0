using CsCheck;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Mix;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>Whatever an engine reports, in whatever order: what is fixed stays, and the rules of placement hold.</summary>
public sealed class DubTrackPropertyTests
{
    private static readonly PlacementOptions Bounds = new() { MaxOnsetLag = SoundLength.OfSeconds(4) };

    private static readonly Gen<Step> Steps = Gen.Frequency<Step>(
        (4, Gen.Select(Gen.Long[0, 12], Gen.Int[0, 400], Gen.Int[0, 80]).Select(x => new Step(Kind.Heard, x.Item1, x.Item2, x.Item3))),
        (2, Gen.Select(Gen.Long[0, 12], Gen.Int[0, 400]).Select(x => new Step(Kind.Started, x.Item1, x.Item2, 0))),
        (4, Gen.Select(Gen.Long[0, 12], Gen.Int[0, 120]).Select(x => new Step(Kind.Ready, x.Item1, 0, x.Item2))),
        (2, Gen.Select(Gen.Long[0, 12], Gen.Int[1, 40]).Select(x => new Step(Kind.Growing, x.Item1, 0, x.Item2))),
        (4, Gen.Int[1, 30].Select(x => new Step(Kind.Grow, 0, 0, x))),
        (1, Gen.Const(new Step(Kind.Complete, 0, 0, 0))),
        (1, Gen.Long[0, 12].Select(x => new Step(Kind.Failed, x, 0, 0))),
        (1, Gen.Long[0, 12].Select(x => new Step(Kind.Empty, x, 0, 0))),
        (1, Gen.Bool.Select(x => new Step(x ? Kind.Up : Kind.Down, 0, 0, 0))),
        (8, Gen.Int[1, 20].Select(x => new Step(Kind.Commit, 0, 0, x))));

    private enum Kind
    {
        Heard,
        Started,
        Ready,
        Growing,
        Grow,
        Complete,
        Failed,
        Empty,
        Up,
        Down,
        Commit,
    }

    [Fact]
    public void The_rules_hold() => Steps.List[1, 60].Sample(steps => Run(steps, MixRig.Plain, Bounds), iter: 500);

    [Fact]
    public void The_rules_hold_in_place() =>
        Steps.List[1, 60].Sample(steps => Run(steps, MixRig.Echo, Bounds with { InPlace = true }), iter: 300);

    private static void Run(List<Step> steps, EngineTraits traits, PlacementOptions options)
    {
        var track = new DubTrack("es", traits, options, MixRig.Nearest);
        var said = new Dictionary<long, Utterance>();
        var growing = new Dictionary<long, DubSound>();
        var horizon = ChannelTime.Zero;
        var lowered = new List<(ChannelTime Horizon, Stretch[] Before)>();
        var fallback = 0L;
        foreach (var step in steps)
        {
            var utterance = said.GetValueOrDefault(step.Id) ?? MixRig.Said(step.Id, step.At / 10.0, (step.At + step.Length) / 10.0);
            switch (step.Kind)
            {
                case Kind.Heard:
                    track.Accept(new UtteranceHeard(said[step.Id] = utterance));
                    break;
                case Kind.Started:
                    track.Accept(new UtteranceStarted(step.Id, utterance.Start));
                    break;
                case Kind.Ready:
                    track.Accept(new DubReady(new Dub(said[step.Id] = utterance, "es", "uno dos", DubSound.Of(new float[step.Length * 4_800]))));
                    break;
                case Kind.Growing when !growing.ContainsKey(step.Id):
                    growing[step.Id] = new DubSound(1);
                    growing[step.Id].Append(new float[step.Length * 480]);
                    track.Accept(new DubReady(new Dub(said[step.Id] = utterance, "es", "uno dos", growing[step.Id])));
                    break;
                case Kind.Grow:
                    foreach (var sound in growing.Values.Where(sound => !sound.IsComplete))
                        sound.Append(new float[step.Length * 4_800]);
                    break;
                case Kind.Complete:
                    foreach (var sound in growing.Values)
                        sound.Complete();
                    break;
                case Kind.Failed:
                    track.Accept(new DubFailed(step.Id, "es", "speak", "timeout"));
                    break;
                case Kind.Empty:
                    track.Accept(new UtteranceEmpty(step.Id));
                    break;
                case Kind.Up or Kind.Down:
                    track.Accept(new EngineHealth(step.Kind is Kind.Up, "down"));
                    break;
                case Kind.Commit:
                    var from = horizon;
                    horizon += new SoundLength(step.Length * 4_800);
                    var before = track.Placed.ToArray();
                    var commit = track.CommitUpTo(horizon);
                    fallback += commit.Fallback.Samples;
                    Assert.All(commit.Placed, dub => Assert.True(from == ChannelTime.Zero || dub.Start >= from));
                    Assert.All(before.Where(dub => dub.Length is not null), dub => Assert.Contains(dub, track.Placed));
                    lowered.Add((horizon, Before(track, options, horizon)));
                    break;
            }
        }

        Check(track, options);
        Assert.Equal(fallback, track.Counts.Fallback.Samples);
        Assert.All(lowered, then => Assert.Equal(then.Before, Before(track, options, then.Horizon)));
    }

    /// <summary>All that the original's level before a horizon depends on.</summary>
    private static Stretch[] Before(DubTrack track, PlacementOptions options, ChannelTime horizon) =>
    [
        .. track.Intervals
            .Where(interval => interval.Start - options.Attack < horizon)
            .Select(interval => interval with { End = ChannelTime.Min(interval.End, ChannelTime.Max(horizon, interval.Start)) }),
    ];

    private static void Check(DubTrack track, PlacementOptions options)
    {
        var placed = track.Placed;
        foreach (var (earlier, later) in placed.Zip(placed.Skip(1)))
        {
            Assert.True(earlier.End <= later.Start, "overlap");
            Assert.True(earlier.Dub.Utterance.Start <= later.Dub.Utterance.Start, "order");
        }

        foreach (var parts in placed.GroupBy(dub => dub.Dub.Utterance.Id))
        {
            Assert.Single(parts.Select(part => part.Dub).Distinct());
            Assert.All(parts.Zip(parts.Skip(1)), pair => Assert.True(pair.Second.Offset >= pair.First.Offset + pair.First.Length!.Value, "twice"));
        }

        Assert.All(placed, dub => Assert.InRange(dub.Speed, 1, 1.25));
        Assert.All(placed, dub => Assert.InRange(dub.OnsetLag.Samples, 0, options.MaxOnsetLag.Samples));
        Assert.All(track.Intervals.Zip(track.Intervals.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
    }

    private sealed record Step(Kind Kind, long Id, int At, int Length);
}
