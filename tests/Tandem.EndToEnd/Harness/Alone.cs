using Xunit;

namespace Tandem.EndToEnd.Harness;

/// <summary>
/// Tests that need the machine to themselves: what they hear would be spoilt by a source that another test keeps from answering, not by
/// Tandem.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "alone";
}
