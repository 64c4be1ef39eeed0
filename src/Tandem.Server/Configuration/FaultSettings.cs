using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Tandem.Live.Faults;

namespace Tandem.Server.Configuration;

/// <summary>The settings below <c>faults</c>, and who may have them.</summary>
internal static class FaultSettings
{
    public const string Key = "faults";
    private const string Shares = "0 to 1";

    private static readonly TimeSpan _longest = TimeSpan.FromHours(24);
    private static readonly TimeSpan _slowest = TimeSpan.FromMinutes(5);
    private static readonly FaultOptions _defaults = FaultOptions.None;

    private static readonly Setting<int> _seed = new("seed", "number", "1", "-2147483648 to 2147483647", _defaults.Seed, Number);
    private static readonly Setting<ImmutableArray<string>> _channels =
        new("channels", "ids", Setting.None, "ids of channels that there are, joined by +", [], Ids);

    private static readonly Setting<TimeSpan> _after = Time("after", "0s", _defaults.After, _longest);
    private static readonly Setting<TimeSpan> _lasting = Time("lasting", "0s", _defaults.Lasting, _longest);
    private static readonly Setting<double> _decodeFail = Share("decode_fail");
    private static readonly Setting<double> _decodeSlow = Share("decode_slow");
    private static readonly Setting<TimeSpan> _decodeSlowBy = Time("decode_slow_by", "2s", _defaults.DecodeSlowBy, _slowest);
    private static readonly Setting<double> _workerCrash = Share("worker_crash");
    private static readonly Setting<double> _workerHang = Share("worker_hang");
    private static readonly Setting<double> _workerMemory = Share("worker_memory");
    private static readonly ImmutableArray<Setting<double>> _recognise = Stage("recognise");
    private static readonly ImmutableArray<Setting<double>> _translate = Stage("translate");
    private static readonly ImmutableArray<Setting<double>> _speak = Stage("speak");
    private static readonly Setting<TimeSpan> _engineSlowBy = Time("engine_slow_by", "5s", _defaults.EngineSlowBy, _slowest);
    private static readonly Setting<double> _fetchFail = Share("fetch_fail");
    private static readonly Setting<double> _fetchSlow = Share("fetch_slow");
    private static readonly Setting<TimeSpan> _fetchSlowBy = Time("fetch_slow_by", "3s", _defaults.FetchSlowBy, _slowest);
    private static readonly Setting<double> _stateFull = Share("state_full");
    private static readonly Setting<double> _stateReadOnly = Share("state_read_only");

    /// <summary>All of them.</summary>
    public static ImmutableArray<Setting> All =>
    [
        _seed, _channels, _after, _lasting, _decodeFail, _decodeSlow, _decodeSlowBy, _workerCrash, _workerHang, _workerMemory, .. _recognise, .. _translate, .. _speak, _engineSlowBy,
        _fetchFail, _fetchSlow, _fetchSlowBy, _stateFull, _stateReadOnly,
    ];

    /// <summary>Reads what stands below <c>faults</c>.</summary>
    public static FaultOptions Read(ConfigMap settings, List<Mistake> mistakes)
    {
        switch (settings.Entries.GetValueOrDefault(Key))
        {
            case null or ConfigText { Text: null }:
                return FaultOptions.None;
            case ConfigMap map:
                return Read(new SettingReader(map, mistakes, "faults: "));
            case var other:
                mistakes.Add(new Mistake(other.Place, "faults: is no list of settings; write them below it, such as \"worker_crash: 0.1\""));
                return FaultOptions.None;
        }
    }

    /// <summary>
    /// Whether this server may have faults on demand, the one place that says so: where operators have keys, who run it knowingly, or nobody
    /// but this machine's own users can be hurt.
    /// </summary>
    /// <returns>Why not; null where it may.</returns>
    public static string? Refusal(ServerOptions server) =>
        !server.Faults.Any || !server.OperatorKeys.IsEmpty || (IPAddress.IsLoopback(server.Listen) && (server.Access.AdminPort is null || IPAddress.IsLoopback(server.Access.AdminListen)))
        ? null
        : $"faults: they are for tests and rehearsals and refused where others can reach the server; give operators keys (operator_keys), let it listen on 127.0.0.1 (not {server.Listen}), or take them out";

    /// <summary>What is wrong with the channels that shall be struck; null where all are there.</summary>
    public static string? Unknown(ServerOptions server) =>
        server.Faults.Channels.Except(server.Channels.Select(channel => channel.Options.Id)).ToList() is [var unknown, ..]
            ? $"faults: channels: there is no channel {unknown}; name one of {string.Join(", ", server.Channels.Select(channel => channel.Options.Id))}"
            : null;

    private static FaultOptions Read(SettingReader reader)
    {
        var options = new FaultOptions
        {
            Seed = reader.Read(_seed),
            Channels = reader.Read(_channels),
            After = reader.Read(_after),
            Lasting = reader.Read(_lasting),
            DecodeFail = reader.Read(_decodeFail),
            DecodeSlow = reader.Read(_decodeSlow),
            DecodeSlowBy = reader.Read(_decodeSlowBy),
            WorkerCrash = reader.Read(_workerCrash),
            WorkerHang = reader.Read(_workerHang),
            WorkerMemory = reader.Read(_workerMemory),
            Recognise = ReadStage(reader, _recognise),
            Translate = ReadStage(reader, _translate),
            Speak = ReadStage(reader, _speak),
            EngineSlowBy = reader.Read(_engineSlowBy),
            FetchFail = reader.Read(_fetchFail),
            FetchSlow = reader.Read(_fetchSlow),
            FetchSlowBy = reader.Read(_fetchSlowBy),
            StateFull = reader.Read(_stateFull),
            StateReadOnly = reader.Read(_stateReadOnly),
        };
        reader.RefuseOthers(All.Select(setting => setting.Name));
        return options;
    }

    private static StageFaults ReadStage(SettingReader reader, ImmutableArray<Setting<double>> settings) =>
        new()
        {
            Crash = reader.Read(settings[0]),
            Hang = reader.Read(settings[1]),
            Slow = reader.Read(settings[2]),
            Garbage = reader.Read(settings[3]),
        };

    private static ImmutableArray<Setting<double>> Stage(string stage) =>
        [Share(stage + "_crash"), Share(stage + "_hang"), Share(stage + "_slow"), Share(stage + "_garbage")];

    private static Setting<double> Share(string name) => new(name, "share", "0", Shares, 0, text =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share
            : new Wrong($"\"{text}\" is no share; use {Shares}, such as 0.1 for one in ten"));

    private static Setting<TimeSpan> Time(string name, string defaultText, TimeSpan value, TimeSpan most) =>
        new(name, "duration", defaultText, most.TotalHours >= 1 ? $"0s to {most.TotalHours}h" : $"0s to {most.TotalMinutes}m", value, text =>
            Values.Duration(text, TimeSpan.Zero, most));

    private static Parsed<ImmutableArray<string>> Ids(string text)
    {
        var ids = text.Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Values.Id).ToList();
        return ids.Find(id => id.Problem is not null).Problem is { } problem ? new Wrong(problem) : ImmutableArray.CreateRange(ids.Select(id => id.Value));
    }

    private static Parsed<int> Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : new Wrong($"\"{text}\" is no whole number");
}
