using System.Text;
using System.Text.RegularExpressions;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Players;

/// <summary>ffmpeg, a strict reader, has no more to say of what is published than of the source (issue 2, point 3).</summary>
public sealed partial class FfmpegTests(Origin origin) : IClassFixture<Origin>
{
    private const int Seconds = 6;

    /// <summary>Readers at a time: they wait for live segments most of the time.</summary>
    private const int Readers = 6;

    [Theory]
    [InlineData(Packing.Ts, false, 3 + 7)]
    [InlineData(Packing.Ts, true, 1 + 3)]
    [InlineData(Packing.Fmp4, false, 3 + 7)]
    public async Task Ffmpeg_reads_every_rendition_with_no_warning_that_the_source_did_not_cause(Packing packing, bool muxed, int playlists)
    {
        var programme = muxed ? await Programmes.SpeechAsync(packing) : await Programmes.VariantsAsync(packing, seconds: 300);
        var channel = origin.Server.Add($"ffmpeg-{packing}-{(muxed ? "muxed" : "separate")}".ToLowerInvariant(), new OriginOptions { Programme = programme });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel(channel.Id, channel.Master, engine: "tone", to: "es+fr")]);
        var master = server.Master(channel.Id);
        using var http = new HttpClient();
        var published = "";
        await server.UntilAsync(
            "three segments are published",
            async () => (published = await http.GetStringAsync(master)).Length > 0 && await server.MetricAsync("tandem_segments_total") >= 3,
            TimeSpan.FromSeconds(40));

        var sources = await ReadAsync(channel.Master, ReadPlaylist.Master(channel.Master, await http.GetStringAsync(channel.Master)));
        var renditions = await ReadAsync(master, ReadPlaylist.Master(master, published));

        var output = TestContext.Current.TestOutputHelper;
        foreach (var (name, lines) in sources.Concat(renditions))
            output?.WriteLine($"{name}: {string.Join(" | ", lines)}");

        // Besides: the captions of both languages, and the master itself.
        Assert.Equal(playlists + 2 + 1, renditions.Count);
        var known = sources.Values.SelectMany(lines => lines).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, lines) in renditions)
            Assert.All(lines, line => Assert.True(known.Contains(line) || IsSubtitles(line), $"{name}: {line}"));
    }

    /// <summary>What ffmpeg says while it reads a master and each of its playlists for some seconds, by kind and path.</summary>
    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadAsync(Uri master, IReadOnlyList<MasterItem> items)
    {
        var addresses = items.Where(item => item.Address is not null).DistinctBy(item => item.Address)
            .ToDictionary(item => $"{item.Type} {item.Address!.AbsolutePath}", item => item.Address!);
        addresses.Add("MASTER", master);
        var said = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Readers };
        await Parallel.ForEachAsync(addresses, options, async (one, _) =>
        {
            var lines = one.Key.StartsWith("SUBTITLES", StringComparison.Ordinal) ? await CaptionsAsync(one.Value) : await SaidAsync(
                ["-i", one.Value.ToString(), "-t", $"{Seconds}", "-map", "0", "-f", "null", "-"]);
            lock (said)
                said.Add(one.Key, lines);
        });
        return said;
    }

    /// <summary>FFmpeg 5.1 reads WebVTT to its end before it says anything, and a live playlist has none: segment by segment, then.</summary>
    private static async Task<IReadOnlyList<string>> CaptionsAsync(Uri playlist)
    {
        using var http = new HttpClient();
        var lines = new List<string>();
        foreach (var segment in ReadPlaylist.Media(playlist, await http.GetStringAsync(playlist), new Dictionary<string, string>(StringComparer.Ordinal)))
        {
            var bytes = await http.GetByteArrayAsync(segment.Address);
            if (Encoding.UTF8.GetString(bytes).Contains("-->", StringComparison.Ordinal))
                lines.AddRange(await SaidAsync(["-f", "webvtt", "-i", "pipe:0", "-f", "webvtt", "pipe:1"], bytes));
        }

        return lines;
    }

    private static async Task<IReadOnlyList<string>> SaidAsync(string[] arguments, byte[]? input = null)
    {
        var run = await Ffmpeg.RunAsync(["-loglevel", "warning", .. arguments], input ?? [], TimeSpan.FromSeconds(60));
        return [.. run.Log.Split('\n').Select(line => Particulars().Replace(line, "#").Trim()).Where(line => line.Length > 0).Distinct()];
    }

    /// <summary>FFmpeg 5.1 says this of any master with subtitles, and the tests' source has none.</summary>
    private static bool IsSubtitles(string line) => line.Contains("Can't support the subtitle(uri:", StringComparison.Ordinal);

    /// <summary>What differs from run to run: addresses in memory, URLs and numbers.</summary>
    [GeneratedRegex(@"0x[0-9a-f]+|https?://[^ ')]+|[0-9]+(\.[0-9]+)?")]
    private static partial Regex Particulars();
}
