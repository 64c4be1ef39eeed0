using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Checks.LiveOrigin;

/// <summary>An HTTP server on a free loopback port with any number of live channels: the CDN of the tests.</summary>
public sealed class OriginServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, OriginChannel> _channels = new(StringComparer.Ordinal);

    private OriginServer(WebApplication app, TimeProvider time)
    {
        _app = app;
        _time = time;
    }

    /// <summary>Where it listens.</summary>
    public Uri Root { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts a server without channels.</summary>
    public static async Task<OriginServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new OriginServer(app, time ?? TimeProvider.System);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        server.Root = new Uri(addresses!.Addresses.First());
        return server;
    }

    /// <summary>Puts a channel on the air from now on.</summary>
    public OriginChannel Add(string id, OriginOptions options)
    {
        var channel = new OriginChannel(id, Root, options, _time);
        if (!_channels.TryAdd(id, channel))
            throw new ArgumentException($"There is a channel {id} already", nameof(id));
        return channel;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            if (parts.Length >= 2 && _channels.TryGetValue(parts[0], out var channel))
                await new OriginAnswer(channel, context, _time).RunAsync(parts[1..]);
            else
                context.Response.StatusCode = 404;
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }
}
