using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Dub;

/// <summary>What the program left behind.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record DubResult(int Code, string Output, string Errors)
{
    /// <summary>The summary of <c>--json</c>.</summary>
    public JsonElement Summary => JsonDocument.Parse(Output).RootElement;

    /// <summary>Standard error without what it says of its progress.</summary>
    public IReadOnlyList<string> Complaints =>
        [.. Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.Contains(" %", StringComparison.Ordinal))];
}

/// <summary>Calls <c>tandem dub</c> as a person does, and looks at films with ffmpeg and ffprobe, which share no line with Tandem's code.</summary>
public static class DubRun
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(8);

    /// <summary>Runs it to its end.</summary>
    public static async Task<DubResult> RunAsync(params IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(_limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new DubResult(process.ExitCode, await output, await errors);
    }

    /// <summary>Starts it.</summary>
    public static Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (IEnumerable<string>)[Path.Combine(AppContext.BaseDirectory, "tandem.dll"), "dub", .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>The streams of a film, as ffprobe tells them.</summary>
    public static async Task<IReadOnlyList<JsonElement>> StreamsAsync(string film) =>
        [.. (await ProbeAsync(film, "-show_streams")).GetProperty("streams").EnumerateArray()];

    /// <summary>The tag of a stream; null where it has none.</summary>
    public static string? Tag(JsonElement stream, string name) =>
        stream.TryGetProperty("tags", out var tags) && tags.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>When a stream's first packet plays, s.</summary>
    /// <param name="film">The file.</param>
    /// <param name="stream">As ffmpeg's <c>-map</c> names it, without the file: <c>a:0</c>.</param>
    public static async Task<double> FirstPacketAsync(string film, string stream) =>
        Seconds((await ProbeAsync(film, "-select_streams", stream, "-read_intervals", "%+#1", "-show_entries", "packet=pts_time")).GetProperty("packets").EnumerateArray().First(), "pts_time");

    /// <summary>A stream's decoded sound, one channel of 48 kHz, on the time line that players give it.</summary>
    /// <param name="film">The file.</param>
    /// <param name="stream">As ffmpeg's <c>-map</c> names it, without the file: <c>a:0</c>.</param>
    public static async Task<DecodedTrack> SoundAsync(string film, string stream)
    {
        const int rate = 48_000;
        var first = (await ProbeAsync(film, "-select_streams", stream, "-read_intervals", "%+1", "-show_entries", "frame=best_effort_timestamp_time")).GetProperty("frames")
            .EnumerateArray().Select(frame => Seconds(frame, "best_effort_timestamp_time")).First(time => !double.IsNaN(time));
        var run = await Ffmpeg.RunAsync(
            ["-v", "error", "-i", film, "-map", $"0:{stream}", "-af", $"aresample={rate}:filter_size=64,pan=mono|c0=c0", "-f", "f32le", "pipe:1"]);
        var samples = MemoryMarshal.Cast<byte, float>(run.Output).ToArray();
        return new DecodedTrack(rate, samples, samples.Length, [new TimedFrame(first, default, 0)]);
    }

    /// <summary>The flashes of a film's picture.</summary>
    public static async Task<IReadOnlyList<Flash>> FlashesAsync(string film)
    {
        const double white = 160;
        var times = (await ProbeAsync(film, "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time")).GetProperty("frames")
            .EnumerateArray().Select(frame => Seconds(frame, "best_effort_timestamp_time")).ToList();
        var run = await Ffmpeg.RunAsync(
            ["-v", "error", "-i", film, "-map", "0:v:0", "-vsync", "passthrough", "-vf", "scale=8:8:flags=area,format=gray", "-f", "rawvideo", "pipe:1"]);
        var flashes = new List<Flash>();
        var before = true;
        for (var picture = 0; picture < Math.Min(times.Count, run.Output.Length / 64); picture++)
        {
            var luma = run.Output.AsSpan(picture * 64, 64).ToArray().Average(value => (double)value);
            if (luma > white && !before)
                flashes.Add(new Flash(times[picture], 0));
            before = luma > white;
        }

        return flashes;
    }

    /// <summary>Beep minus flash for each flash of a film, by the flash's number.</summary>
    public static async Task<IReadOnlyList<KeyValuePair<int, double>>> OffsetsAsync(string film, string stream)
    {
        var flashes = await FlashesAsync(film);
        var offsets = FlashBeep.Match(flashes, FlashBeep.Beeps(await SoundAsync(film, stream)));
        return [.. offsets.Select(offset => KeyValuePair.Create(flashes.IndexOf(offset.Flash), offset.Offset))];
    }

    /// <summary>Decodes every picture and sound; what ffmpeg has to complain of.</summary>
    public static async Task<string> ComplaintsAsync(string film)
    {
        var run = await Ffmpeg.RunAsync(
            ["-v", "warning", "-xerror", "-i", film, "-map", "0:v?", "-map", "0:a", "-f", "null", "-"], timeout: TimeSpan.FromMinutes(10));
        // A mono file that names no layout is ffmpeg's to guess, in source and result alike.
        return string.Join('\n', run.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains("Guessed Channel Layout", StringComparison.Ordinal)));
    }

    /// <summary>A folder that goes with the test.</summary>
    public static string Folder() => Directory.CreateTempSubdirectory("tandem-dub-").FullName;

    /// <summary>Makes a film of flashes and beeps; returns its path.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name; the ending chooses the container.</param>
    /// <param name="video">ffmpeg's options for the picture's codec.</param>
    /// <param name="audio">ffmpeg's options for the sound's codec.</param>
    /// <param name="shift">How much later the sound begins than the picture, s.</param>
    /// <param name="seconds">Length.</param>
    public static async Task<string> FlashBeepAsync(
        string folder, string name, string video = "-c:v libx264 -preset ultrafast -bf 2 -g 50", string audio = "-c:a aac -b:a 128k", double shift = 0, int seconds = 20)
    {
        var path = Path.Combine(folder, name);
        const int rate = 48_000;
        var sound = new Beeps(1).Render(rate, seconds);
        var cut = (int)(shift * rate);
        var picture = $"color=c=0x404040:s=320x180:r=25:d={seconds},format=gray,geq=lum='if(eq(mod(N,25),0),235,64)',format=yuv420p";
        string[] input = ["-v", "error", "-f", "lavfi", "-i", picture, "-itsoffset", Ffmpeg.Number(shift), "-f", "f32le", "-ar", $"{rate}", "-ac", "1", "-i", "pipe:0"];
        await Ffmpeg.RunAsync(
            [.. input, "-map", "0:v", "-map", "1:a", .. video.Split(' '), .. audio.Split(' '), path],
            MemoryMarshal.AsBytes(sound.AsSpan(cut)).ToArray());
        return path;
    }

    private static int IndexOf(this IReadOnlyList<Flash> flashes, Flash flash)
    {
        for (var index = 0; index < flashes.Count; index++)
        {
            if (flashes[index] == flash)
                return index;
        }

        return -1;
    }

    private static double Seconds(JsonElement frame, string name) =>
        frame.TryGetProperty(name, out var value) && double.TryParse(value.GetString(), CultureInfo.InvariantCulture, out var seconds) ? seconds : double.NaN;

    private static async Task<JsonElement> ProbeAsync(string film, params string[] arguments)
    {
        var start = new ProcessStartInfo("ffprobe") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (IEnumerable<string>)["-v", "error", "-of", "json", .. arguments, film])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonDocument.Parse(text).RootElement;
    }
}
