using System.Globalization;

namespace Tandem.MediaTests.Media;

/// <summary>What ffprobe says of the same bytes.</summary>
public static class Peer
{
    /// <summary>Times and sizes of the packets of a stream, 90 kHz, as the container has them (33 bits for a transport stream).</summary>
    public static List<(long Ticks, int Size)> Packets(string path, string stream)
    {
        var lines = Generated.Run(
            "ffprobe", $"-v error -correct_ts_overflow 0 -select_streams {stream} -show_entries packet=pts,size:stream=time_base -of csv=p=0 \"{path}\"")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var timeBase = lines[^1].Split(',')[0].Split('/').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return
        [
            .. lines[..^1].Select(line => line.Split(','))
                .Where(parts => parts.Length >= 2 && parts[0] != "N/A" && !parts[0].Contains('/', StringComparison.Ordinal))
                .Select(parts => (
                    (long)Math.Round(long.Parse(parts[0], CultureInfo.InvariantCulture) * 90_000.0 * timeBase[0] / timeBase[1]),
                    int.Parse(parts[1], CultureInfo.InvariantCulture))),
        ];
    }
}
