namespace Tandem.Workbench.Doctor;

/// <summary>How a check came out.</summary>
public enum CheckState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, and should be looked at.</summary>
    Warning,

    /// <summary>Tandem, or a part of it, will not work.</summary>
    Failed,
}

/// <summary>What one check found.</summary>
/// <param name="Name">Of the check.</param>
/// <param name="State">How it came out.</param>
/// <param name="Found">One line.</param>
/// <param name="Remedy">What to do about it, one line; null where nothing is wrong.</param>
public sealed record Finding(string Name, CheckState State, string Found, string? Remedy)
{
    /// <summary>All is well.</summary>
    public static Finding Ok(string name, string found) => new(name, CheckState.Ok, OneLine(found), null);

    /// <summary>Works, and should be looked at.</summary>
    public static Finding Warning(string name, string found, string remedy) => new(name, CheckState.Warning, OneLine(found), OneLine(remedy));

    /// <summary>Does not work.</summary>
    public static Finding Failed(string name, string found, string remedy) => new(name, CheckState.Failed, OneLine(found), OneLine(remedy));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
