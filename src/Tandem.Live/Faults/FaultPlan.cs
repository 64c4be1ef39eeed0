using System.Text;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Media.Worker;

namespace Tandem.Live.Faults;

/// <summary>
/// Decides, for one channel, what is struck. Stages ask at their edge; where faults are off there is no plan and nothing is asked. Each edge
/// has random numbers of its own, so that what happens at one does not change what is struck at another. Safe on any thread.
/// </summary>
public sealed class FaultPlan
{
    private const int NoSpace = 28;
    private const int ReadOnly = 30;

    // As long as a request that hangs is waited for.
    private static readonly TimeSpan _longestFetch = TimeSpan.FromSeconds(20);

    private readonly FaultOptions _options;
    private readonly string _channel;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Random> _dice = new(StringComparer.Ordinal);

    private FaultPlan(FaultOptions options, string channel, TimeProvider time) =>
        (_options, _channel, _time, _began) = (options, channel, time, time.GetTimestamp());

    /// <summary>A channel's plan, which counts time from now; null where there are no faults.</summary>
    public static FaultPlan? Of(FaultOptions options, string channel, TimeProvider time) =>
        options.Any && (options.Channels.IsEmpty || options.Channels.Contains(channel)) ? new FaultPlan(options, channel, time) : null;

    /// <summary>Whether the decoding of the next segment fails.</summary>
    public bool DecodeFails() => Strikes("decode_fail", _options.DecodeFail);

    /// <summary>How much longer the decoding of the next segment takes.</summary>
    public TimeSpan DecodeTakesLonger() => Strikes("decode_slow", _options.DecodeSlow) ? _options.DecodeSlowBy : TimeSpan.Zero;

    /// <summary>What befalls the media worker at the next segment; null for nothing.</summary>
    public WorkerStrike? Worker() =>
        Strikes("worker_crash", _options.WorkerCrash) ? WorkerStrike.Kill
        : Strikes("worker_hang", _options.WorkerHang) ? WorkerStrike.Stop
        : Strikes("worker_memory", _options.WorkerMemory) ? WorkerStrike.Exhaust : null;

    /// <summary>Stands before a stage's work on an utterance: throws, waits for ever, waits, or does nothing.</summary>
    /// <param name="stage"><c>recognise</c>, <c>translate</c> or <c>speak</c>.</param>
    /// <param name="kill">Ends the stage's process.</param>
    /// <param name="cancellation">The stage's deadline.</param>
    /// <exception cref="IOException">The stage crashed.</exception>
    public async Task StageAsync(string stage, Action kill, CancellationToken cancellation)
    {
        var faults = stage switch { "recognise" => _options.Recognise, "translate" => _options.Translate, _ => _options.Speak };
        if (Strikes(stage + "_crash", faults.Crash))
        {
            kill();
            throw new IOException($"the process of {stage} was killed: a fault on demand");
        }

        if (Strikes(stage + "_hang", faults.Hang))
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation);
        if (Strikes(stage + "_slow", faults.Slow))
            await Task.Delay(_options.EngineSlowBy, _time, cancellation);
    }

    /// <summary>What a recogniser has heard, or nonsense in its place.</summary>
    public Recognised Garbled(Recognised said) => Strikes("recognise_garbage", _options.Recognise.Garbage) ? Nonsense.Said : said;

    /// <summary>What a translator has answered, or nonsense in its place.</summary>
    public string Garbled(string translation) => Strikes("translate_garbage", _options.Translate.Garbage) ? Nonsense.Text : translation;

    /// <summary>What a voice has spoken, or nonsense in its place.</summary>
    public float[] Garbled(float[] sound) => Strikes("speak_garbage", _options.Speak.Garbage) ? Nonsense.Sound() : sound;

    /// <summary>Stands before a write to the state folder.</summary>
    /// <exception cref="IOException">As the kernel's refusal arrives: ENOSPC or EROFS.</exception>
    public void BeforeStateWrite(string path)
    {
        if (Strikes("state_full", _options.StateFull))
            throw new IOException($"No space left on device : '{path}'", NoSpace);
        if (Strikes("state_read_only", _options.StateReadOnly))
            throw new IOException($"Read-only file system : '{path}'", ReadOnly);
    }

    /// <summary>Requests to the source that may fail or be slow; who is impatient gives a slow one up, as always.</summary>
    internal Fetch Around(Fetch fetch) => async (request, cancellation) =>
    {
        if (Strikes("fetch_fail", _options.FetchFail))
            return FetchOutcome.Failed(request, request.Address, "server_error", "the server answers 503: a fault on demand");
        if (!Strikes("fetch_slow", _options.FetchSlow))
            return await fetch(request, cancellation);
        var patience = request.Patience is { } own && own < _longestFetch ? own : _longestFetch;
        if (_options.FetchSlowBy >= patience)
        {
            await Task.Delay(patience, _time, cancellation);
            return FetchOutcome.Failed(request, request.Address, "timeout", $"no complete answer within {patience.TotalSeconds:0.#} s: a fault on demand");
        }

        await Task.Delay(_options.FetchSlowBy, _time, cancellation);
        return await fetch(request.Patience is null ? request : request with { Patience = patience - _options.FetchSlowBy }, cancellation);
    };

    private bool Strikes(string edge, double share)
    {
        if (share <= 0 || !IsTime())
            return false;
        lock (_lock)
        {
            if (!_dice.TryGetValue(edge, out var dice))
                _dice[edge] = dice = new Random(_options.Seed ^ Hash($"{_channel}/{edge}"));
            return dice.NextDouble() < share;
        }
    }

    private bool IsTime()
    {
        var at = _time.GetElapsedTime(_began);
        return at >= _options.After && (_options.Lasting == TimeSpan.Zero || at < _options.After + _options.Lasting);
    }

    // FNV-1a: the runtime's own hash of a text is another in each process.
    private static int Hash(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ octet) * 16_777_619;
        return (int)hash;
    }
}
