using System.Text.Json;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Faults;

/// <summary>What <c>/v1/channels/{id}</c> said at one moment.</summary>
/// <param name="At">When.</param>
/// <param name="State">The channel's.</param>
/// <param name="Reason">One line for people; empty for none.</param>
/// <param name="Number">Of the newest published segment; null before the first one.</param>
/// <param name="Voice">State of the first language.</param>
/// <param name="VoiceReason">Its reason; empty for none.</param>
/// <param name="EngineHealthy">Whether the engine works.</param>
public sealed record DiaryEntry(
    DateTimeOffset At, string State, string Reason, long? Number, string Voice, string VoiceReason, bool EngineHealthy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{At:HH:mm:ss.f} {State} \"{Reason}\" #{Number} {Voice} \"{VoiceReason}\"{(EngineHealthy ? "" : " engine out of use")}";
}

/// <summary>Reads the states of channels again and again, as an operator's page does. While the server is away there are no entries.</summary>
public sealed class StateDiary : IAsyncDisposable
{
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(0.25);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, List<DiaryEntry>> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Task _run;

    private StateDiary(TandemServer server, IReadOnlyList<string> channels)
    {
        foreach (var channel in channels)
            _entries[channel] = [];
        _run = KeepAsync(server, channels);
    }

    /// <summary>Begins to read.</summary>
    public static StateDiary Start(TandemServer server, params IReadOnlyList<string> channels) => new(server, channels);

    /// <summary>The entries of a channel so far, oldest first.</summary>
    public IReadOnlyList<DiaryEntry> Of(string channel)
    {
        lock (_lock)
            return [.. _entries[channel]];
    }

    /// <summary>The entries between two times.</summary>
    public IReadOnlyList<DiaryEntry> Between(string channel, DateTimeOffset from, DateTimeOffset to) =>
        [.. Of(channel).Where(entry => entry.At >= from && entry.At <= to)];

    /// <summary>The entries at which something changed but numbers and times, one a line.</summary>
    public string Told(string channel)
    {
        var lines = new List<string>();
        DiaryEntry? before = null;
        foreach (var entry in Of(channel))
        {
            if (before is null || before with { At = entry.At, Number = entry.Number, Reason = "", VoiceReason = "" } != entry with { Reason = "", VoiceReason = "" })
                lines.Add(entry.ToString());
            before = entry;
        }

        return $"{channel}:\n{string.Join('\n', lines.TakeLast(40))}\nlast: {before}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task KeepAsync(TandemServer server, IReadOnlyList<string> channels)
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var channel in channels)
            {
                if (await ReadAsync(server, channel) is not { } entry)
                    continue;
                lock (_lock)
                    _entries[channel].Add(entry);
            }

            await Task.Delay(_pace, TimeProvider.System, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static async Task<DiaryEntry?> ReadAsync(TandemServer server, string channel)
    {
        try
        {
            var shown = await server.ChannelAsync(channel);
            var voice = shown.GetProperty("languages")[0];
            return new DiaryEntry(
                TimeProvider.System.GetUtcNow(),
                shown.GetProperty("state").GetString()!,
                Text(shown, "reason"),
                shown.TryGetProperty("lastPublished", out var last) && last.ValueKind == JsonValueKind.Object ? last.GetProperty("number").GetInt64() : null,
                voice.GetProperty("state").GetString()!,
                Text(voice, "reason"),
                shown.GetProperty("engine").GetProperty("healthy").GetBoolean());
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
