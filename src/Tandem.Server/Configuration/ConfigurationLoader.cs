using System.Collections.Immutable;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;

namespace Tandem.Server.Configuration;

/// <summary>Where settings come from; later ones go before earlier ones.</summary>
public sealed record ConfigurationSources
{
    /// <summary>Looked for in the working directory where no other file is named.</summary>
    public const string DefaultFile = "tandem.yaml";

    /// <summary>The file that was named; null for <see cref="DefaultFile"/>, if there is one.</summary>
    public string? File { get; init; }

    /// <summary>The file's text, where it is at hand instead of a file.</summary>
    internal string? Text { get; init; }

    /// <summary>Whether <see cref="DefaultFile"/> is looked for where none is named.</summary>
    public bool LookForFile { get; init; } = true;

    /// <summary>Environment variables; those that begin with <c>TANDEM__</c>, and <c>PORT</c>, are looked at.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Channels as <c>--channel</c> gives them; added to those of the file.</summary>
    public IReadOnlyCollection<string> Channels { get; init; } = [];

    /// <summary>What <c>--port</c> says.</summary>
    public string? Port { get; init; }

    /// <summary>Whether settings without a channel are a mistake.</summary>
    public bool NeedsChannels { get; init; } = true;
}

/// <summary>Reads the configuration and finds every mistake in it at once.</summary>
public static class ConfigurationLoader
{
    private const string ChannelsKey = "channels";

    /// <summary>Reads <paramref name="sources"/>.</summary>
    /// <param name="sources">Where the settings come from.</param>
    /// <param name="resolve">Finds an engine by name, source and target languages: <see cref="EngineCatalogue.Resolve"/>.</param>
    public static Configured Load(ConfigurationSources sources, Func<string, string, IReadOnlyList<string>, EngineChoice> resolve)
    {
        var mistakes = new List<Mistake>();
        var file = sources.File ?? (sources.LookForFile && File.Exists(ConfigurationSources.DefaultFile) ? ConfigurationSources.DefaultFile : null);
        var settings = sources.Text is { } text ? YamlSource.Parse(text, ConfigurationSources.DefaultFile, mistakes)
            : file is null ? new ConfigMap("tandem.yaml") : YamlSource.Read(file, mistakes);

        // A file that cannot be read leaves nothing to say about what it lacks.
        var readable = mistakes.Count == 0;
        if (sources.Environment.FirstOrDefault(variable => variable.Key == "PORT") is { Value.Length: > 0 } port)
            settings.Entries[Settings.Port.Name] = new ConfigText(port.Value, "PORT");
        TelemetrySettings.ApplyStandard(settings, sources.Environment, mistakes);
        EnvironmentSource.Apply(settings, sources.Environment, mistakes);
        if (sources.Port is not null)
            settings.Entries[Settings.Port.Name] = new ConfigText(sources.Port, "--port");

        var reader = new SettingReader(settings, mistakes, "");
        var publicUrl = reader.Read(Settings.PublicUrl);
        var page = reader.Read(Settings.PageUrl) ?? publicUrl;
        var options = new ServerOptions
        {
            Listen = reader.Read(Settings.Listen),
            Port = reader.Read(Settings.Port),
            PublicUrl = publicUrl,
            StateDirectory = reader.Read(Settings.StateDirectory),
            Drain = reader.Read(Settings.Drain),
            LogLevel = reader.Read(Settings.LogLevel),
            LogFormat = reader.Read(Settings.LogFormat),
            OperatorKeys = reader.Read(Settings.OperatorKeys),
            MonthlyBudget = reader.Read(Settings.MonthlyBudget),
            Page = page,
            Access = AccessSettings.Read(settings, reader, mistakes),
            Limits = LimitSettings.ReadLimits(settings, mistakes),
            Admission = LimitSettings.ReadAdmission(settings, mistakes),
            Telemetry = TelemetrySettings.Read(settings, sources.Environment, mistakes),
            Faults = FaultSettings.Read(settings, mistakes),
            Channels = [.. ReadChannels(settings, sources.Channels, mistakes, resolve)
                .Select(channel => channel with { Options = channel.Options with { Page = page } })],
        };
        reader.RefuseOthers(Settings.OfServer.Select(setting => setting.Name)
            .Concat([ChannelsKey, FaultSettings.Key, AccessSettings.Key, LimitSettings.LimitsKey, LimitSettings.AdmissionKey, TelemetrySettings.Key]));
        if (FaultSettings.Refusal(options) is { } refusal)
            mistakes.Add(new Mistake(settings.Entries[FaultSettings.Key].Place, refusal));
        if (FaultSettings.Unknown(options) is { } unknown)
            mistakes.Add(new Mistake(settings.Entries[FaultSettings.Key].Place, unknown));
        if (readable && sources.NeedsChannels && options.Channels.IsEmpty && !settings.Entries.ContainsKey(ChannelsKey) && sources.Channels.Count == 0)
            mistakes.Add(new Mistake(file ?? "serve", "there is no channel; add channels to tandem.yaml, or give --channel id=news,input=URL,from=en,to=es"));
        return mistakes.Count == 0 ? new Configured(options, []) : new Configured(null, [.. mistakes.Distinct()]);
    }

    private static ImmutableArray<ConfiguredChannel> ReadChannels(
        ConfigMap settings,
        IEnumerable<string> arguments,
        List<Mistake> mistakes,
        Func<string, string, IReadOnlyList<string>, EngineChoice> resolve)
    {
        var maps = new List<ConfigMap>();
        switch (settings.Entries.GetValueOrDefault(ChannelsKey))
        {
            case null or ConfigText { Text: null }:
                break;
            case ConfigList list:
                foreach (var item in list.Items)
                {
                    if (item is ConfigMap map)
                        maps.Add(map);
                    else
                        mistakes.Add(new Mistake(item.Place, "channels: this entry is no channel; write \"- id: news\" and its other settings below"));
                }

                break;
            case var other:
                mistakes.Add(new Mistake(other.Place, "channels: is no list; write each channel as \"- id: news\" and its other settings below"));
                break;
        }

        maps.AddRange(arguments.Select(argument => ChannelArgument.Parse(argument, mistakes)));
        var channels = maps.Select(map => (map.Place, Channel: ReadChannel(map, mistakes, resolve))).ToList();
        foreach (var same in channels.GroupBy(channel => channel.Channel.Options.Id, StringComparer.OrdinalIgnoreCase).Where(group => group.Key.Length > 0))
        {
            foreach (var (place, channel) in same.Skip(1))
                mistakes.Add(new Mistake(place, $"channel {channel.Options.Id}: another one has this id ({same.First().Place}); give each its own"));
        }

        return [.. channels.Select(channel => channel.Channel)];
    }

    /// <summary>Reads one channel's settings, wherever they come from.</summary>
    internal static ConfiguredChannel ReadChannel(
        ConfigMap map, List<Mistake> mistakes, Func<string, string, IReadOnlyList<string>, EngineChoice> resolve, Uri? page)
    {
        var channel = ReadChannel(map, mistakes, resolve);
        return channel with { Options = channel.Options with { Page = page } };
    }

    private static ConfiguredChannel ReadChannel(
        ConfigMap map,
        List<Mistake> mistakes,
        Func<string, string, IReadOnlyList<string>, EngineChoice> resolve)
    {
        var id = (map.Entries.GetValueOrDefault(Settings.Id.Name) as ConfigText)?.Text;
        var named = map.Place == ChannelArgument.PlaceOf(id);
        var reader = new SettingReader(map, mistakes, named ? "" : id is null ? "channel: " : $"channel {id}: ");
        var options = new ChannelOptions
        {
            Id = reader.Read(Settings.Id),
            Input = reader.Read(Settings.Input),
            From = reader.Read(Settings.From),
            To = reader.Read(Settings.To),
            Delay = reader.Read(Settings.Delay),
            Engine = reader.Read(Settings.Engine),
            Video = reader.Read(Settings.Video),
            Browsers = reader.Read(Settings.Browsers),
            CarryMemory = reader.Read(Settings.CarryMemory),
            SocketBitRate = reader.Read(Settings.SocketBitRate),
            Loop = reader.Read(Settings.Loop),
            PushMemory = reader.Read(Settings.PushMemory),
            AllowPrivate = reader.Read(Settings.AllowPrivate),
            Headers = reader.ReadHeaders(Settings.Headers),
            BackgroundLevel = reader.Read(Settings.BackgroundLevel),
            MaxOnsetLag = reader.Read(Settings.MaxOnsetLag),
            VoiceBitRate = reader.Read(Settings.VoiceBitRate),
            DefaultVoice = reader.Read(Settings.DefaultVoice),
            DubExisting = reader.Read(Settings.DubExisting),
            Ads = reader.Read(Settings.Ads),
            ShortestDelay = reader.Read(Settings.ShortestDelay),
        };
        reader.RefuseOthers(Settings.OfChannel.Select(setting => setting.Name));

        if (options.From.Length > 0 && options.To.Contains(options.From))
            reader.Wrong(Settings.To, reader.PlaceOf(Settings.To), $"{options.From} is the source language; leave it out, the original is always there");
        if (options.DefaultVoice is { } voice && voice != "original" && reader.Fine(Settings.To) && !options.To.Contains(voice))
            reader.Wrong(Settings.DefaultVoice, reader.PlaceOf(Settings.DefaultVoice), $"{voice} is not dubbed; use one of {string.Join(", ", options.To)}, or original");
        if (options.Video == VideoMode.Reference && !SourceAddress.HasAddresses(options.Input))
            reader.Wrong(Settings.Video, reader.PlaceOf(Settings.Video), "reference needs a source that viewers can fetch over HTTP; this input is always carried, leave video out");
        if (!reader.Fine(Settings.From, Settings.To))
            return new ConfiguredChannel(options, EngineChoice.Refused("its languages are wrong"));

        var engine = resolve(options.Engine, options.From, options.To);
        if (engine.Error is not null)
            reader.Wrong(Settings.Engine, reader.PlaceOf(Settings.Engine), engine.Error);
        return new ConfiguredChannel(options, engine);
    }
}
