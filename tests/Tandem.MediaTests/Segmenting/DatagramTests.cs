using System.Net;
using System.Net.Sockets;
using Tandem.Media.Segmenting;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Listeners for datagrams against FFmpeg's program as the sender; beside <see cref="ListenerTests"/>, whose tests wait as long.</summary>
public sealed class DatagramTests : IDisposable
{
    private readonly Generated _media = new();
    private readonly LogLines _log = new();

    public void Dispose() => _media.Dispose();

    [Theory]
    [InlineData("127.0.0.1", "udp")]
    [InlineData("239.255.77.7", "udp")]
    [InlineData("127.0.0.1", "rtp")]
    public async Task Datagrams_are_cut(string host, string protocol)
    {
        var port = Sender.Port(ProtocolType.Udp);
        var multicast = host.StartsWith("239.", StringComparison.Ordinal);
        await using var segmenter = Listen($"udp://{host}:{port}{(multicast ? "?interface=127.0.0.1" : "")}", options => options with { SenderTimeout = TimeSpan.FromSeconds(2) });
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        await Garbage(port);
        Sender.File(_media, 6);
        _media.FFmpeg("-i send.mp4 -c copy -metadata:s:a:0 language=fra send.ts");
        var url = $"{protocol}://{host}:{port}?pkt_size=1316{(multicast ? "&localaddr=127.0.0.1&ttl=0" : "")}";
        using var sender = Sender.Send(_media["send.ts"], protocol == "rtp" ? "rtp_mpegts" : "mpegts", url);
        var cuts = await Next(segmenter, so => so.Events.Any(next => next is CutEnded));
        Assert.Equal(protocol == "rtp" ? null : "fra", cuts.Opened.Streams[1].Language);
        Assert.InRange(cuts.Segments.Sum(segment => segment.Duration), 4.9 * 90_000, 6.2 * 90_000);
        Assert.Equal("", FileTests.FfprobeComplaints(cuts.Save(_media, "cut.ts")));
        Assert.Contains("the sender has gone", ((CutEnded)cuts.Events[^1]).Detail, StringComparison.Ordinal);
        Assert.True(segmenter.Sandbox.Complete, segmenter.Sandbox.Gaps);
    }

    [Fact]
    public async Task One_datagram_in_a_hundred_lost_is_damage_but_no_end()
    {
        var (port, relay) = (Sender.Port(ProtocolType.Udp), Sender.Port(ProtocolType.Udp));
        await using var segmenter = Listen($"udp://127.0.0.1:{port}", options => options with { SenderTimeout = TimeSpan.FromSeconds(2) });
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        using var stop = new CancellationTokenSource();
        var relaying = Relay(relay, port, stop.Token);
        Sender.File(_media, 20);
        _media.FFmpeg("-i send.mp4 -c copy send.ts");
        using var sender = Sender.Send(_media["send.ts"], "mpegts", $"udp://127.0.0.1:{relay}?pkt_size=1316", "-readrate 3");
        var cuts = await Next(segmenter, so => so.Events.Any(next => next is CutEnded or CutFailed));
        await stop.CancelAsync();
        Assert.True(await relaying > 3);
        Assert.Null(cuts.Failed);
        Assert.InRange(cuts.Segments.Sum(segment => segment.Duration), 16 * 90_000, 20.5 * 90_000);
        Assert.InRange(cuts.Segments.Count, 5, 12);
        Assert.Single(cuts.Segments, segment => segment.Discontinuity);
        Assert.DoesNotContain("ended", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_jumps_is_a_discontinuity()
    {
        // A sender that starts again at another time while the listener takes it for the same.
        var port = Sender.Port(ProtocolType.Udp);
        await using var segmenter = Listen($"udp://127.0.0.1:{port}", options => options with { SenderTimeout = TimeSpan.FromSeconds(20) });
        await Next(segmenter, so => so.Events.Any(next => next is CutListening));
        Sender.File(_media, 5);
        _media.FFmpeg("-i send.mp4 -c copy one.ts").FFmpeg("-i send.mp4 -c copy -output_ts_offset 5000 two.ts");
        var cuts = new Cuts();
        foreach (var name in new[] { "two.ts", "one.ts", "two.ts" })
        {
            using var sender = Sender.Send(_media[name], "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316", "-copyts");
            var part = await Next(segmenter, so => so.Segments.Any(segment => segment.Discontinuity));
            sender.Kill();
            cuts.Events.AddRange(part.Events);
        }

        Assert.Null(cuts.Failed);
        Assert.Single(cuts.Events.OfType<CutOpened>());
        Assert.Equal(3, cuts.Segments.Count(segment => segment.Discontinuity));
        Assert.All(cuts.Segments, segment => Assert.True(segment.Independent));
    }

    private static async Task<Cuts> Next(Segmenter segmenter, Func<Cuts, bool> enough) => await Cuts.Read(segmenter, enough);

    /// <summary>Sends noise to a port.</summary>
    internal static async Task Garbage(int port)
    {
        using var client = new UdpClient();
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var noise = new byte[random.Next(0, 1400)];
            random.NextBytes(noise);
            await client.SendAsync(noise, new IPEndPoint(IPAddress.Loopback, port));
        }
    }

    private static async Task<int> Relay(int from, int to, CancellationToken stop)
    {
        using var input = new UdpClient(new IPEndPoint(IPAddress.Loopback, from));
        using var output = new UdpClient();
        var dropped = 0;
        try
        {
            for (var count = 1; ; count++)
            {
                var datagram = await input.ReceiveAsync(stop);
                if (count % 100 == 50)
                    dropped++;
                else
                    await output.SendAsync(datagram.Buffer, new IPEndPoint(IPAddress.Loopback, to), stop);
            }
        }
        catch (OperationCanceledException)
        {
            return dropped;
        }
    }

    private Segmenter Listen(string address, Func<SegmenterOptions, SegmenterOptions>? change = null) => Listening.At(address, _log, change);
}
