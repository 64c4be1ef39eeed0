using System.Net.Sockets;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>A child that is taken over, or broken by what it reads.</summary>
public class HostileTests
{
    private const string NotPermitted = "Operation not permitted";

    [Theory]
    [InlineData("file", NotPermitted, NotPermitted)]
    [InlineData("udp", NotPermitted, NotPermitted)]
    [InlineData("rtmp", "ok", NotPermitted)]
    [InlineData("srt", NotPermitted, NotPermitted)]
    public async Task It_can_do_no_more_than_it_must(string input, string tcp, string others)
    {
        using var media = new Generated();
        await File.WriteAllTextAsync(media["secret"], "x", TestContext.Current.CancellationToken);
        media.FFmpeg("-f lavfi -i sine -t 300 -c:a pcm_s16le a.wav");
        using var file = File.OpenHandle(media["a.wav"]);
        var port = Sender.Port(input == "rtmp" ? ProtocolType.Tcp : ProtocolType.Udp);
        var source = input == "file" ? new FileInput(file, "a.wav", Loop: true)
            : InputAddress.Parse($"{input}://127.0.0.1:{port}{(input == "rtmp" ? "/live/key" : "")}", out _)!;
        await using var segmenter = Segmenter.Start(new SegmenterOptions { Input = source, AllowProbes = true, MostQueued = 1000 }, TimeProvider.System, new LogLines());
        await Cuts.Read(segmenter, so => so.Events.Count > 0);
        Assert.Equal(tcp, await segmenter.ProbeAsync("socket 2"));
        Assert.Equal(others, await segmenter.ProbeAsync("socket 1"));
        Assert.Equal(others, await segmenter.ProbeAsync("socket 16"));
        Assert.Equal(NotPermitted, await segmenter.ProbeAsync($"write {media["secret"]}"));
        Assert.Equal("Permission denied", await segmenter.ProbeAsync($"read {media["secret"]}"));
        Assert.Equal("Permission denied", await segmenter.ProbeAsync("read /etc/passwd"));
        Assert.Equal(NotPermitted, await segmenter.ProbeAsync("run /usr/bin/true"));
        Assert.Equal(NotPermitted, await segmenter.ProbeAsync("fork"));
        Assert.Equal(NotPermitted, await segmenter.ProbeAsync($"kill {Environment.ProcessId}"));
        var names = (await File.ReadAllTextAsync($"/proc/{segmenter.ProcessId}/environ", TestContext.Current.CancellationToken)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(names, name => Assert.Matches("^(TANDEM_WORKER_|DOTNET_|LD_LIBRARY_PATH)", name));
    }

    [Theory]
    [InlineData("mp4", "")]
    [InlineData("mkv", "")]
    [InlineData("ts", "")]
    [InlineData("flv", "")]
    [InlineData("frag.mp4", "-movflags frag_keyframe+empty_moov")]
    public async Task Broken_files_end_or_fail_and_never_throw(string suffix, string options)
    {
        using var media = new Generated();
        media.FFmpeg("-f lavfi -i testsrc2=size=160x90:rate=25 -f lavfi -i sine=frequency=440 -t 6 -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac "
            + $"{options} a.{suffix}");
        var whole = media.Bytes($"a.{suffix}");
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var bytes = whole.ToArray();

            // Some in the head, where it says what is where; some anywhere; some cut out.
            for (var i = 0; i < 3 << seed / 2; i++)
                bytes[random.Next(seed % 2 == 0 ? bytes.Length : Math.Min(bytes.Length, 2000))] = (byte)random.Next(256);
            if (seed > 5)
                bytes = [.. bytes[..(bytes.Length / 3)], .. bytes[(bytes.Length / 2)..]];
            await File.WriteAllBytesAsync(media["broken"], bytes, TestContext.Current.CancellationToken);
            var cuts = (await Cuts.File(media["broken"])).Sound();
            Assert.True(cuts.Events[^1] is CutEnded or CutFailed { Fault: not CutFault.Unavailable }, cuts.ToString());
        }
    }

    [Fact]
    public void What_the_child_sends_is_checked()
    {
        var segment = new CutSegment(1000, 500, true, []);
        byte[] Message(Action<WireWriter>? after = null, CutSegment? other = null)
        {
            var wire = new WireWriter();
            WireCut.WriteCut(wire, Container.MpegTs, [], other ?? segment, true);
            after?.Invoke(wire);
            return wire.End()[WireWriter.HeaderLength..].ToArray();
        }

        Assert.Equal((1000, 500), (WireCut.ReadCut(Message(wire => wire.U8(1)), 10, 1000).Start, WireCut.ReadCut(Message(wire => wire.U8(1)), 10, 1000).Duration));
        Assert.Throws<WireException>(() => WireCut.ReadCut(Message(), 10, 1000));
        Assert.Throws<WireException>(() => WireCut.ReadCut(Message(wire => wire.I64(1)), 7, 1000));
        Assert.Throws<WireException>(() => WireCut.ReadCut(Message(wire => wire.U8(1)), 10, 1001));
        Assert.Throws<WireException>(() => WireCut.ReadCut(Message(wire => wire.U8(1), segment with { Duration = 0 }), 10, 1000));
        Assert.Throws<WireException>(() => WireCut.ReadCut(Message(wire => wire.U8(1), segment with { Start = long.MaxValue / 2 }), 10, 1000));
        Assert.Throws<WireException>(() => WireCut.ReadOpened([]));
        Assert.Throws<WireException>(() => WireCut.ReadLine([(byte)CutFault.Crashed, 0, 0]));
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            noise.AsSpan(0, Math.Min(noise.Length, random.Next(8))).Clear();
            Assert.True(Record.Exception(() => WireCut.ReadOpened(noise)) is null or WireException);
            Assert.True(Record.Exception(() => WireCut.ReadCut(noise, 1000, 0)) is null or WireException);
            Assert.True(Record.Exception(() => WireCut.ReadLine(noise)) is null or WireException);
        }
    }
}
