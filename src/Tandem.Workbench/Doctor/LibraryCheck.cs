using Tandem.Media;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether FFmpeg's libraries are those that the bindings were written for, and those that were tested.</summary>
internal static class LibraryCheck
{
    /// <summary>Name of the finding that decides whether anything of the libraries may be used.</summary>
    public const string Libraries = "libraries";

    public static IReadOnlyList<Finding> Examine(DoctorOptions options)
    {
        var found = MediaLibraries.Check();
        var wrong = found.All.Where(library => library.Problem is not null).ToList();
        if (wrong.Count > 0)
        {
            var parts = wrong.Select(library => library.Problem!.Split(": ", 2)).ToList();
            return [Finding.Failed(
                Libraries, string.Join("; ", parts.Select(part => part[0])), string.Join("; ", parts.Select(part => part[^1]).Distinct()))];
        }

        return
        [
            Finding.Ok(Libraries, string.Join(", ", found.All.Select(library => $"{library.Soname} {library.Version}"))),
            Version(found.FFmpeg ?? "unknown", options),
        ];
    }

    private static Finding Version(string found, DoctorOptions options)
    {
        const string Name = "ffmpeg version";
        if (found == options.FFmpeg)
            return Finding.Ok(Name, $"{found}, as tested");
        var what = $"{found}; Tandem was tested with {options.FFmpeg}";
        const string Remedy = "run ./test against it, or install the tested version of Debian 12's FFmpeg packages";
        return options.Strict ? Finding.Failed(Name, what, Remedy) : Finding.Warning(Name, what, Remedy);
    }
}
