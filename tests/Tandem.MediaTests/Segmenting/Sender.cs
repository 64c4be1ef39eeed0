using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Tandem.MediaTests.Media;

namespace Tandem.MediaTests.Segmenting;

/// <summary>FFmpeg's program as the sender.</summary>
internal sealed class Sender : IDisposable
{
    private readonly Process _process;

    private Sender(Process process) => _process = process;

    /// <summary>A file to send: 25 pictures a second, a key frame each second, a beep four times a second.</summary>
    public static string File(Generated media, int seconds, string name = "send.mp4", string sound = "aac")
    {
        media.FFmpeg(
            $"-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i \"sine=frequency=440:beep_factor=4:sample_rate=48000\" -t {seconds} "
            + $"-c:v libx264 -preset ultrafast -bf 2 -g 25 -pix_fmt yuv420p -c:a {sound} {name}");
        return media[name];
    }

    /// <summary>Sends a file at its own pace.</summary>
    public static Sender Send(string file, string format, string url, string options = "") =>
        new(Process.Start(new ProcessStartInfo("ffmpeg", $"-v quiet -nostdin -re {options} -i \"{file}\" -map 0 -c copy -f {format} \"{url}\"")
        {
            UseShellExecute = false,
        })!);

    /// <summary>Sends again and again until somebody listens.</summary>
    public static async Task SendUntilTaken(string file, string format, string url)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            using var sender = Send(file, format, url);
            await sender._process.WaitForExitAsync();
            if (sender._process.ExitCode == 0)
                return;
            await Task.Delay(100);
        }

        throw new InvalidOperationException($"nobody takes {url}");
    }

    /// <summary>A port that is free for the moment.</summary>
    public static int Port(ProtocolType protocol)
    {
        using var socket = protocol == ProtocolType.Tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, protocol)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Breaks off at once.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
