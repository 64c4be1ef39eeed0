using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Tandem.Server.Access;

/// <summary>
/// A certificate in a file, with its chain and key, that is read again when one of the files has changed: who renews it need not restart the
/// server. A file that cannot be used leaves the certificate as it was.
/// </summary>
internal sealed partial class CertificateFile
{
    // Renewals come weeks before the old one ends; looking costs next to nothing, but not at each handshake.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly string _keyPath;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private (DateTime Certificate, DateTime Key) _written;
    private SslStreamCertificateContext _current;
    private long _looked;

    /// <summary>Reads it.</summary>
    /// <exception cref="IOException">It cannot be used; one line for people.</exception>
    public CertificateFile(string path, string? keyPath, TimeProvider time, ILogger log)
    {
        (_path, _keyPath, _time, _log) = (path, keyPath ?? path, time, log);
        _written = Written();
        try
        {
            _current = Read(path, _keyPath);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            throw new IOException($"tls_certificate {path}: {WordsOf(exception)}", exception);
        }

        _looked = time.GetTimestamp();
    }

    /// <summary>The certificate as it is now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_looked) >= BetweenLooks)
                    Look();
                return _current;
            }
        }
    }

    /// <summary>Why files cannot be used; null where they can.</summary>
    public static string? Problem(string path, string? keyPath)
    {
        try
        {
            Read(path, keyPath ?? path);
            return null;
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            return $"{path} cannot be used: {WordsOf(exception)}; give a PEM file with the certificate and its chain, and with tls_key its key";
        }
    }

    private static bool IsUnusable(Exception exception) => exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private static string WordsOf(Exception exception) => exception.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static SslStreamCertificateContext Read(string path, string keyPath)
    {
        var certificate = X509Certificate2.CreateFromPemFile(path, keyPath);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(path);
        if (chain.Count > 0)
            chain.RemoveAt(0);

        // Offline: what is missing in the file is not fetched from anywhere.
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    private (DateTime Certificate, DateTime Key) Written() => (File.GetLastWriteTimeUtc(_path), File.GetLastWriteTimeUtc(_keyPath));

    private void Look()
    {
        _looked = _time.GetTimestamp();
        try
        {
            var written = Written();
            if (written == _written)
                return;

            // Once for each change: a certificate that does not fit its key yet is tried again when the key comes.
            _written = written;
            _current = Read(_path, _keyPath);
            LogReloaded(_path);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            LogKept(_path, WordsOf(exception));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "tls_certificate {Path} has changed and is in use")]
    private partial void LogReloaded(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "tls_certificate {Path} has changed and cannot be used, the one before stays: {Problem}")]
    private partial void LogKept(string path, string problem);
}
