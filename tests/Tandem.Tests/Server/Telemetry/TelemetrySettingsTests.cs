using Tandem.Live.Dubbing;
using Tandem.Server.Configuration;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server.Telemetry;

public sealed class TelemetrySettingsTests
{
    [Fact]
    public void Off_by_default() => Assert.Null(Load("").Options!.Telemetry.Endpoint);

    [Fact]
    public void The_standard_variables_are_understood_and_tandems_own_go_before_them()
    {
        var telemetry = Load(
            "telemetry:\n  endpoint: http://file.example:4318\n  trace_ratio: 0.5\n  service_name: of-the-file\n",
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%3Db%2Cc, Authorization=Bearer%20x"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=of-the-list"),
            ("OTEL_SERVICE_NAME", "dubs"),
            ("K_REVISION", "live-7"),
            ("TANDEM__TELEMETRY__METRICS_INTERVAL", "5s"),
            ("TANDEM__TELEMETRY__ENDPOINT", "http://own.example:4317")).Options!.Telemetry;
        Assert.Equal(new Uri("http://own.example:4317"), telemetry.Endpoint);
        Assert.Equal(TelemetryProtocol.Grpc, telemetry.Protocol);
        Assert.Equal(("a=b,c", "Bearer x"), (telemetry.Headers["api-key"], telemetry.Headers["Authorization"]));
        Assert.Equal("dubs", telemetry.ServiceName);
        Assert.Equal(TimeSpan.FromSeconds(5), telemetry.MetricsInterval);
        Assert.Equal(0.5, telemetry.TraceRatio);
        Assert.Equal("test", telemetry.Resource["deployment.environment.name"]);
        Assert.Equal("live-7", telemetry.Resource["faas.version"]);
        Assert.DoesNotContain("service.name", telemetry.Resource.Keys);
        Assert.Equal("of-the-list", Load("", ("OTEL_RESOURCE_ATTRIBUTES", "service.name=of-the-list")).Options!.Telemetry.ServiceName);
    }

    [Theory]
    [InlineData("http://c:4318", TelemetryProtocol.HttpProtobuf, "http://c:4318/v1/traces")]
    [InlineData("https://c.example/otlp/", TelemetryProtocol.HttpProtobuf, "https://c.example/otlp/v1/traces")]
    [InlineData("http://c:4317", TelemetryProtocol.Grpc, "http://c:4317/")]
    public void Paths_are_those_of_the_protocol(string endpoint, TelemetryProtocol protocol, string expected) =>
        Assert.Equal(expected, TelemetryExport.Address(new TelemetryOptions { Endpoint = new Uri(endpoint), Protocol = protocol }, "traces").AbsoluteUri);

    [Fact]
    public void Mistakes_name_the_variable_and_show_no_secret()
    {
        var mistakes = Load(
            "telemetry:\n  trace_ratio: 3\n  interval: 1s\n",
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:SECRET@c:4318/?key=SECRET"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api key=SECRET,SECRET")).Mistakes.Select(mistake => mistake.ToString()).ToList();
        Assert.Contains(mistakes, line => line.StartsWith("OTEL_EXPORTER_OTLP_ENDPOINT: telemetry: endpoint: is no address of a collector", StringComparison.Ordinal));
        Assert.Contains(mistakes, line => line.StartsWith("OTEL_EXPORTER_OTLP_PROTOCOL: telemetry: protocol: \"http/json\" is not known; use http/protobuf or grpc", StringComparison.Ordinal));
        Assert.Contains(mistakes, line => line.Contains("\"api key\" is no name of a header", StringComparison.Ordinal));
        Assert.Contains(mistakes, line => line.Contains("trace_ratio: \"3\" is no share", StringComparison.Ordinal));
        Assert.Contains(mistakes, line => line.Contains("interval is no setting", StringComparison.Ordinal));
        Assert.DoesNotContain(mistakes, line => line.Contains("SECRET", StringComparison.Ordinal));
    }

    private static Configured Load(string text, params (string Name, string Value)[] environment) => ConfigurationLoader.Load(
        new ConfigurationSources
        {
            Text = text + "channels: []\n",
            Environment = [.. environment.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))],
        },
        EngineCatalogue.Resolve);
}
