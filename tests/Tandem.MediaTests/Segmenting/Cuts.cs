using System.Globalization;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Everything that a segmenter said, with what tests ask of it.</summary>
internal sealed class Cuts
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public List<CutEvent> Events { get; } = [];

    public IReadOnlyList<SegmentCut> Segments => [.. Events.OfType<SegmentCut>()];

    public CutOpened Opened => Assert.Single(Events.OfType<CutOpened>());

    public CutFailed? Failed => Events.OfType<CutFailed>().SingleOrDefault();

    /// <summary>Cuts a file to its end.</summary>
    public static async Task<Cuts> File(string path, Func<SegmenterOptions, SegmenterOptions>? change = null)
    {
        using var handle = System.IO.File.OpenHandle(path);
        var options = new SegmenterOptions { Input = new FileInput(handle, Path.GetFileName(path)), StartTimeout = Patience };
        await using var segmenter = Segmenter.Start(change?.Invoke(options) ?? options, TimeProvider.System, new LogLines());
        return await Read(segmenter, _ => false);
    }

    /// <summary>Reads until the end, or until something has come.</summary>
    public static async Task<Cuts> Read(Segmenter segmenter, Func<Cuts, bool> enough)
    {
        var cuts = new Cuts();
        using var late = new CancellationTokenSource(Patience);
        try
        {
            await foreach (var next in segmenter.ReadAsync(late.Token))
            {
                cuts.Events.Add(next);
                if (enough(cuts))
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"nothing more after {cuts}");
        }

        return cuts;
    }

    /// <summary>Writes all segments, one after the other, as players get them. Returns the path.</summary>
    public string Save(Generated media, string name)
    {
        using var file = System.IO.File.Create(media[name]);
        if (Segments.Count > 0)
            file.Write(Segments[0].Init.Span);
        foreach (var segment in Segments)
            file.Write(segment.Data.Span);
        return media[name];
    }

    /// <summary>What holds for whatever was cut.</summary>
    public Cuts Sound()
    {
        Assert.Equal(Segments.Select((_, i) => (long)i), Segments.Select(segment => segment.Sequence));
        var end = 0L;
        foreach (var segment in Segments)
        {
            Assert.True(segment.Start >= end && segment.Duration > 0, ToString());
            if (!segment.Discontinuity)
                Assert.Equal(end, segment.Start);
            end = segment.Start + segment.Duration;
            Assert.Equal(segment.Container == Container.FragmentedMp4, !segment.Init.IsEmpty);
        }

        return this;
    }

    public override string ToString() => string.Join('\n', Events.Select(next => next switch
    {
        SegmentCut cut => string.Create(
            CultureInfo.InvariantCulture,
            $"{cut.Sequence}: {cut.Start} + {cut.Duration} ({cut.Duration / 90_000.0:F3} s), {cut.Data.Length} bytes{(cut.Discontinuity ? ", discontinuity" : "")}{(cut.Independent ? "" : ", no key frame")}"),
        CutOpened opened => $"{opened.Format} -> {opened.Container}: {string.Join("; ", opened.Streams)} {opened.Note} {opened.Length}",
        _ => next.ToString(),
    }));
}

/// <summary>The packets of a file as FFmpeg copies them.</summary>
internal static class Frames
{
    /// <summary>Of each stream, its packets: presentation and decoding time in ticks of 90 kHz, size, and hash.</summary>
    public static Dictionary<int, List<(long Pts, long Dts, int Size, string Hash)>> Of(string path, string options = "")
    {
        var result = new Dictionary<int, List<(long Pts, long Dts, int Size, string Hash)>>();
        var bases = new Dictionary<int, long>();
        foreach (var line in Generated.Run("ffmpeg", $"-v error -copyts -i \"{path}\" {options} -c copy -f framemd5 -").Split('\n'))
        {
            if (line.StartsWith("#tb ", StringComparison.Ordinal))
            {
                var parts = line[4..].Split(':', '/');
                Assert.Equal("1", parts[1].Trim());
                bases[int.Parse(parts[0], CultureInfo.InvariantCulture)] = long.Parse(parts[2], CultureInfo.InvariantCulture);
            }

            if (line.Length == 0 || line[0] == '#')
                continue;
            var fields = line.Split(',', StringSplitOptions.TrimEntries);
            var stream = int.Parse(fields[0], CultureInfo.InvariantCulture);
            long Ticks(string text) => (long)Math.Round(long.Parse(text, CultureInfo.InvariantCulture) * 90_000.0 / bases[stream]);
            if (!result.TryGetValue(stream, out var list))
                result[stream] = list = [];
            list.Add((Ticks(fields[2]), Ticks(fields[1]), int.Parse(fields[4], CultureInfo.InvariantCulture), fields[5]));
        }

        return result;
    }
}
