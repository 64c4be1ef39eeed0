using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Tandem.Live;
using Tandem.Server.Configuration;

namespace Tandem.Server.Access;

/// <summary>Marks connections of the operators' own listener.</summary>
internal sealed class AdminListener
{
    public static AdminListener Instance { get; } = new();
}

/// <summary>Sets up what is listened on: the server's address, with TLS where there is a certificate, and the operators' own.</summary>
internal static class Listening
{
    /// <summary>Listens on both.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="options">The settings.</param>
    /// <param name="certificate">The certificate; null for plain HTTP.</param>
    /// <param name="limits">How many connections an address may have.</param>
    /// <param name="proxies">Whose connections are many viewers'.</param>
    /// <param name="meter">Counts refusals.</param>
    public static void Configure(
        KestrelServerOptions kestrel, ServerOptions options, CertificateFile? certificate, RequestLimits limits, ClientAddress proxies, TandemMeter meter)
    {
        kestrel.Listen(options.Listen, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => LimitAsync(connection, next, limits, proxies, meter));
            if (certificate is not null)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
                });
            }
        });
        if (options.Access.AdminPort is { } port)
        {
            kestrel.Listen(options.Access.AdminListen, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(AdminListener.Instance);
                    return next(connection);
                });
            });
        }
    }

    private static async Task LimitAsync(ConnectionContext connection, ConnectionDelegate next, RequestLimits limits, ClientAddress proxies, TandemMeter meter)
    {
        var address = (connection.RemoteEndPoint as System.Net.IPEndPoint)?.Address;
        if (proxies.IsTrusted(address))
        {
            await next(connection);
            return;
        }

        using var open = limits.Connect(address);
        if (open is null)
        {
            // There is nothing to answer yet: no request was read, and with TLS none can be.
            meter.AccessRefused(Refusals.Connections);
            connection.Abort(new ConnectionAbortedException("too many connections from this address"));
            return;
        }

        await next(connection);
    }
}
