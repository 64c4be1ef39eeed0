namespace Tandem.Media.Sandbox;

/// <summary>Landlock (Linux 5.13): confines a thread, and what it starts, to a few places of the file system.</summary>
internal static class Landlock
{
    /// <summary>Number of landlock_restrict_self, on every architecture.</summary>
    public const nint RestrictSelf = 446;
}
