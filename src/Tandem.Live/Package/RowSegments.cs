namespace Tandem.Live.Package;

/// <summary>One rendition's segment of a row.</summary>
/// <param name="Path">Below the channel's address, such as <c>es/k3f9/120.aac</c>.</param>
/// <param name="Init">Path of its init segment; null for packed audio and captions.</param>
/// <param name="Gap">True where there is nothing at <paramref name="Path"/>.</param>
public sealed record RenditionSegment(string Path, string? Init, bool Gap);
