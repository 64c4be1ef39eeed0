using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.EndToEnd.Delivery;

/// <summary>Stands between a cache and its origin, passes everything on and counts it.</summary>
public sealed class CountingProxy : IAsyncDisposable
{
    private static readonly string[] _passed = ["Range", "If-None-Match", "If-Modified-Since", "Accept-Encoding"];
    private readonly HttpClient _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, MaxConnectionsPerServer = 256 });
    private readonly ConcurrentQueue<(string Method, string Path, int Status)> _requests = new();
    private readonly WebApplication _app;

    private CountingProxy(WebApplication app)
    {
        _app = app;
        Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>The origin; 502 while it is null.</summary>
    public Uri? Origin { get; set; }

    /// <summary>What reached the origin.</summary>
    public IReadOnlyCollection<(string Method, string Path, int Status)> Requests => _requests;

    /// <summary>Starts on a free port.</summary>
    public static async Task<CountingProxy> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        CountingProxy? proxy = null;
        app.Run(context => proxy!.PassAsync(context));
        await app.StartAsync();
        return proxy = new CountingProxy(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var address = request.Path + request.QueryString;
        if (Origin is null)
        {
            response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        using var asked = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(Origin, address));
        foreach (var name in _passed.Where(request.Headers.ContainsKey))
            asked.Headers.TryAddWithoutValidation(name, (string?)request.Headers[name]);
        using var answer = await _http.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        _requests.Enqueue((request.Method, address, (int)answer.StatusCode));
        response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key is not ("Transfer-Encoding" or "Connection")))
            response.Headers[name] = values.ToArray();
        if (answer.StatusCode != HttpStatusCode.NotModified)
            await answer.Content.CopyToAsync(response.Body, context.RequestAborted);
    }
}
