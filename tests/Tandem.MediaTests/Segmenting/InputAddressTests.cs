using System.Net;
using Tandem.Media.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

public class InputAddressTests
{
    [Fact]
    public void Addresses_are_read()
    {
        Assert.Equal(new RtmpInput(new IPEndPoint(IPAddress.Any, 1935), "live", "k-1"), Read("rtmp://0.0.0.0/live/k-1"));
        Assert.Equal(new SrtInput(new IPEndPoint(IPAddress.Any, 9000), null, SrtInput.DefaultLatency), Read("srt://:9000"));
        Assert.Equal(
            new SrtInput(new IPEndPoint(IPAddress.Loopback, 9000), "ten letters", TimeSpan.FromMilliseconds(400)),
            Read("srt://127.0.0.1:9000?mode=listener&latency=400ms&passphrase=ten%20letters"));
        Assert.Equal(new UdpInput(new IPEndPoint(IPAddress.Parse("239.1.1.1"), 5000), IPAddress.Loopback), Read("udp://@239.1.1.1:5000?interface=127.0.0.1"));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Any, 5000), Assert.IsType<UdpInput>(Read("udp://[::]:5000")).Address);
        Assert.True(Assert.IsType<UdpInput>(Read("udp://239.1.1.1:5000")).IsMulticast);
        Assert.False(Assert.IsType<UdpInput>(Read("udp://10.1.1.1:5000")).IsMulticast);
    }

    [Theory]
    [InlineData("rtmp://0.0.0.0:1935/live", "APPLICATION/KEY")]
    [InlineData("rtmp://0.0.0.0:1935/live/key?x=1", "unknown parameter 'x'")]
    [InlineData("rtmp://0.0.0.0:935/live/key", "port 935")]
    [InlineData("rtmp://0.0.0.0:1935/live/k%20x", "APPLICATION/KEY")]
    [InlineData("srt://0.0.0.0", "the port is missing")]
    [InlineData("srt://0.0.0.0:9000?mode=caller", "mode=listener")]
    [InlineData("srt://0.0.0.0:9000?latency=120000", "20 and 8000 ms")]
    [InlineData("srt://0.0.0.0:9000?passphrase=short", "10 to 79")]
    [InlineData("udp://no.such.host.invalid:5000", "no address of this machine")]
    [InlineData("udp://239.1.1.1:5000?interface=eth0", "no address of a network interface")]
    [InlineData("rtsp://0.0.0.0:554", "'rtsp' is no protocol to listen by")]
    [InlineData("nonsense", "no address of a listener")]
    public void What_is_wrong_is_said_in_one_line(string text, string part)
    {
        Assert.Null(InputAddress.Parse(text, out var problem));
        Assert.Contains(part, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
    }

    [Fact]
    public void Secrets_are_in_no_name()
    {
        Assert.DoesNotContain("geheim", Read("rtmp://0.0.0.0:1935/live/geheim").Name + Read("rtmp://0.0.0.0:1935/live/geheim"), StringComparison.Ordinal);
        var srt = Read("srt://0.0.0.0:9000?passphrase=geheimnisvoll");
        Assert.DoesNotContain("geheim", srt.Name + srt, StringComparison.Ordinal);
    }

    private static SegmenterInput Read(string text)
    {
        var input = InputAddress.Parse(text, out var problem);
        Assert.Null(problem);
        return input!;
    }
}
