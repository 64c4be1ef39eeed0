using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Checks.Telemetry;

/// <summary>A collector of the tests' own: takes OTLP over HTTP or gRPC on a free loopback port and keeps what it was sent.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();
    private readonly ConcurrentQueue<byte[]> _traces = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<KeyValuePair<string, string>> _headers = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Whether it takes requests and never answers.</summary>
    public bool Hangs { get; init; }

    /// <summary>What was wrong with requests.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Headers of all requests.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Headers => _headers;

    /// <summary>Requests with metrics that were taken.</summary>
    public int MetricRequests => _metrics.Count;

    /// <summary>Requests that came, whether they were answered or not.</summary>
    public int Asked { get; private set; }

    /// <summary>Resources of all requests.</summary>
    public IReadOnlyList<SortedDictionary<string, string>> Resources => [.. _metrics.Concat(_traces).SelectMany(OtlpReceived.Resources)];

    /// <summary>Every span that came.</summary>
    public IReadOnlyList<OtlpSpan> Spans => [.. _traces.SelectMany(OtlpReceived.Spans)];

    /// <summary>Starts one.</summary>
    /// <param name="grpc">Whether it speaks gRPC; otherwise HTTP.</param>
    /// <param name="hangs">Whether it never answers.</param>
    public static async Task<OtlpReceiver> StartAsync(bool grpc = false, bool hangs = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app) { Hangs = hangs };
        app.Run(grpc ? receiver.AnswerGrpcAsync : receiver.AnswerAsync);
        await app.StartAsync();
        receiver.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    /// <summary>The newest point of each series, of the last <paramref name="requests"/> requests.</summary>
    public Dictionary<string, OtlpPoint> Points(int requests = int.MaxValue)
    {
        var newest = new Dictionary<string, OtlpPoint>(StringComparer.Ordinal);
        foreach (var point in _metrics.TakeLast(requests).SelectMany(OtlpReceived.Points))
            newest[point.Series] = point;
        return newest;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.ContentType != "application/x-protobuf" || context.Request.Method != HttpMethods.Post)
            _faults.Enqueue($"{context.Request.Method} {context.Request.Path} as {context.Request.ContentType}");
        await TakeAsync(context, context.Request.Path.Value switch { "/v1/metrics" => _metrics, "/v1/traces" => _traces, _ => null }, framed: false);

        // An empty Export…ServiceResponse: all was taken.
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task AnswerGrpcAsync(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
            _faults.Enqueue($"{context.Request.Path} as {context.Request.ContentType}");
        await TakeAsync(
            context,
            context.Request.Path.Value switch
            {
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => _metrics,
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => _traces,
                _ => null,
            },
            framed: true);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private async Task TakeAsync(HttpContext context, ConcurrentQueue<byte[]>? into, bool framed)
    {
        Asked++;
        if (Hangs)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        if (framed && (bytes.Length < 5 || bytes[0] != 0 || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1)) != bytes.Length - 5))
            _faults.Enqueue($"no gRPC message: {bytes.Length} bytes");
        bytes = framed ? bytes[Math.Min(5, bytes.Length)..] : bytes;
        if (context.Request.Headers.ContentEncoding == "gzip")
        {
            using var unpacked = new MemoryStream();
            await using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
                await gzip.CopyToAsync(unpacked);
            bytes = unpacked.ToArray();
        }

        foreach (var header in context.Request.Headers)
            _headers.Enqueue(KeyValuePair.Create(header.Key, header.Value.ToString()));
        if (into is null)
            _faults.Enqueue($"nothing is at {context.Request.Path}");
        else
            into.Enqueue(bytes);
    }
}
