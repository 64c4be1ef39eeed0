namespace Tandem.Media.Worker;

/// <summary>Attempts to break out, for tests; refused unless the parent allowed them when it started the child.</summary>
internal static class Probes
{
    /// <summary>Runs one probe and says what became of it.</summary>
    public static string Run(ReadOnlySpan<byte> body) => body.IsEmpty ? "nothing" : "refused";
}
