using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Live.Timeline;

namespace Tandem.Workbench.Bench;

/// <summary>
/// The source that everything is measured with: 720p at about 3 Mbit/s and AAC, 48 kHz stereo, in transport stream segments of 2 s. Made
/// once by ffmpeg and kept in the user's cache; before a run it is copied to memory, so that no disk is measured.
/// </summary>
internal sealed class BenchMaterial : IDisposable
{
    /// <summary>How many segments there are; enough for the minute that lateness is measured in, and for what comes before it.</summary>
    public const int Count = 52;

    private const string Version = "bench-1";

    private BenchMaterial(string folder, IReadOnlyList<byte[]> segments)
    {
        Folder = folder;
        Segments = segments;
    }

    /// <summary>Length of a segment.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(2);

    /// <summary>A folder of this run in memory (tmpfs) where there is one: the segments, and place for what the peer writes.</summary>
    public string Folder { get; }

    /// <summary>Each segment's bytes.</summary>
    public IReadOnlyList<byte[]> Segments { get; }

    /// <summary>Bytes a segment, on average.</summary>
    public double MeanBytes => Segments.Average(segment => (double)segment.Length);

    /// <summary>Where a segment is on disk.</summary>
    public string PathOf(int index) => Path.Combine(Folder, Name(index));

    /// <summary>Makes or finds the material; returns it, or one line that says what is wrong.</summary>
    public static async Task<(BenchMaterial? Material, string? Problem)> GetAsync(Action<string> tell, CancellationToken cancel)
    {
        var cache = Path.Combine(Cache(), Version);
        if (!File.Exists(Path.Combine(cache, Name(Count - 1))))
        {
            tell("making the source, once: about a minute");
            if (await MakeAsync(cache, cancel) is { } problem)
                return (null, problem);
        }

        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"tandem-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            var segments = new List<byte[]>();
            for (var index = 0; index < Count; index++)
            {
                var bytes = await File.ReadAllBytesAsync(Path.Combine(cache, Name(index)), cancel);
                await File.WriteAllBytesAsync(Path.Combine(folder, Name(index)), bytes, cancel);
                segments.Add(bytes);
            }

            return (new BenchMaterial(folder, segments), null);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or UnauthorizedAccessException)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"s{index}.ts");

    private static string Cache()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set
            : Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } user ? Path.Combine(user, ".cache")
            : Path.GetTempPath();
        return Path.Combine(home, "tandem");
    }

    private static async Task<string?> MakeAsync(string cache, CancellationToken cancel)
    {
        var making = $"{cache}.{Environment.ProcessId}";
        Directory.CreateDirectory(making);
        try
        {
            var seconds = Count * (int)Duration.TotalSeconds;
            var sound = SyntheticSpeech.Programme(SoundLength.OfSeconds(seconds));
            await File.WriteAllBytesAsync(Path.Combine(making, "sound.f32"), MemoryMarshal.AsBytes<float>(sound).ToArray(), cancel);
            string[] arguments =
            [
                "-nostdin", "-v", "error", "-y",
                "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t",
                "-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "sound.f32",
                "-t", seconds.ToString(CultureInfo.InvariantCulture),
                "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "2800k", "-maxrate", "2800k", "-bufsize", "2800k",
                "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
                "-c:a", "aac", "-b:a", "128k",
                "-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_segment_filename", "s%d.ts", "list.m3u8",
            ];
            if (await ToolRun.RunAsync("ffmpeg", arguments, making, cancel) is { Problem: { } problem })
                return problem;
            File.Delete(Path.Combine(making, "sound.f32"));
            if (!File.Exists(Path.Combine(making, Name(Count - 1))))
                return $"ffmpeg made fewer than {Count} segments";
            if (Directory.Exists(cache))
                Directory.Delete(cache, recursive: true);
            Directory.Move(making, cache);
            return null;
        }
        catch (IOException error)
        {
            return $"the source cannot be kept in {cache}: {error.Message}; set XDG_CACHE_HOME to a folder that can be written to";
        }
        finally
        {
            if (Directory.Exists(making))
                Directory.Delete(making, recursive: true);
        }
    }
}
