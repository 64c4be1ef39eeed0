using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Tandem.Checks.Signals;

/// <summary>Makes programmes with the ffmpeg command, cached by recipe.</summary>
public static class ProgrammeMaker
{
    /// <summary>
    /// Every stream begins this late, so that encoder priming and B-frame delay stay above zero and ffmpeg shifts no output on its own.
    /// </summary>
    private const int LeadSeconds = 10;

    /// <summary>The programme of <paramref name="recipe"/>.</summary>
    public static async Task<Programme> MakeAsync(ProgrammeRecipe recipe)
    {
        var folder = await SignalCache.FolderAsync(recipe.Key, draft => RunAsync(recipe, draft));
        var tracks = Outputs(recipe).Select(output => Read(folder, output)).ToList();
        var length = tracks.Min(track => track.Pieces.Length);
        var aligned = tracks.Select(track => track with { Pieces = track.Pieces[..length] }).ToImmutableArray();
        var (from, to) = Loop(recipe, length);
        return new Programme(recipe.Packing, aligned, LeadSeconds * (long)Programme.TickRate, from, to);
    }

    private static (int From, int To) Loop(ProgrammeRecipe recipe, int length)
    {
        if (recipe.LoopSeconds <= 0)
            return (0, 0);
        var pieces = (int)Math.Round(recipe.LoopSeconds / SegmentSeconds(recipe));
        if (2 * pieces > length)
            throw new ArgumentException($"A loop of {recipe.LoopSeconds} s wants a programme of more than twice that", nameof(recipe));
        return (pieces, 2 * pieces);
    }

    private static double SegmentSeconds(ProgrammeRecipe recipe) => GopFrames(recipe) / (double)Rate(recipe).Frames * Rate(recipe).Seconds;

    private static FrameRate Rate(ProgrammeRecipe recipe) => recipe.Pictures[0].Rate;

    private static int GopFrames(ProgrammeRecipe recipe) => (int)Math.Round(recipe.SegmentSeconds * Rate(recipe).FlashFrames);

    private static async Task RunAsync(ProgrammeRecipe recipe, string folder)
    {
        List<string> arguments = ["-v", "error"];
        foreach (var picture in recipe.Pictures)
            arguments.AddRange(["-f", "lavfi", "-i", Lavfi(picture, recipe.Seconds)]);
        for (var index = 0; index < recipe.Sounds.Count; index++)
        {
            var sound = recipe.Sounds[index];
            var samples = sound.Signal.Render(sound.SampleRate, recipe.Seconds);
            var raw = Path.Combine(folder, $"sound{index}.f32");
            await File.WriteAllBytesAsync(raw, MemoryMarshal.AsBytes(samples.AsSpan()).ToArray());
            arguments.AddRange(["-f", "f32le", "-ar", Text(sound.SampleRate), "-ac", "1", "-i", raw]);
        }

        foreach (var output in Outputs(recipe))
            arguments.AddRange(Arguments(recipe, output));
        await Ffmpeg.RunAsync(arguments, timeout: TimeSpan.FromMinutes(10), folder: folder);
        foreach (var raw in Directory.GetFiles(folder, "*.f32"))
            File.Delete(raw);
    }

    private static string Lavfi(PictureRecipe picture, double seconds)
    {
        var plain = $"color=c=0x404040:s={picture.Width}x{picture.Height}:r={picture.Rate}:d={Ffmpeg.Number(seconds)}";
        return picture.Flashes ? $"{plain},drawbox=c=white:t=fill:enable='not(mod(n,{picture.Rate.FlashFrames}))'" : plain;
    }

    private sealed record Output(string Name, int? Picture, int? Sound, PictureRecipe? PictureRecipe, SoundRecipe? SoundRecipe, Packing Packing);

    private static IEnumerable<Output> Outputs(ProgrammeRecipe recipe)
    {
        var muxed = recipe is { Muxed: true, Sounds.Count: > 0 };
        for (var index = 0; index < recipe.Pictures.Count; index++)
            yield return new($"v{index}", index, muxed ? 0 : null, recipe.Pictures[index], muxed ? recipe.Sounds[0] : null, recipe.Packing);
        for (var index = muxed ? 1 : 0; index < recipe.Sounds.Count; index++)
            yield return new($"a{index}", null, index, null, recipe.Sounds[index], recipe.Packing);
    }

    private static List<string> Arguments(ProgrammeRecipe recipe, Output output)
    {
        List<string> arguments = ["-output_ts_offset", Text(LeadSeconds), "-muxdelay", "0", "-muxpreload", "0"];
        if (output is { Picture: { } picture, PictureRecipe: { } shown })
        {
            arguments.AddRange(["-map", $"{picture}:v", "-pix_fmt", "yuv420p", .. Coding(shown, Text(GopFrames(recipe)))]);
        }

        if (output is { Sound: { } sound, SoundRecipe: { } heard })
        {
            arguments.AddRange(["-map", $"{recipe.Pictures.Count + sound}:a", "-c:a", Encoder(heard.Codec), "-ac", Text(heard.Channels)]);
            arguments.AddRange(["-b:a", Text(heard.BitRate), "-metadata:s:a:0", $"language={heard.Language}"]);
            if (heard.Filter is not null)
                arguments.AddRange(["-bsf:a", heard.Filter]);
        }

        arguments.AddRange(["-f", "hls", "-hls_time", Ffmpeg.Number(SegmentSeconds(recipe)), "-hls_playlist_type", "vod"]);
        if (recipe.Packing == Packing.Fmp4)
        {
            // frag_discont writes absolute decode times; without it each track begins at 0 and an empty edit holds the difference.
            arguments.AddRange(["-hls_segment_type", "fmp4", "-hls_segment_options", "movflags=+frag_discont"]);
            arguments.AddRange(["-hls_fmp4_init_filename", $"{output.Name}.init"]);
        }

        arguments.AddRange(["-hls_segment_filename", $"{output.Name}-%05d.seg", $"{output.Name}.m3u8"]);
        return arguments;
    }

    /// <summary>A key frame at each cut and nowhere else; pictures in another order than they are shown where the codec has that.</summary>
    private static string[] Coding(PictureRecipe shown, string gop) => shown.Codec switch
    {
        PictureCodec.Hevc =>
        [
            "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-b:v", Text(shown.BitRate),
            "-x265-params", $"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes=2:pools=1",
        ],
        PictureCodec.Av1 => ["-c:v", "libsvtav1", "-preset", "12", "-g", gop, "-svtav1-params", "scd=0"],
        PictureCodec.Vp9 => ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", gop, "-keyint_min", gop, "-b:v", Text(shown.BitRate)],
        _ =>
        [
            "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-level", "3.1",
            "-bf", "2", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-threads", "1",
            "-b:v", Text(shown.BitRate), "-maxrate", Text(shown.BitRate), "-bufsize", Text(shown.BitRate),
        ],
    };

    private static string Encoder(SoundCodec codec) => codec switch
    {
        SoundCodec.Aac => "aac",
        SoundCodec.Mp2 => "mp2",
        SoundCodec.Mp3 => "libmp3lame",
        _ => throw new ArgumentOutOfRangeException(nameof(codec)),
    };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Track Read(string folder, Output output)
    {
        var pieces = ImmutableArray.CreateBuilder<Piece>();
        long ticks = 0;
        foreach (var line in File.ReadLines(Path.Combine(folder, $"{output.Name}.m3u8")))
        {
            if (line.StartsWith("#EXTINF:", StringComparison.Ordinal))
                ticks = (long)Math.Round(decimal.Parse(line[8..].TrimEnd(','), CultureInfo.InvariantCulture) * Programme.TickRate);
            else if (!line.StartsWith('#') && line.Length > 0)
                pieces.Add(new Piece(ticks, File.ReadAllBytes(Path.Combine(folder, line))));
        }

        var init = output.Packing == Packing.Fmp4 ? File.ReadAllBytes(Path.Combine(folder, $"{output.Name}.init")) : null;
        return new Track(output.Name, output.PictureRecipe, output.SoundRecipe, init, pieces.ToImmutable());
    }
}
