using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class CertificateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-tls-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_renewed_is_served_without_a_restart_and_what_is_broken_is_not()
    {
        Write("one", DateTime.UnixEpoch.AddDays(1));
        await using var server = await AccessServer.StartAsync(
            new ServerOptions { Access = new AccessOptions { CertificateFile = CertificatePath, CertificateKeyFile = KeyPath } }, _folder, _time);
        Assert.Equal("https", server.Address.Scheme);
        Assert.Equal("CN=one", await ServedAsync(server));

        Write("two", DateTime.UnixEpoch.AddDays(2));
        Assert.Equal("CN=one", await ServedAsync(server));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=two", await ServedAsync(server));

        File.WriteAllText(CertificatePath, "nothing of the kind");
        File.SetLastWriteTimeUtc(CertificatePath, DateTime.UnixEpoch.AddDays(3));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=two", await ServedAsync(server));
        Assert.Contains("the one before stays", server.Log, StringComparison.Ordinal);

        // First the certificate, then the key: what lies between is no outage.
        using var other = RSA.Create(2048);
        File.WriteAllText(CertificatePath, Self("three", other).ExportCertificatePem());
        File.SetLastWriteTimeUtc(CertificatePath, DateTime.UnixEpoch.AddDays(4));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=two", await ServedAsync(server));
        File.WriteAllText(KeyPath, other.ExportPkcs8PrivateKeyPem());
        File.SetLastWriteTimeUtc(KeyPath, DateTime.UnixEpoch.AddDays(4));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=three", await ServedAsync(server));
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_one_clear_line()
    {
        Assert.Contains("cannot be used", CertificateFile.Problem("/no/such.pem", null), StringComparison.Ordinal);
        File.WriteAllText(CertificatePath, "nothing");
        Assert.Contains(CertificatePath, CertificateFile.Problem(CertificatePath, null), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', CertificateFile.Problem(CertificatePath, null)!);
        Write("one", DateTime.UnixEpoch);
        Assert.Contains("cannot be used", CertificateFile.Problem(CertificatePath, null), StringComparison.Ordinal);
        Assert.Null(CertificateFile.Problem(CertificatePath, KeyPath));

        // Both in one file.
        File.AppendAllText(CertificatePath, "\n" + File.ReadAllText(KeyPath));
        Assert.Null(CertificateFile.Problem(CertificatePath, null));
        Assert.Throws<IOException>(() => new CertificateFile("/no/such.pem", null, _time, NullLogger.Instance));
    }

    private string CertificatePath => Path.Combine(_folder, "cert.pem");

    private string KeyPath => Path.Combine(_folder, "key.pem");

    private static X509Certificate2 Self(string name, RSA key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task<string> ServedAsync(AccessServer server)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, served, _, _) => served is not null);
        await stream.AuthenticateAsClientAsync("tandem.example");
        return stream.RemoteCertificate!.Subject;
    }

    private void Write(string name, DateTime at)
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(CertificatePath, Self(name, key).ExportCertificatePem());
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());
        File.SetLastWriteTimeUtc(CertificatePath, at);
        File.SetLastWriteTimeUtc(KeyPath, at);
    }
}
