using System.Collections.Immutable;
using Tandem.Checks.Demux;

namespace Tandem.Checks.Signals;

/// <summary>How a programme's segments are packed.</summary>
public enum Packing
{
    /// <summary>MPEG-TS.</summary>
    Ts,

    /// <summary>Fragmented MP4 with an init segment.</summary>
    Fmp4,
}

/// <summary>One segment as ffmpeg cut it.</summary>
/// <param name="Ticks">EXTINF, 90 kHz.</param>
/// <param name="Data">The whole segment.</param>
public sealed record Piece(long Ticks, byte[] Data)
{
    /// <summary>EXTINF in seconds.</summary>
    public double Seconds => Ticks / (double)Programme.TickRate;
}

/// <summary>A variant or an audio rendition of a programme.</summary>
/// <param name="Name">Names it in URLs, such as <c>v360</c> or <c>audio-en</c>.</param>
/// <param name="Picture">What it shows; null for an audio rendition.</param>
/// <param name="Sound">What it sounds; null for a variant whose sound is separate.</param>
/// <param name="Init">Init segment; null for <see cref="Packing.Ts"/>.</param>
/// <param name="Pieces">In order, as many as every other track of the programme has.</param>
public sealed record Track(string Name, PictureRecipe? Picture, SoundRecipe? Sound, byte[]? Init, ImmutableArray<Piece> Pieces)
{
    /// <summary>Peak bit rate of a segment, bit/s.</summary>
    public long PeakBitRate => (long)Pieces.Max(piece => piece.Data.Length * 8 / piece.Seconds);

    /// <summary>Bit rate over all segments, bit/s.</summary>
    public long AverageBitRate => (long)(Pieces.Sum(piece => piece.Data.Length * 8L) / Pieces.Sum(piece => piece.Seconds));

    /// <summary>RFC 6381 names.</summary>
    public string Codecs => string.Join(',', new[] { Picture?.CodecsTag, Sound?.CodecsTag }.OfType<string>());
}

/// <summary>Test material, cut: variants first, then audio renditions. All tracks share one time base and the number of segments.</summary>
/// <param name="Packing">Container of every track.</param>
/// <param name="Tracks">At least one.</param>
/// <param name="FirstTicks">Presentation time of the first picture or sound sample of the programme, 90 kHz.</param>
/// <param name="LoopFrom">With <paramref name="LoopTo"/>: pieces [from, to) repeat without a seam in picture, sound and frame grid.</param>
/// <param name="LoopTo">One past the last piece of the loop; 0 where the programme has none.</param>
public sealed record Programme(Packing Packing, ImmutableArray<Track> Tracks, long FirstTicks, int LoopFrom = 0, int LoopTo = 0)
{
    /// <summary>Ticks a second.</summary>
    public const int TickRate = 90_000;

    /// <summary>Variants: tracks with a picture.</summary>
    public IEnumerable<Track> Variants => Tracks.Where(track => track.Picture is not null);

    /// <summary>Audio renditions.</summary>
    public IEnumerable<Track> AudioRenditions => Tracks.Where(track => track.Picture is null);

    /// <summary>Segments a track.</summary>
    public int Length => Tracks[0].Pieces.Length;

    /// <summary>The pictures of a track, in presentation order.</summary>
    public PictureStream Pictures(Track track) => Streams.Pictures(track.Init, track.Pieces.Select(piece => piece.Data));

    /// <summary>The sound of a track.</summary>
    public SoundStream Sound(Track track) => Streams.Sound(track.Init, track.Pieces.Select(piece => piece.Data));
}
