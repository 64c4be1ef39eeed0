using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Server.Demo;

/// <summary>One quality of the looped material.</summary>
/// <param name="Name">Folder name and part of the URL.</param>
/// <param name="Bandwidth">Bits a second of its largest piece.</param>
/// <param name="AverageBandwidth">Bits a second over the loop.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="FrameRate">Pictures a second.</param>
/// <param name="Codecs">RFC 6381 names, picture first.</param>
/// <param name="PacketsByPid">Packets with payload in one loop, modulo 16, by PID: what a continuity counter moves on by a loop.</param>
internal sealed record LoopVariant(
    string Name, int Bandwidth, int AverageBandwidth, int Width, int Height, double FrameRate, string Codecs, ImmutableDictionary<int, int> PacketsByPid);

/// <summary>Material on disk that the origin repeats for ever: MPEG-TS pieces, cut alike in every variant.</summary>
internal sealed record Loop
{
    /// <summary>Ticks a second of every time here, those of MPEG-TS.</summary>
    public const long TicksPerSecond = 90_000;

    /// <summary>The name of the record beside the pieces.</summary>
    public const string RecordName = "loop.json";

    /// <summary>Length of each piece, 90 kHz ticks.</summary>
    public required ImmutableArray<long> Pieces { get; init; }

    /// <summary>The qualities, best first.</summary>
    public required ImmutableArray<LoopVariant> Variants { get; init; }

    /// <summary>
    /// Whether one loop's end and the next one's beginning fit to the sample, so that timestamps can go on counting. Otherwise the
    /// timestamps start over and the playlist says so.
    /// </summary>
    public required bool Seamless { get; init; }

    /// <summary>Length of the loop, 90 kHz ticks.</summary>
    [JsonIgnore]
    public long Length => Pieces.Sum();

    /// <summary>Where the piece of a variant lies below the material's folder.</summary>
    public static string PathOf(string variant, int piece) => Path.Combine(variant, string.Create(null, $"{piece:D5}.ts"));

    /// <summary>Reads the record of a folder; null when there is none or it cannot be used.</summary>
    public static Loop? Read(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, RecordName));
            var loop = JsonSerializer.Deserialize(file, LoopJson.Default.Loop);
            return loop is { Pieces.Length: > 0, Variants.Length: > 0 } && loop.Pieces.All(p => p > 0) ? loop : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record into a folder.</summary>
    public void Write(string folder) =>
        File.WriteAllBytes(Path.Combine(folder, RecordName), JsonSerializer.SerializeToUtf8Bytes(this, LoopJson.Default.Loop));
}

/// <summary>JSON of the record beside the pieces.</summary>
[JsonSerializable(typeof(Loop))]
internal sealed partial class LoopJson : JsonSerializerContext;
