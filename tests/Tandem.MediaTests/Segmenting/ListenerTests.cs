using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Listeners for connections against FFmpeg's program as the sender.</summary>
public sealed class ListenerTests : IDisposable
{
    private readonly Generated _media = new();
    private readonly LogLines _log = new();

    public void Dispose() => _media.Dispose();

    [Fact]
    public async Task Rtmp_takes_one_sender_after_another()
    {
        var port = Sender.Port(ProtocolType.Tcp);
        await using var segmenter = Listen($"rtmp://127.0.0.1:{port}/live/secret");
        var file = Sender.File(_media, 5);
        var sending = Sender.SendUntilTaken(file, "flv", $"rtmp://127.0.0.1:{port}/live/secret");
        var cuts = await Read(segmenter, so => so.Events.Any(next => next is CutEnded));
        await sending;
        Assert.IsType<CutListening>(cuts.Events[0]);
        Assert.Equal(("flv", Container.MpegTs), (cuts.Opened.Format, cuts.Opened.Container));
        Assert.Equal(["avc1.4D400C", "mp4a.40.2"], cuts.Opened.Streams.Select(stream => stream.CodecsTag));

        // All of it, but for sound from before the first picture: whoever joins midway has no use for that.
        _media.FFmpeg("-i send.mp4 -map 0 -c copy -f mpegts peer.ts");
        var (sent, got) = (Frames.Of(_media["peer.ts"], "-map 0"), Frames.Of(cuts.Save(_media, "cut.ts"), "-map 0"));
        Assert.Equal(sent[0].Select(frame => frame.Hash), got[0].Select(frame => frame.Hash));
        Assert.InRange(sent[1].Count - got[1].Count, 0, 3);
        Assert.Equal(sent[1].Select(frame => frame.Hash).TakeLast(got[1].Count), got[1].Select(frame => frame.Hash));
        Assert.InRange(got[0][^1].Pts - got[1][^1].Pts - (sent[0][^1].Pts - sent[1][^1].Pts), -180, 180);

        using var again = Sender.Send(file, "flv", $"rtmp://127.0.0.1:{port}/live/secret");
        var second = await Next(segmenter, so => so.Segments.Count == 1);
        again.Kill();
        var after = await Next(segmenter, so => so.Events.Any(next => next is CutEnded));
        Assert.Equal(cuts.Segments.Count, second.Segments[0].Sequence);
        Assert.True(second.Segments[0].Discontinuity);
        Assert.True(second.Segments[0].Start >= cuts.Segments[^1].Start + cuts.Segments[^1].Duration);
        Assert.All(after.Segments, segment => Assert.False(segment.Discontinuity));
        Assert.Equal("one TCP port to listen on (Landlock), no connections to elsewhere (seccomp)", segmenter.Sandbox.Network.Detail);
        Assert.True(segmenter.Sandbox.Complete, segmenter.Sandbox.Gaps);
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Rtmp_senders_with_another_key_or_no_greeting_are_sent_away()
    {
        var port = Sender.Port(ProtocolType.Tcp);
        await using var segmenter = Listen($"rtmp://127.0.0.1:{port}/live/secret");
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        var file = Sender.File(_media, 3);
        foreach (var path in new[] { "live/other", "other/secret" })
        {
            CutFailed? failed = null;
            while (failed is null)
            {
                using var wrong = Sender.Send(file, "flv", $"rtmp://127.0.0.1:{port}/{path}");
                failed = (await Next(segmenter, so => so.Failed is not null)).Failed;
            }

            Assert.Equal((CutFault.Refused, true), (failed.Fault, failed.Retry));
            Assert.DoesNotContain("secret", failed.Detail, StringComparison.Ordinal);
            await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        }

        // A stranger who says something else, and one who says nothing and stays.
        await Poke(port, "GET / HTTP/1.1\r\nHost: tandem\r\n\r\n"u8.ToArray(), close: true);
        Assert.Equal(CutFault.Refused, (await Next(segmenter, so => so.Failed is not null)).Failed!.Fault);
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        using var silent = await Poke(port, [], close: false);
        var given = (await Next(segmenter, so => so.Failed is not null)).Failed!;
        Assert.Equal((CutFault.Refused, true), (given.Fault, given.Retry));
        Assert.Contains("did not complete its greeting", given.Detail, StringComparison.Ordinal);

        // And then the right one.
        var sending = Sender.SendUntilTaken(file, "flv", $"rtmp://127.0.0.1:{port}/live/secret");
        var cuts = await Next(segmenter, so => so.Events.Any(next => next is CutEnded));
        await sending;
        Assert.NotEmpty(cuts.Segments);
        Assert.DoesNotContain("secret", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Srt_takes_encrypted_senders_one_after_another()
    {
        var port = Sender.Port(ProtocolType.Udp);
        await using var segmenter = Listen($"srt://127.0.0.1:{port}?mode=listener&passphrase=correct-horse-battery&latency=200");
        var file = Sender.File(_media, 6);
        _media.FFmpeg("-i send.mp4 -c copy send.ts");
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        using (var wrong = Sender.Send(_media["send.ts"], "mpegts", $"srt://127.0.0.1:{port}?passphrase=another-horse-battery"))
            await DatagramTests.Garbage(port);
        for (var turn = 0; turn < 2; turn++)
        {
            var sending = Sender.SendUntilTaken(_media["send.ts"], "mpegts", $"srt://127.0.0.1:{port}?passphrase=correct-horse-battery");
            var cuts = await Next(segmenter, so => so.Events.Any(next => next is CutEnded));
            await sending;
            Assert.Equal("mpegts", cuts.Opened.Format);
            Assert.True(cuts.Segments[0].Discontinuity);
            Assert.InRange(cuts.Segments.Sum(segment => segment.Duration), 4.9 * 90_000, 6.2 * 90_000);
            Assert.Equal("", FileTests.FfprobeComplaints(cuts.Save(_media, "cut.ts")));
        }

        Assert.Equal("network: it answers SRT callers, so it may send UDP to anywhere; no TCP, no connections (seccomp)", segmenter.Sandbox.Gaps);
    }

    [Theory]
    [InlineData("rtmp", "/live/key")]
    [InlineData("srt", "")]
    [InlineData("udp", "")]
    public async Task Without_a_sender_it_waits_without_work_and_ends_at_once(string protocol, string path)
    {
        var port = Sender.Port(protocol == "rtmp" ? ProtocolType.Tcp : ProtocolType.Udp);
        var segmenter = Listen($"{protocol}://127.0.0.1:{port}{path}");
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        using var child = Process.GetProcessById(segmenter.ProcessId!.Value);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        var before = child.TotalProcessorTime;
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        child.Refresh();
        Assert.InRange((child.TotalProcessorTime - before).TotalMilliseconds, 0, 100);
        await segmenter.DisposeAsync();
        Assert.True(child.HasExited);
        Assert.Empty((await Next(segmenter, _ => false)).Events);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_and_tried_again()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var segmenter = Listen($"rtmp://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}/live/key");
        var failed = (await Next(segmenter, so => so.Failed is not null)).Failed!;
        Assert.Equal((CutFault.CannotListen, true), (failed.Fault, failed.Retry));
        Assert.Contains("Address already in use", failed.Detail, StringComparison.Ordinal);
        taken.Stop();
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));

        using var bound = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var second = Listen($"udp://127.0.0.1:{((IPEndPoint)bound.Client.LocalEndPoint!).Port}");
        Assert.Equal(CutFault.CannotListen, (await Next(second, so => so.Failed is not null)).Failed!.Fault);
    }

    [Fact]
    public async Task A_listener_whose_child_dies_listens_again()
    {
        var port = Sender.Port(ProtocolType.Udp);
        await using var segmenter = Listen($"udp://127.0.0.1:{port}", options => options with { AllowProbes = true });
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        _ = segmenter.ProbeAsync("die");
        var cuts = await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        Assert.Equal((CutFault.Crashed, true), (cuts.Failed!.Fault, cuts.Failed.Retry));
    }

    private static async Task<Cuts> Next(Segmenter segmenter, Func<Cuts, bool> enough) => await Cuts.Read(segmenter, enough);

    private static async Task<Cuts> Read(Segmenter segmenter, Func<Cuts, bool> enough) => (await Cuts.Read(segmenter, enough)).Sound();

    private static async Task<TcpClient> Poke(int port, byte[] words, bool close)
    {
        for (var tries = 0; ; tries++)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                await client.GetStream().WriteAsync(words);
                if (close)
                    client.Client.Shutdown(SocketShutdown.Both);
                return client;
            }
            catch (SocketException) when (tries < 100)
            {
                client.Dispose();
                await Task.Delay(50);
            }
        }
    }

    private Segmenter Listen(string address, Func<SegmenterOptions, SegmenterOptions>? change = null) => Listening.At(address, _log, change);
}
