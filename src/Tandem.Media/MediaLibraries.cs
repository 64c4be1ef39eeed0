using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>One native library that Tandem is bound to.</summary>
/// <param name="Soname">The file name its binding holds for, such as <c>libavcodec.so.59</c>.</param>
/// <param name="Version">Its exact version, such as <c>59.37.100</c>; null where it cannot be loaded.</param>
/// <param name="Problem">Why it cannot be used, with the remedy, one line; null where it can.</param>
public sealed record MediaLibrary(string Soname, string? Version, string? Problem);

/// <summary>The native libraries as found on this machine.</summary>
/// <param name="FFmpeg">Version of the FFmpeg package, such as <c>5.1.9-0+deb12u1</c>; null where libavutil cannot be loaded.</param>
/// <param name="All">Each library.</param>
public sealed record MediaLibraries(string? FFmpeg, IReadOnlyList<MediaLibrary> All)
{
    /// <summary>The first thing that is wrong, one line for people with the remedy; null where all is well.</summary>
    public string? Problem => All.FirstOrDefault(library => library.Problem is not null)?.Problem;

    /// <summary>Loads each library and compares its major version with the one that the bindings were written for.</summary>
    public static unsafe MediaLibraries Check()
    {
        string? ffmpeg = null;
        var all = new List<MediaLibrary>
        {
            Probe(LibAvUtil.Name, 57, "libavutil57", () => Dotted(LibAvUtil.avutil_version())),
            Probe(LibAvCodec.Name, 59, "libavcodec59", () => Dotted(LibAvCodec.avcodec_version())),
            Probe(LibAvFormat.Name, 59, "libavformat59", () => Dotted(LibAvFormat.avformat_version())),
            Probe(LibSwResample.Name, 4, "libswresample4", () => Dotted(LibSwResample.swresample_version())),
            Probe(LibAvFilter.Name, 8, "libavfilter8", () => Dotted(LibAvFilter.avfilter_version())),
            Probe(LibEbuR128.Name, 1, "libebur128-1", EbuR128Version),
        };
        if (all[0].Version is not null)
            ffmpeg = Marshal.PtrToStringUTF8((nint)LibAvUtil.av_version_info());
        return new MediaLibraries(ffmpeg, all);
    }

    private static MediaLibrary Probe(string soname, int major, string package, Func<string> version)
    {
        if (!NativeLibrary.TryLoad(soname, out _))
            return new MediaLibrary(soname, null, $"{soname} cannot be loaded: install {package} of Debian 12");
        try
        {
            var found = version();
            return found.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{major}."), StringComparison.Ordinal)
                ? new MediaLibrary(soname, found, null)
                : new MediaLibrary(soname, found, $"{soname} says that it is version {found}: install {package} of Debian 12");
        }
        catch (EntryPointNotFoundException)
        {
            return new MediaLibrary(soname, null, $"{soname} lacks its version function: install {package} of Debian 12");
        }
    }

    private static string Dotted(uint version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version >> 16}.{(version >> 8) & 255}.{version & 255}");

    private static unsafe string EbuR128Version()
    {
        int major, minor, patch;
        LibEbuR128.ebur128_get_version(&major, &minor, &patch);
        return string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}.{patch}");
    }
}
