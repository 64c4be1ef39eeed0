namespace Tandem.Server.Configuration;

/// <summary>Something in the configuration that cannot work.</summary>
/// <param name="Place">Where it stands: <c>tandem.yaml:12</c>, the name of an environment variable, or <c>--channel news</c>.</param>
/// <param name="Problem">What is wrong, and what to do about it; holds no secrets.</param>
public sealed record Mistake(string Place, string Problem)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Place}: {Problem}";
}
