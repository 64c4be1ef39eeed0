namespace Tandem.Server.Metrics;

/// <summary>
/// What an instance costs by the list: Cloud Run, instance-based billing, tier 1 (us-east1), US dollars; the vendor's price page as of 2026.
/// Free amounts and discounts are left out. docs/metrics.md says the same.
/// </summary>
internal static class ListPrices
{
    /// <summary>A core for a second.</summary>
    public const double CoreSecond = 0.000018;

    /// <summary>A GiB of memory for a second.</summary>
    public const double GibibyteSecond = 0.000002;

    /// <summary>A GiB sent within North America, up to 1 TiB a month.</summary>
    public const double GibibyteSent = 0.12;
}
