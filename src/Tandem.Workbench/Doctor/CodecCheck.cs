using Tandem.Media;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether the libraries were built with all codecs and filters that are used.</summary>
internal static class CodecCheck
{
    public static IReadOnlyList<Finding> Examine()
    {
        var missing = MediaAbilities.Missing();
        return missing.Count == 0
            ? [Finding.Ok("codecs", $"hears {string.Join(", ", MediaAbilities.Heard)}; encodes aac; stretches and measures speech; takes MPEG-TS, MP4, Matroska, RTMP and SRT")]
            : [Finding.Failed("codecs", $"missing: {string.Join(", ", missing)}", "install Debian 12's libavcodec59, libavformat59, libavfilter8 and libebur128-1; these were built without")];
    }
}
