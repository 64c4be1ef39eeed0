namespace Tandem.Media;

/// <summary>
/// What Tandem was tested with. Debian replaces a package's version when it mends it, so that an exact version cannot be demanded of
/// <c>apt</c>: the sonames must fit (<see cref="MediaLibraries"/>), and another version is told.
/// </summary>
public static class MediaPin
{
    /// <summary>FFmpeg's version as its libraries tell it: Debian 12's package without epoch. Change it with a run of all tests.</summary>
    public const string FFmpeg = "5.1.9-0+deb12u1";
}
