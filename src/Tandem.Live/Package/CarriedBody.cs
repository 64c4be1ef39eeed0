using System.Collections.Immutable;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>A segment of the source as Tandem serves it.</summary>
/// <param name="Extension">Of its address, without the dot.</param>
/// <param name="Body">The segment.</param>
/// <param name="Init">Its init segment; null where there is none.</param>
/// <param name="Pictures">RFC 6381 names of its pictures; default where it was not looked into, empty where there are none.</param>
/// <param name="Dropped">Bytes of the source's segment that are not in it: the sound.</param>
public sealed record CarriedBody(
    string Extension, PublishedResource Body, PublishedResource? Init, ImmutableArray<string?> Pictures, int Dropped)
{
    /// <summary>A picture whose sound was taken out.</summary>
    /// <param name="segment">As the worker gave it.</param>
    /// <param name="size">Of the source's segment.</param>
    public static CarriedBody Of(RemuxedSegment segment, int size)
    {
        var (extension, type) = segment.Container == Container.FragmentedMp4 ? ("m4s", "video/mp4") : ("ts", "video/mp2t");
        return new CarriedBody(
            extension,
            Resource(type, segment.Data),
            segment.Init.IsEmpty ? null : Resource(type, segment.Init),
            [.. segment.Tracks.Where(track => track.Kind == TrackKind.Picture).Select(track => track.CodecsTag)],
            Math.Max(0, size - segment.Data.Length));
    }

    /// <summary>What is passed on as it is: sound and text.</summary>
    public static CarriedBody Of(ReadOnlyMemory<byte> init, ReadOnlyMemory<byte> data)
    {
        var (extension, type) = KindOf(!init.IsEmpty, data.Span);
        return new CarriedBody(extension, Resource(type, data), init.IsEmpty ? null : Resource(type, init), default, 0);
    }

    // The tag is made here, beside the channel's loop: hashing all pictures of a row takes milliseconds.
    private static PublishedResource Resource(string type, ReadOnlyMemory<byte> body) =>
        new(type, body, ResourceLife.Immutable, PublishedResource.TagOf(body.Span));

    /// <summary>The container of a segment, by its first bytes.</summary>
    private static (string Extension, string Type) KindOf(bool hasInit, ReadOnlySpan<byte> data)
    {
        if (hasInit || data is [_, _, _, _, (byte)'s' or (byte)'m' or (byte)'f', (byte)'t' or (byte)'o', ..])
            return ("m4s", "video/mp4");
        if (data is [0x47, ..])
            return ("ts", "video/mp2t");
        var text = data is [0xEF, 0xBB, 0xBF, ..] ? data[3..] : data;
        if (text.StartsWith("WEBVTT"u8))
            return ("vtt", "text/vtt");

        // Packed audio begins with an ID3 tag (RFC 8216, section 3.4), whose length is in four times seven bits.
        var sound = data is [(byte)'I', (byte)'D', (byte)'3', _, _, _, < 128, < 128, < 128, < 128, ..]
            ? data[Math.Min(data.Length, 10 + (data[6] << 21) + (data[7] << 14) + (data[8] << 7) + data[9])..]
            : data;
        return sound switch
        {
            [0x0B, 0x77, _, _, _, > 0x57, ..] => ("ec3", "audio/eac3"),
            [0x0B, 0x77, ..] => ("ac3", "audio/ac3"),
            [0xFF, var second, ..] when (second & 0xF6) == 0xF0 => ("aac", "audio/aac"),
            [0xFF, >= 0xE0, ..] => ("mp3", "audio/mpeg"),
            _ => ("bin", "application/octet-stream"),
        };
    }
}
