using System.Globalization;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Ops;

/// <summary>What <c>/metrics</c> said at one moment: asked after <paramref name="Asked"/>, had before <paramref name="Had"/>.</summary>
/// <param name="Asked">By this machine's clock, which is the server's.</param>
/// <param name="Had">Likewise.</param>
/// <param name="Samples">By series.</param>
public sealed record Scrape(DateTimeOffset Asked, DateTimeOffset Had, IReadOnlyDictionary<string, double> Samples);

/// <summary>Asks for <c>/metrics</c> several times a second and keeps the answers, so that what stood there at any moment can be told afterwards.</summary>
public sealed class Scrapes : IAsyncDisposable
{
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(0.15);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Scrape> _all = [];
    private readonly Task _running;

    /// <summary>Begins.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="keep">Which series are kept, by their beginning.</param>
    public Scrapes(TandemServer server, params string[] keep) => _running = RunAsync(new Uri(server.Root, "metrics"), keep);

    /// <summary>The values of these series at a moment; null where any of them changed too close to it to tell.</summary>
    public IReadOnlyDictionary<string, double>? At(DateTimeOffset moment, Func<string, bool> series)
    {
        lock (_lock)
        {
            var before = _all.FindLast(scrape => scrape.Had <= moment);
            var after = _all.Find(scrape => scrape.Asked >= moment);
            if (before is null || after is null || after.Had - before.Asked > TimeSpan.FromSeconds(2))
                return null;
            return before.Samples.Keys.Where(series).All(name => before.Samples[name].Equals(after.Samples.GetValueOrDefault(name))) ? after.Samples : null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(Uri address, string[] keep)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var asked = TimeProvider.System.GetUtcNow();
                var text = await _http.GetStringAsync(address, _stop.Token);
                var scrape = new Scrape(asked, TimeProvider.System.GetUtcNow(), text.Split('\n')
                    .Where(line => Array.Exists(keep, name => line.StartsWith(name, StringComparison.Ordinal)))
                    .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal));
                lock (_lock)
                {
                    _all.Add(scrape);
                    if (_all.Count > 4000)
                        _all.RemoveAt(0);
                }

                await Task.Delay(_pace, TimeProvider.System, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }
    }
}
