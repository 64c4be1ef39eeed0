using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Media;
using Tandem.Server.Access;
using Tandem.Server.Api;
using Tandem.Server.Configuration;
using Tandem.Server.Metrics;
using Tandem.Server.Push;
using Tandem.Server.Telemetry;
using Tandem.Server.WebSockets;

namespace Tandem.Server;

/// <summary>What a server needs of the process around it.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Logs">Makes loggers.</param>
/// <param name="Meter">The process's instruments.</param>
/// <param name="Libraries">The native libraries as found.</param>
/// <param name="Start">Starts a channel.</param>
/// <param name="Pages">Folder with the built pages; null where there is none.</param>
internal sealed record ServerParts(
    TimeProvider Time,
    ILoggerFactory Logs,
    TandemMeter Meter,
    MediaLibraries Libraries,
    ChannelStarter Start,
    string? Pages);

/// <summary>The HTTP server over its channels.</summary>
internal sealed class TandemServer : IAsyncDisposable
{
    // Part of the 8 s that a shutdown may take; a viewer's request is over in far less.
    private static readonly TimeSpan RequestsEnd = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly ChannelHost _channels;
    private readonly ViewerHub _hub;
    private readonly TimeSpan _drain;
    private readonly PrometheusExporter _exporter;
    private readonly TelemetryExport? _telemetry;
    private readonly AccessParts _access;
    private readonly TimeProvider _time;

    private TandemServer(
        WebApplication app, ChannelHost channels, ViewerHub hub, TimeSpan drain, PrometheusExporter exporter, TelemetryExport? telemetry, AccessParts access,
        TimeProvider time, Uri[] addresses)
    {
        _telemetry = telemetry;
        _hub = hub;
        _drain = drain;
        _access = access;
        _time = time;
        _app = app;
        _channels = channels;
        _exporter = exporter;
        Address = addresses[0];
        AdminAddress = addresses.ElementAtOrDefault(1);
    }

    /// <summary>Where it can be reached from this machine.</summary>
    public Uri Address { get; }

    /// <summary>The operators' own listener; null where there is none.</summary>
    public Uri? AdminAddress { get; }

    /// <summary>
    /// Listens, then starts the channels and returns; channels take their time beside it. Throws <see cref="IOException"/> with one line
    /// for people where the address cannot be listened on.
    /// </summary>
    public static async Task<TandemServer> StartAsync(ServerOptions options, ServerParts parts, CancellationToken cancellation)
    {
        // Before the channels: the exporter hears nothing of what was measured earlier.
        var exporter = new PrometheusExporter(parts.Meter);
        var share = new MachineShare(parts.Time);
        ProcessMetrics.Add(parts.Meter, share, options.StateDirectory, ProgramVersion.Text, parts.Libraries.FFmpeg ?? "none", Environment.GetEnvironmentVariable("K_REVISION") ?? "");
        CostMetrics.Add(parts.Meter, share, options.MonthlyBudget, parts.Time);
        var telemetry = TelemetryExport.Start(options.Telemetry, parts.Meter, exporter, parts.Time, parts.Logs.CreateLogger("Tandem.Telemetry"));
        var access = new AccessParts(options, parts);
        var channels = access.Channels;
        var app = Build(options, parts, access);
        var hub = new ViewerHub(parts.Meter, parts.Time, parts.Logs.CreateLogger<ViewerHub>());
        var sockets = new LiveSockets(channels, hub, access.Gate, parts.Time);
        var ingest = new IngestFiles(channels, access.Operators, parts.Time);
        Routes.Map(app, channels, exporter, parts, access, ingest, sockets, new HealthAnswers(channels, parts, access, options.StateDirectory));
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await app.DisposeAsync();
            await hub.DisposeAsync();
            access.Dispose();
            telemetry?.Dispose();
            exporter.Dispose();
            throw new IOException(WhyNot(options, exception), exception);
        }

        channels.Start();
        return new TandemServer(app, channels, hub, options.Drain, exporter, telemetry, access, parts.Time, AddressesOf(app));
    }

    /// <summary>Tells viewers to go, in the time that is configured for it; then ends requests and channels, within 6 s.</summary>
    public async ValueTask DisposeAsync()
    {
        await _hub.DrainAsync(_drain);
        using var end = new CancellationTokenSource(RequestsEnd, _time);
        await Task.WhenAll(_channels.StopAsync(), StopListeningAsync(end.Token));
        await _hub.DisposeAsync();
        await _app.DisposeAsync();
        _access.Dispose();
        if (_telemetry is not null)
            await Task.Run(_telemetry.Dispose);
        _exporter.Dispose();

        async Task StopListeningAsync(CancellationToken cancellation)
        {
            try
            {
                await _app.StopAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                // Requests that were still open were cut off.
            }
        }
    }

    private static WebApplication Build(ServerOptions options, ServerParts parts, AccessParts access)
    {
        // Empty: settings come from Tandem's own configuration and from nowhere else.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Tandem" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.MaxConcurrentConnections = 20_000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            Listening.Configure(kestrel, options, access.Certificate, access.Limits, access.Proxies, parts.Meter);
        });
        builder.Services.AddSingleton(parts.Logs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        ApiDescription.Add(builder.Services);
        return builder.Build();
    }

    private static string WhyNot(ServerOptions options, Exception exception)
    {
        var code = exception.InnerException is AddressInUseException
            ? SocketError.AddressAlreadyInUse
            : (exception as SocketException ?? exception.InnerException as SocketException)?.SocketErrorCode;
        var where = options.Access.AdminPort is { } port && port > 0
            && exception.Message.Contains(string.Create(CultureInfo.InvariantCulture, $":{port}:"), StringComparison.Ordinal)
            ? new System.Net.IPEndPoint(options.Access.AdminListen, port)
            : new System.Net.IPEndPoint(options.Listen, options.Port);
        return ListenProblem.Of(where, code, exception.Message).ToString();
    }

    private static Uri[] AddressesOf(WebApplication app) =>
    [
        .. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(text => new Uri(text))
            .Select(address => address.Host is "0.0.0.0" or "[::]" ? new UriBuilder(address) { Host = "127.0.0.1" }.Uri : address),
    ];

    /// <summary>Signals are handled by the command, which knows of more than this server.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
