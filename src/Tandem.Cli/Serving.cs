using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Live.Dubbing;
using Tandem.Live.Film;
using Tandem.Server;
using Tandem.Server.Configuration;

namespace Tandem.Cli;

/// <summary>What <c>--json</c> says once the server listens.</summary>
/// <param name="Address">The server.</param>
/// <param name="Channels">Its channels.</param>
internal sealed record ListeningReport(Uri Address, IReadOnlyList<ListeningChannel> Channels);

/// <summary>One channel of a <see cref="ListeningReport"/>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Master">Its master playlist.</param>
internal sealed record ListeningChannel(string Id, Uri Master);

/// <summary>Runs a server for a command: reads the settings, tells all mistakes, says where it listens.</summary>
internal static class Serving
{
    private static readonly TimeSpan AfterDrain = TimeSpan.FromSeconds(3);

    /// <summary>The process's environment variables.</summary>
    public static List<KeyValuePair<string, string>> Environment() =>
        [.. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? ""))];

    /// <summary>Serves until the process is told to stop; returns the exit code.</summary>
    public static async Task<int> RunAsync(ConfigurationSources sources, bool json)
    {
        using var signals = new StopSignals();
        return await RunAsync(sources, json, signals);
    }

    /// <summary>Serves until <paramref name="signals"/> say stop; returns the exit code.</summary>
    public static async Task<int> RunAsync(ConfigurationSources sources, bool json, StopSignals signals)
    {
        var (options, mistakes) = ConfigurationLoader.Load(sources, EngineCatalogue.Resolve);
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync($"tandem: {mistake}");

        // Viewers first, then what is left of the channels.
        if (options is not null && options.Drain + AfterDrain > signals.Longest)
            signals.Longest = options.Drain + AfterDrain;
        return options is null ? ServerRun.WrongCall : await ServerRun.UntilAsync(options, address => Tell(options, address, json), signals.Token);
    }

    private static void Tell(ServerOptions options, Uri address, bool json)
    {
        Console.Error.WriteLine($"tandem {ProgramVersion.Text} listens on {address}");
        if (!json)
            return;
        var channels = options.Channels.Select(channel => channel.Options.Id).Select(id => new ListeningChannel(id, new Uri(address, $"live/{id}/master.m3u8")));
        Console.WriteLine(JsonSerializer.Serialize(new ListeningReport(address, [.. channels]), CliJson.Default.ListeningReport));
    }
}

/// <summary>Writes what commands print as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListeningReport))]
[JsonSerializable(typeof(FilmSummary))]
internal sealed partial class CliJson : JsonSerializerContext;
