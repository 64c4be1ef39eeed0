using Xunit;

namespace Tandem.Tests.Server.Telemetry;

/// <summary>Tests that listen to the process's one activity source, or show that nobody does: one at a time, and nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TracedCollection
{
    public const string Name = "Traced";
}
