using System.Text;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Ingest;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class LiveCutTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly PushedFiles _files;
    private readonly LiveCut _cuts;

    public LiveCutTests()
    {
        _files = new PushedFiles(new Uri("https://push.invalid/ingest/file/"), 16 * 1024 * 1024, "nothing", _time);
        _cuts = new LiveCut(_files, _time);
    }

    [Fact]
    public void Each_segment_is_listed_with_its_time_and_a_number_that_a_restart_goes_on_from()
    {
        for (var number = 0; number < 30; number++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.True(_cuts.Add(Cut(number)));
        }

        var media = Read();
        Assert.Equal(LiveCut.Window, media.Segments.Length);
        Assert.Equal(TimeSpan.FromSeconds(2), media.TargetDuration);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 12, 0, 2, TimeSpan.Zero).ToUnixTimeSeconds() + 29, media.Segments[^1].Sequence);
        Assert.Equal(_time.GetUtcNow() - TimeSpan.FromSeconds(2), media.Segments[^1].ProgramDate);
        Assert.Equal("29", Content(media.Segments[^1].Address));
        Assert.False(media.EndList);

        var again = new LiveCut(_files, _time);
        again.Add(Cut(0));
        Assert.True(Read().Segments[0].Sequence > media.Segments[^1].Sequence);
    }

    [Fact]
    public void A_sender_that_comes_back_is_a_discontinuity_with_a_date_of_its_own()
    {
        _cuts.Add(Cut(0) with { Discontinuity = true });
        _time.Advance(TimeSpan.FromSeconds(60));
        _cuts.Add(Cut(1) with { Discontinuity = true });
        _cuts.Add(Cut(2));
        var segments = Read().Segments;
        Assert.Equal([false, true, false], segments.Select(segment => segment.Discontinuity));
        Assert.Equal([0L, 60, 62], segments.Select(segment => (long)(segment.ProgramDate - segments[0].ProgramDate)!.Value.TotalSeconds));
        for (var number = 3; number < 15; number++)
            _cuts.Add(Cut(number));
        Assert.Equal(1, Read().DiscontinuitySequence);
    }

    [Fact]
    public void Headers_are_written_when_they_change()
    {
        _cuts.Add(Cut(0, "header a"));
        _cuts.Add(Cut(1, "header a"));
        _cuts.Add(Cut(2, "header b") with { Discontinuity = true });
        var segments = Read().Segments;
        Assert.Equal(segments[0].Map, segments[1].Map);
        Assert.Equal(["header a", "header b"], [Content(segments[1].Map!.Address), Content(segments[2].Map!.Address)]);
        Assert.EndsWith(".m4s", segments[0].Address.AbsolutePath, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_kept_is_a_gap()
    {
        _cuts.Add(Cut(0));
        Assert.False(_cuts.Add(Cut(1) with { Data = new byte[_files.LargestFile + 1] }));
        Assert.Equal([false, true], Read().Segments.Select(segment => segment.Gap));
    }

    [Fact]
    public void A_file_that_is_played_once_ends()
    {
        _cuts.Add(Cut(0));
        _cuts.End();
        Assert.True(Read().EndList);
    }

    [Fact]
    public void Long_segments_raise_the_target_duration()
    {
        _cuts.Add(Cut(0) with { Duration = 90_000 * 48 / 10 });
        Assert.Equal(TimeSpan.FromSeconds(5), Read().TargetDuration);
    }

    private static SegmentCut Cut(long number, string init = "") => new(
        number,
        init.Length > 0 ? Container.FragmentedMp4 : Container.MpegTs,
        Encoding.ASCII.GetBytes(init),
        Encoding.ASCII.GetBytes($"{number}"),
        number * 180_000,
        180_000,
        Discontinuity: false,
        Independent: true);

    private MediaPlaylist Read() => Playlist.Media(Content(new Uri(_files.Root, "master.m3u8")), new Uri(_files.Root, "master.m3u8"));

    private string Content(Uri address)
    {
        Assert.True(_files.TryGet(address.AbsolutePath[_files.Root.AbsolutePath.Length..], out var bytes));
        return Encoding.UTF8.GetString(bytes.Span);
    }
}
