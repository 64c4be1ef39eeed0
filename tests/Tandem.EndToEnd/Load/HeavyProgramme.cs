using System.Collections.Immutable;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Load;

/// <summary>
/// A picture of 720p that really takes 3 Mbit/s, with sound: noise over a test picture, in transport stream segments of 2 s.
/// </summary>
internal static class HeavyProgramme
{
    private const int SegmentSeconds = 2;

    /// <summary>Makes it once; it is kept in the temporary folder (about 90 MB for 4 minutes).</summary>
    public static async Task<Programme> MakeAsync(int seconds = 240)
    {
        var folder = await SignalCache.FolderAsync($"720p noise, 3 Mbit/s, {seconds} s, TS of {SegmentSeconds} s", draft => Ffmpeg.RunAsync(
            [
                "-v", "error", "-f", "lavfi", "-i", $"testsrc2=size=1280x720:rate=25:duration={seconds},noise=alls=12:allf=t",
                "-f", "lavfi", "-i", $"sine=frequency=300:beep_factor=4:sample_rate=48000:duration={seconds}",
                "-c:v", "libx264", "-preset", "superfast", "-profile:v", "main", "-pix_fmt", "yuv420p", "-g", "50", "-keyint_min", "50",
                    "-sc_threshold", "0",
                "-b:v", "2850k", "-minrate", "2850k", "-maxrate", "2850k", "-bufsize", "2850k", "-c:a", "aac", "-b:a", "128k", "-ac", "2",
                "-output_ts_offset", "10", "-muxdelay", "0", "-muxpreload", "0",
                "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_filename", "s%05d.ts", "list.m3u8",
            ],
            timeout: TimeSpan.FromMinutes(20),
            folder: draft));
        var pieces = Directory.GetFiles(folder, "s*.ts").Order(StringComparer.Ordinal)
            .Select(path => new Piece(SegmentSeconds * Programme.TickRate, File.ReadAllBytes(path)));
        var track = new Track("v0", new PictureRecipe(FrameRate.Pal, 1280, 720, 2_850_000), new SoundRecipe(new Sine(300)), null,
            [.. pieces]);
        return new Programme(Packing.Ts, ImmutableArray.Create(track), 10 * (long)Programme.TickRate);
    }
}
