using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Tandem.Server.Access;

/// <summary>
/// The keys that viewers' tokens may be signed with: secrets of the settings, and public keys from a JSON Web Key Set (RFC 7517). The set is
/// fetched when it is first needed, again every five minutes, and at once, but not more often than every 30 s, for a key that it does not name.
/// While it cannot be had, the last one stays.
/// </summary>
internal sealed partial class SigningKeys : IDisposable
{
    private const int LargestSet = 256 * 1024;
    private const int MostKeys = 64;
    private const int LeastRsaBits = 2048;

    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(5);

    private readonly ImmutableArray<SecurityKey> _secrets;
    private readonly Uri? _address;
    private readonly HttpClient? _http;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private ImmutableArray<JsonWebKey> _public = [];
    private bool _had;
    private long? _tried;
    private Task _fetching = Task.CompletedTask;

    /// <param name="options">Secrets, and where the set is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told when the set cannot be had.</param>
    /// <param name="handler">Asks for the set; null for the network.</param>
    public SigningKeys(AccessOptions options, TimeProvider time, ILogger log, HttpMessageHandler? handler = null)
    {
        _secrets = [.. options.Secrets.Select(secret => new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)))];
        (_address, _time, _log) = (options.KeysUrl, time, log);
        if (_address is not null)
        {
            // An answer from elsewhere would be somebody else's keys.
            _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = FetchLimit })
            {
                Timeout = FetchLimit,
                MaxResponseContentBufferSize = LargestSet,
            };
        }
    }

    /// <summary>Whether tokens that are signed so can be checked at all.</summary>
    public bool Takes(string algorithm) => algorithm switch
    {
        SecurityAlgorithms.HmacSha256 => !_secrets.IsEmpty,
        SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256 => _address is not null,
        _ => false,
    };

    /// <summary>The keys that a signature may be by; empty where there are none; null where the set could not be had so far.</summary>
    /// <param name="algorithm">One that is taken.</param>
    /// <param name="id">The key's id (<c>kid</c>), if the token names one.</param>
    public async ValueTask<ImmutableArray<SecurityKey>?> ForAsync(string algorithm, string? id)
    {
        if (algorithm == SecurityAlgorithms.HmacSha256)
            return _secrets;
        var found = Find(algorithm, id);
        var fetching = FetchIfDueAsync(needed: found.IsEmpty);
        if (found.IsEmpty)
        {
            await fetching;
            found = Find(algorithm, id);
        }

        return found.IsEmpty && !Volatile.Read(ref _had) ? null : found;
    }

    /// <inheritdoc/>
    public void Dispose() => _http?.Dispose();

    /// <summary>The keys of a set that can check signatures of ours.</summary>
    internal static ImmutableArray<JsonWebKey> Usable(string set) =>
    [
        .. new JsonWebKeySet(set).Keys
            .Where(key => key.Use is null or "" or "sig" && key switch
            {
                { Kty: JsonWebAlgorithmsKeyTypes.RSA } => key.Alg is null or "" or SecurityAlgorithms.RsaSha256 && key.KeySize >= LeastRsaBits,
                { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve } => key.Alg is null or "" or SecurityAlgorithms.EcdsaSha256 && key.Crv == JsonWebKeyECTypes.P256,

                // A secret in a public place is none.
                _ => false,
            })
            .Take(MostKeys),
    ];

    private ImmutableArray<SecurityKey> Find(string algorithm, string? id)
    {
        var type = algorithm == SecurityAlgorithms.RsaSha256 ? JsonWebAlgorithmsKeyTypes.RSA : JsonWebAlgorithmsKeyTypes.EllipticCurve;
        ImmutableArray<JsonWebKey> all;
        lock (_lock)
            all = _public;
        return [.. all.Where(key => key.Kty == type && (string.IsNullOrEmpty(id) || key.Kid == id))];
    }

    /// <summary>The fetch under way, begun here where it is time for one; done where there is none.</summary>
    private Task FetchIfDueAsync(bool needed)
    {
        lock (_lock)
        {
            if (!_fetching.IsCompleted)
                return _fetching;
            var age = _tried is { } tried ? _time.GetElapsedTime(tried) : TimeSpan.MaxValue;
            if (age < (needed ? BetweenFetches : Fresh))
                return Task.CompletedTask;
            _tried = _time.GetTimestamp();
            return _fetching = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            // Never under the lock.
            await Task.Yield();
            using var answer = await _http!.GetAsync(_address);
            if (!answer.IsSuccessStatusCode)
                throw new HttpRequestException($"it answered {(int)answer.StatusCode}");
            var keys = Usable(await answer.Content.ReadAsStringAsync());
            lock (_lock)
                _public = keys;
            Volatile.Write(ref _had, true);
            if (keys.IsEmpty)
                LogNoKeys(_address!.GetLeftPart(UriPartial.Path));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ArgumentException or FormatException
            or System.Text.Json.JsonException or InvalidOperationException)
        {
            LogNotHad(_address!.GetLeftPart(UriPartial.Path), exception.Message.ReplaceLineEndings(" "));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "access.jwks_url {Address} cannot be had, the keys known so far stay: {Problem}")]
    private partial void LogNotHad(string address, string problem);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "access.jwks_url {Address} names no RSA key of 2048 bits or more and no P-256 key for signatures: every token is refused")]
    private partial void LogNoKeys(string address);
}
