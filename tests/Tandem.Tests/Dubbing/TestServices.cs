using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live.Dubbing;

namespace Tandem.Tests.Dubbing;

internal static class TestServices
{
    public static EngineServices Of(TimeProvider? time = null) => new(time ?? TimeProvider.System, NullLogger.Instance);
}
