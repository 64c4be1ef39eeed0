using Tandem.Live.Package;
using Tandem.Server.WebSockets;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>Where a viewer begins, goes on, skips and changes.</summary>
public sealed class ViewerCursorTests
{
    private readonly FakeChunks _chunks = new("es", "fr");
    private readonly List<CursorNotice> _notices = [];

    [Fact]
    public void A_viewer_begins_at_the_newest_picture_that_can_be_begun_with_and_the_sound_of_that_moment()
    {
        _chunks.Add(0, 13);
        var got = Take(Cursor(video: true), 13);
        Assert.Equal(["init v10", "v10 cut", "v11", "v12", "v13"], got.Where(chunk => chunk.Contains('v', StringComparison.Ordinal)));
        Assert.Equal(["init a10.1", "a10.1", "a11.1", "a12.1", "a13.1"], got.Where(chunk => chunk.Contains('a', StringComparison.Ordinal)));
        Assert.Empty(_notices);
    }

    [Fact]
    public void Picture_and_sound_come_by_source_time_whatever_is_taken_at_once()
    {
        _chunks.Add(0, 13);
        var cursor = Cursor(video: true);
        var got = Enumerable.Range(0, 20).SelectMany(_ => Take(cursor, 13, mostBytes: 1)).ToList();
        Assert.Equal(["init a10.1", "a10.1", "init v10", "v10 cut", "a11.1", "v11", "a12.1", "v12", "a13.1", "v13"], got);
    }

    [Fact]
    public void Sound_alone_begins_at_the_newest_chunk()
    {
        _chunks.Add(0, 13);
        Assert.Equal(["init a13.1", "a13.1"], Take(Cursor(video: false), 13));
    }

    [Fact]
    public void A_viewer_who_wants_a_picture_waits_for_it_but_not_for_ever()
    {
        _chunks.Add(0, 13, picture: false);
        var cursor = Cursor(video: true);
        Assert.Empty(Take(cursor, 13));
        Assert.NotEmpty(Take(cursor, 60));
        Assert.False(cursor.HasPicture);
    }

    [Fact]
    public void What_is_taken_again_goes_on_without_a_gap()
    {
        _chunks.Add(0, 11);
        var cursor = Cursor(video: true);
        Take(cursor, 11);
        Assert.True(cursor.IsAtEnd);
        _chunks.Add(12, 13);
        Assert.Equal(["a12.1", "v12", "a13.1", "v13"], Take(cursor, 13));
    }

    [Fact]
    public void Another_voice_begins_with_the_next_chunk_of_sound_and_an_init_segment()
    {
        _chunks.Add(0, 10);
        var cursor = Cursor(video: true);
        Take(cursor, 10);
        cursor.Select(2);
        _chunks.Add(11, 12);
        Assert.Equal(["init a11.2", "a11.2", "v11", "a12.2", "v12"], Take(cursor, 12));
        Assert.Equal([new CursorNotice("selected", MediaTrack.Audio, 11, 11)], _notices);
        cursor.Select(0);
        _chunks.Add(13, 13);
        Assert.Equal(["init a13.0", "a13.0", "v13"], Take(cursor, 13));
    }

    [Fact]
    public void A_new_life_of_the_encoders_brings_new_init_segments()
    {
        _chunks.Add(0, 10);
        var cursor = Cursor(video: false);
        Take(cursor, 10);
        _chunks.Life++;
        _chunks.Add(11, 12);
        Assert.Equal(["init a11.1", "a11.1", "a12.1"], Take(cursor, 12));
    }

    [Fact]
    public void A_viewer_who_comes_again_goes_on_where_it_was()
    {
        _chunks.Add(0, 30);
        var cursor = Cursor(video: true);
        cursor.Resume(12, 11);
        var got = Take(cursor, 30);
        Assert.Equal(["init v11", "v11", "init a12.1", "a12.1"], got[..4]);
        Assert.Equal(2 + 20 + 19, got.Count);
        Assert.Empty(_notices);
    }

    [Fact]
    public void What_is_not_held_any_more_is_told_and_the_oldest_is_sent()
    {
        _chunks.Add(0, 19);
        _chunks.Oldest = 21;
        _chunks.Add(20, 40);
        var cursor = Cursor(video: true);
        cursor.Resume(12, 11);
        var got = Take(cursor, 40);
        Assert.Equal([new CursorNotice("skipped", MediaTrack.Video, 11, 24), new CursorNotice("skipped", MediaTrack.Audio, 12, 20)], _notices);
        Assert.Contains("v25 cut", got);
        Assert.DoesNotContain("v24", got);
        Assert.Contains("a21.1", got);
    }

    [Fact]
    public void The_future_is_joined_at_the_newest()
    {
        _chunks.Add(0, 13);
        var cursor = Cursor(video: true);
        cursor.Resume(99, 99);
        var got = Take(cursor, 13);
        Assert.Contains("v10 cut", got);
        Assert.DoesNotContain("v9", got);
        Assert.Equal("init v10", got[0]);
    }

    [Fact]
    public void The_next_chunk_that_is_not_there_yet_is_waited_for()
    {
        _chunks.Add(0, 13);
        var cursor = Cursor(video: false);
        cursor.Resume(14, null);
        Assert.Empty(Take(cursor, 13));
        _chunks.Add(14, 14);
        Assert.Equal(["init a14.1", "a14.1"], Take(cursor, 14));
    }

    [Fact]
    public void A_track_without_a_number_begins_where_the_other_goes_on()
    {
        _chunks.Add(0, 30);
        var sound = Cursor(video: true);
        sound.Resume(17, null);
        Assert.Contains("v15 cut", Take(sound, 30));
        Assert.Equal(31, sound.NextOf(MediaTrack.Video));
        var picture = Cursor(video: true);
        picture.Resume(null, 15);
        Assert.Contains("a15.1", Take(picture, 30));
    }

    [Fact]
    public void A_slow_viewer_skips_to_the_newest_cut_point_and_the_sound_of_that_moment()
    {
        _chunks.Add(0, 10);
        var cursor = Cursor(video: true);
        Take(cursor, 10);
        _chunks.Add(11, 33);

        // 11 waited from 4.4 s on; now is 13.2 s.
        var got = Take(cursor, 33);
        Assert.Equal([new CursorNotice("skipped", MediaTrack.Video, 11, 29), new CursorNotice("skipped", MediaTrack.Audio, 11, 29)], _notices);
        Assert.Equal(["a30.1", "v30 cut", "a31.1", "v31", "a32.1", "v32", "a33.1", "v33"], got);
    }

    [Fact]
    public void A_viewer_who_lags_less_than_that_loses_nothing()
    {
        _chunks.Add(0, 10);
        var cursor = Cursor(video: true);
        Take(cursor, 10);
        _chunks.Add(11, 23);
        Assert.Equal(26, Take(cursor, 23).Count);
        Assert.Empty(_notices);
    }

    [Fact]
    public void Too_many_bytes_are_skipped_as_well()
    {
        var chunks = new FakeChunks("es") { Size = 1 << 20 };
        chunks.Add(0, 0);
        var cursor = new ViewerCursor(chunks.Stream, 1, true, FakeChunks.Begin);
        Take(cursor, 0, mostBytes: 100 << 20);
        chunks.Add(1, 11);
        Assert.DoesNotContain("v9", Take(cursor, 11, mostBytes: 100 << 20));
        Assert.NotEmpty(_notices);
    }

    [Fact]
    public void Who_fell_out_of_what_is_held_skips()
    {
        _chunks.Add(0, 10);
        var cursor = Cursor(video: false);
        Take(cursor, 10);
        _chunks.Oldest = 13;
        _chunks.Add(11, 14);
        Assert.Equal(["a14.1"], Take(cursor, 14));
        Assert.Equal([new CursorNotice("skipped", MediaTrack.Audio, 11, 13)], _notices);
    }

    [Fact]
    public void A_chunk_without_media_needs_no_init_segment()
    {
        _chunks.Add(0, 3, picture: false, more: ChunkFlags.Empty);
        _chunks.Add(4, 4, picture: false);
        var cursor = Cursor(video: false);
        cursor.Resume(3, null);
        Assert.Equal(["a3.1", "init a4.1", "a4.1"], Take(cursor, 4));
    }

    private ViewerCursor Cursor(bool video) => new(_chunks.Stream, 1, video, FakeChunks.Begin);

    private List<string> Take(ViewerCursor cursor, long now, int mostBytes = 1 << 20)
    {
        var batch = new List<MediaMessage>();
        cursor.Take(FakeChunks.At(now), mostBytes, batch, _notices);
        return batch.ConvertAll(message =>
        {
            var isInit = message.Message.Span[0] == 1;
            var name = message.Track == MediaTrack.Video ? $"v{message.Sequence}" : $"a{message.Sequence}.{message.Rendition}";
            return isInit ? "init " + name : name + (message.Track == MediaTrack.Video && (message.Flags & ChunkFlags.CutPoint) != ChunkFlags.None ? " cut" : "");
        });
    }
}
