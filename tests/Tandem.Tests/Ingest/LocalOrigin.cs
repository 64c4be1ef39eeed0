using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Tests.Ingest;

/// <summary>A real HTTP server on loopback that plays a source.</summary>
internal sealed class LocalOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalOrigin(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<LocalOrigin> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MinResponseDataRate = null;
        });
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new LocalOrigin(app, new Uri(address));
    }

    public Uri At(string path) => new(Address, path);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>A server that answers with given bytes, whether they are HTTP or not.</summary>
internal sealed class RawOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];

    /// <param name="answer">Sent as soon as a request begins.</param>
    /// <param name="close">Whether the connection is closed then; it stays open and silent otherwise.</param>
    public RawOrigin(byte[] answer, bool close)
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _ = ServeAsync(answer, close);
    }

    public RawOrigin(string answer, bool close)
        : this(Encoding.Latin1.GetBytes(answer.ReplaceLineEndings("\r\n")), close)
    {
    }

    public Uri Address { get; }

    public void Dispose()
    {
        _listener.Stop();
        lock (_clients)
            _clients.ForEach(client => client.Dispose());
    }

    private async Task ServeAsync(byte[] answer, bool close)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                lock (_clients)
                    _clients.Add(client);
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096]);
                await stream.WriteAsync(answer);
                if (close)
                    client.Dispose();
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }
}
