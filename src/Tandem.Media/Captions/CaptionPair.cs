namespace Tandem.Media.Captions;

/// <summary>Two bytes of line 21 as a picture carries them (ANSI/CTA-608-E), parity bits and all.</summary>
/// <param name="Ticks">Presentation time of the picture, 90 kHz, as the container has it.</param>
/// <param name="Field">1 or 2.</param>
/// <param name="First">First byte.</param>
/// <param name="Second">Second byte.</param>
public readonly record struct CaptionPair(long Ticks, byte Field, byte First, byte Second);
