using System.Security.Cryptography;

namespace Tandem.Live.Ingest;

/// <summary>Fetches something of a source; <see cref="SourceHttp.FetchAsync"/> outside of tests.</summary>
internal delegate Task<FetchOutcome> Fetch(FetchRequest request, CancellationToken cancellation);

/// <summary>A segment as it can be demuxed, or why it cannot be had.</summary>
internal sealed record FetchedMedia(ReadOnlyMemory<byte> Init, ReadOnlyMemory<byte> Data, SourceFault? Fault)
{
    public static FetchedMedia Failed(SourceFault fault) => new(default, default, fault);
}

/// <summary>What a playlist shows between two of its beginnings.</summary>
/// <param name="Id">The playlist.</param>
/// <param name="Incarnation">How many times it had started its numbers anew.</param>
internal sealed record SourceStretch(PlaylistId Id, int Incarnation);

/// <summary>Fetches and decrypts segments with what they need; keeps the few keys and init segments in use.</summary>
/// <param name="fetch">Gets things.</param>
/// <param name="keeps">
/// Whether an address means the same bytes until its playlist breaks or starts anew; packagers that push write anew what they like.
/// </param>
internal sealed class MediaFetcher(Fetch fetch, bool keeps = true) : IDisposable
{
    // Several of each playlist that is carried.
    private const int MaxKept = 64;

    // Segments that are fetched side by side share keys and init segments: one fetches, the others wait.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly RecentCache<Uri, byte[]> _keys = new(MaxKept);
    private readonly RecentCache<InitName, KnownInit> _inits = new(MaxKept);

    /// <summary>Fetches a segment once, and only as long as <paramref name="patience"/> lasts.</summary>
    /// <param name="segment">As its playlist has it.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="stretch">Whose segment it is, where an encoder may start anew under the same names.</param>
    public async Task<FetchedMedia> FetchAsync(
        MediaSegment segment, TimeSpan? patience, CancellationToken cancellation, SourceStretch? stretch = null)
    {
        var (key, refused) = SegmentKey.Choose(segment.Keys);
        if (refused is not null)
            return FetchedMedia.Failed(refused);
        var init = await InitAsync(segment, stretch, cancellation);
        if (init.Fault is not null)
            return init;
        var data = await fetch(new FetchRequest(segment.Address, FetchKind.Segment, segment.Range, patience), cancellation);
        if (!data.Succeeded)
            return FetchedMedia.Failed(data.Fault);
        if (key is null)
            return init with { Data = data.Body };
        var (clear, fault) = await DecryptAsync(data.Body, key, segment, "segment", cancellation);
        return fault is null ? init with { Data = clear } : FetchedMedia.Failed(fault);
    }

    public void Dispose()
    {
        foreach (var secret in _keys.Values)
            CryptographicOperations.ZeroMemory(secret);
        _turn.Dispose();
    }

    private async Task<FetchedMedia> InitAsync(MediaSegment segment, SourceStretch? stretch, CancellationToken cancellation)
    {
        if (segment.Map is not { } map)
            return new FetchedMedia(default, default, null);
        var (key, refused) = SegmentKey.Choose(map.Keys);
        if (refused is not null)
            return FetchedMedia.Failed(refused);
        var name = new InitName(map.Address, map.Range, key?.Address, stretch?.Id);
        await _turn.WaitAsync(cancellation);
        try
        {
            if (keeps && _inits.TryGet(name, out var kept)
                && kept.DiscontinuitySequence == segment.DiscontinuitySequence && kept.Incarnation == stretch?.Incarnation)
            {
                return new FetchedMedia(kept.Bytes, default, null);
            }
        }
        finally
        {
            _turn.Release();
        }

        var outcome = await fetch(new FetchRequest(map.Address, FetchKind.Init, map.Range), cancellation);
        if (!outcome.Succeeded)
            return FetchedMedia.Failed(outcome.Fault);
        var bytes = outcome.Body;
        if (key is not null)
        {
            var (clear, fault) = await DecryptAsync(bytes, key, segment, "init", cancellation);
            if (fault is not null)
                return FetchedMedia.Failed(fault);
            bytes = clear;
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            // Signed addresses and discontinuities change, the bytes behind them seldom do: those who compare memory should see no change.
            foreach (var known in _inits.Values)
            {
                if (known.Bytes.Span.SequenceEqual(bytes.Span))
                    bytes = known.Bytes;
            }

            _inits.Set(name, new KnownInit(bytes, segment.DiscontinuitySequence, stretch?.Incarnation));
        }
        finally
        {
            _turn.Release();
        }

        return new FetchedMedia(bytes, default, null);
    }

    private async Task<(byte[] Clear, SourceFault? Fault)> DecryptAsync(
        ReadOnlyMemory<byte> data, MediaKey key, MediaSegment segment, string stage, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (secret, fault) = await SecretAsync(key.Address!, fresh: attempt > 0, cancellation);
            if (fault is not null)
                return ([], fault);
            if (SegmentKey.Decrypt(data.Span, secret, key, segment.Sequence) is { } clear)
                return (clear, null);
            // Some sources change the key behind an address that stays.
            if (attempt > 0)
                return ([], new SourceFault(stage, "bad_decryption", $"{ShownAddress.Of(segment.Address)}: does not open with its key", Retry: true));
        }
    }

    private async Task<(byte[] Secret, SourceFault? Fault)> SecretAsync(Uri address, bool fresh, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (keeps && !fresh && _keys.TryGet(address, out var kept))
                return (kept, null);
            var outcome = await fetch(new FetchRequest(address, FetchKind.Key), cancellation);
            if (!outcome.Succeeded)
                return ([], outcome.Fault);
            if (outcome.Body.Length != 16)
            {
                return ([], new SourceFault(
                    "key", "bad_key", $"{ShownAddress.Of(address)}: {outcome.Body.Length} bytes; an AES-128 key has 16", Retry: true));
            }

            var secret = outcome.Body.ToArray();
            _keys.Set(address, secret);
            return (secret, null);
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed record InitName(Uri Address, ByteRange? Range, Uri? Key, PlaylistId? Playlist);

    /// <summary>
    /// An encoder that starts anew with another format writes it under the name that the former had: what was there before a discontinuity, or
    /// before the numbers began again, is not what is there now.
    /// </summary>
    private sealed record KnownInit(ReadOnlyMemory<byte> Bytes, long DiscontinuitySequence, int? Incarnation);
}
