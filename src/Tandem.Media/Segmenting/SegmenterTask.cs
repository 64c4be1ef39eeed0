using System.Globalization;
using Tandem.Media.Sandbox;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>Kinds of sources, as the child tells them apart.</summary>
internal enum SourceKind
{
    /// <summary>The descriptor that it inherited is a file.</summary>
    File,

    /// <summary>It listens by RTMP.</summary>
    Rtmp,

    /// <summary>It listens by SRT.</summary>
    Srt,

    /// <summary>The descriptor that it inherited is a UDP socket.</summary>
    Datagrams,
}

/// <summary>What the parent has its child do.</summary>
/// <param name="Kind">What kind of source.</param>
/// <param name="Host">Address to listen on, as a URL has it; empty where nothing is listened on.</param>
/// <param name="Path">Of RTMP: application and key.</param>
/// <param name="Secret">Key or passphrase; null for none.</param>
/// <param name="Latency">Of SRT; milliseconds.</param>
/// <param name="Loop">Whether a file begins again when it ends.</param>
/// <param name="Target">How long segments shall be, 90 kHz.</param>
/// <param name="Longest">How long they may be, 90 kHz.</param>
/// <param name="Largest">Bytes that they may have.</param>
/// <param name="Silence">How long a sender may be silent, milliseconds.</param>
/// <param name="Begin">Where the output's time line begins, 90 kHz.</param>
internal sealed record SegmenterTask(
    SourceKind Kind, string Host, string Path, string? Secret, int Latency, bool Loop, long Target, long Longest, int Largest, int Silence, long Begin)
{
    private const int MostText = 512;

    /// <summary>Where an output's time line begins at first: 10 s, so that nothing on it is ever below 0.</summary>
    public const long FirstTicks = 10 * 90_000;

    /// <summary>What the child needs of sockets.</summary>
    public SocketUse Sockets => Kind switch
    {
        SourceKind.Rtmp => SocketUse.TcpListener,
        SourceKind.Srt => SocketUse.Datagrams,
        _ => SocketUse.None,
    };

    /// <summary>Of a segmenter's options.</summary>
    public static SegmenterTask Of(SegmenterOptions options, long begin)
    {
        var task = new SegmenterTask(
            SourceKind.File,
            "",
            "",
            null,
            0,
            false,
            Ticks(options.Target, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10)),
            Ticks(options.Longest, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)),
            options.LargestSegment,
            (int)options.SenderTimeout.TotalMilliseconds,
            begin);
        return options.Input switch
        {
            FileInput file => task with { Loop = file.Loop },
            RtmpInput rtmp => task with { Kind = SourceKind.Rtmp, Host = rtmp.Address.ToString(), Path = $"{rtmp.Application}/{rtmp.Key}", Secret = rtmp.Key },
            SrtInput srt => task with { Kind = SourceKind.Srt, Host = srt.Address.ToString(), Secret = srt.Passphrase, Latency = (int)srt.Latency.TotalMilliseconds },
            _ => task with { Kind = SourceKind.Datagrams },
        };
    }

    /// <summary>Reads a message's body.</summary>
    public static SegmenterTask Read(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        return new SegmenterTask(
            (SourceKind)wire.Bounded(0, (int)SourceKind.Datagrams),
            wire.Text(MostText) ?? "",
            wire.Text(MostText) ?? "",
            wire.Text(MostText),
            wire.I32(),
            wire.U8() != 0,
            wire.I64(),
            wire.I64(),
            wire.I32(),
            wire.I32(),
            wire.I64());
    }

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Message()
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Segment);
        wire.I32((int)Kind);
        wire.Text(Host);
        wire.Text(Path);
        wire.Text(Secret);
        wire.I32(Latency);
        wire.U8(Loop ? 1 : 0);
        wire.I64(Target);
        wire.I64(Longest);
        wire.I32(Largest);
        wire.I32(Silence);
        wire.I64(Begin);
        return wire.End();
    }

    /// <summary>Opens what the task names, in the child.</summary>
    public SourceIo Source() => Kind switch
    {
        SourceKind.Rtmp => new ProtocolIo("flv", $"rtmp://{Host}/{Path}", [("listen", "1")], Secret),
        SourceKind.Srt => new ProtocolIo("mpegts", $"srt://{Host}", [.. SrtOptions()], Secret),
        SourceKind.Datagrams => new DatagramIo(TimeSpan.FromMilliseconds(Silence)),
        _ => new FileIo(),
    };

    private static long Ticks(TimeSpan time, TimeSpan least, TimeSpan most) =>
        (long)(Math.Clamp(time.TotalSeconds, least.TotalSeconds, most.TotalSeconds) * 90_000);

    // libavformat's latency counts microseconds.
    private IEnumerable<(string Name, string Value)> SrtOptions()
    {
        yield return ("mode", "listener");
        yield return ("latency", (Latency * 1000L).ToString(CultureInfo.InvariantCulture));
        if (Secret is not null)
            yield return ("passphrase", Secret);
    }
}
