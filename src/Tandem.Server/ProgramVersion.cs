using System.Reflection;

namespace Tandem.Server;

/// <summary>Tandem's own version.</summary>
public static class ProgramVersion
{
    /// <summary>Such as <c>0.1.0</c>, with the commit after a plus sign where the build knew it.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
