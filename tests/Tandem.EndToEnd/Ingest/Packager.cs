using System.Collections.Concurrent;
using System.Diagnostics;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Ingest;

/// <summary>ffmpeg as a live sender: plays a programme in real time to wherever a test says.</summary>
public sealed class Packager : IDisposable
{
    private readonly Process _process;
    private readonly string _file;
    private readonly ConcurrentQueue<string> _log = new();

    private Packager(Process process, string file)
    {
        _process = process;
        _file = file;
        process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
    }

    /// <summary>The end of what it said.</summary>
    public string Log => string.Join('\n', _log.TakeLast(20));

    /// <summary>Whether it is still at it.</summary>
    public bool Runs => !_process.HasExited;

    /// <summary>Pushes HLS: <c>live.m3u8</c>, and its segments beside it; those that have left the playlist deleted.</summary>
    /// <param name="programme">Its first track is played.</param>
    /// <param name="folder">The address that it pushes to, with a key if one is needed; ends with a slash.</param>
    public static Packager Push(Programme programme, string folder)
    {
        string[] packing = programme.Packing == Packing.Fmp4
            ? ["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", $"{folder}seg%d.m4s"]
            : ["-hls_segment_filename", $"{folder}seg%d.ts"];
        return Play(
            programme,
            ["-f", "hls", "-hls_time", "2", "-hls_list_size", "5", "-hls_flags", "delete_segments", "-method", "PUT", .. packing, $"{folder}live.m3u8"]);
    }

    /// <summary>A programme's first track as one file, to be deleted by the caller.</summary>
    public static string Write(Programme programme)
    {
        var track = programme.Tracks[0];
        var file = Path.Combine(Path.GetTempPath(), $"tandem-packager-{Guid.NewGuid():N}{(track.Init is null ? ".ts" : ".mp4")}");
        File.WriteAllBytes(file, [.. track.Init ?? [], .. track.Pieces.SelectMany(piece => piece.Data)]);
        return file;
    }

    /// <summary>Plays to any output.</summary>
    public static Packager Play(Programme programme, IEnumerable<string> output)
    {
        var file = Write(programme);
        var start = new ProcessStartInfo("ffmpeg") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (IEnumerable<string>)["-hide_banner", "-nostats", "-re", "-i", file, "-map", "0", "-c", "copy", .. output])
            start.ArgumentList.Add(argument);
        return new Packager(Process.Start(start) ?? throw new InvalidOperationException("ffmpeg could not be started"), file);
    }

    /// <summary>Kills it, in the middle of whatever it sends.</summary>
    public void Kill()
    {
        if (Runs)
            _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
        File.Delete(_file);
    }
}
