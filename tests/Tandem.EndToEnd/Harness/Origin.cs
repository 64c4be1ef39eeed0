using Tandem.Checks.LiveOrigin;
using Xunit;

namespace Tandem.EndToEnd.Harness;

/// <summary>What the tests of one class share: a source's server. Each test puts channels of its own on it.</summary>
public sealed class Origin : IAsyncLifetime
{
    /// <summary>The server.</summary>
    public OriginServer Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Server = await OriginServer.StartAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
