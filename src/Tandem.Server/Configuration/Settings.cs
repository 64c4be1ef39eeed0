using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Server.Telemetry;

namespace Tandem.Server.Configuration;

/// <summary>Every setting there is: names, units, defaults, ranges and how a value is read.</summary>
internal static class Settings
{
    private static readonly ChannelOptions Defaults = new() { Id = "", Input = new Uri("http://unset.invalid/"), From = "", To = [] };

    public static Setting<IPAddress> Listen { get; } =
        new("listen", "IP address", "127.0.0.1", "any address of this machine; 0.0.0.0 for all", IPAddress.Loopback, Values.Address);

    public static Setting<int> Port { get; } = new("port", "number", "8080", "0 to 65535; 0 takes a free one", 8080, Values.Port);

    public static Setting<Uri?> PublicUrl { get; } = new("public_url", "http or https address", Setting.None, "without query", null, Values.PublicUrl);

    public static Setting<Uri?> PageUrl { get; } = new("page_url", "http or https address", "that of `public_url`", "without query", null, Values.PublicUrl);

    public static Setting<string> StateDirectory { get; } = new("state_dir", "folder", "state", "any that can be written", "state", text => text);

    public static Setting<LogLevel> LogLevel { get; } =
        new("log_level", "word", "information", "debug, information, warning, error", Microsoft.Extensions.Logging.LogLevel.Information, Values.LogLevel);

    public static Setting<LogFormat> LogFormat { get; } = new("log_format", "word", "text", "text, json", default, text => text.ToLowerInvariant() switch
    {
        "text" => Telemetry.LogFormat.Text,
        "json" => Telemetry.LogFormat.Json,
        _ => new Wrong($"\"{text}\" is not known; use text or json"),
    });

    public static Setting<TimeSpan> Drain { get; } =
        new("drain", "duration", "5s", "0s to 60s", TimeSpan.FromSeconds(5), text => Values.Duration(text, TimeSpan.Zero, TimeSpan.FromMinutes(1)));

    public static Setting<ImmutableArray<ImmutableArray<byte>>> OperatorKeys { get; } =
        new("operator_keys", "hashes of keys", Setting.None, "1 to 64, each sha256: and 64 hexadecimal digits", [], Values.KeyHashes);

    public static Setting<double> MonthlyBudget { get; } =
        new("monthly_budget", "USD", "0USD", "0USD to 10000000USD", 0, text => Values.Dollars(text, 10_000_000));

    public static Setting<string> Id { get; } =
        new("id", "text", Setting.Required, "1 to 64 of a–z A–Z 0–9 . _ -, not beginning with a dot", "", Values.Id);

    public static Setting<Uri> Input { get; } = new("input", "address, file or `push`", Setting.Required, Inputs.Forms, Defaults.Input, Inputs.Read);

    public static Setting<string> From { get; } = new("from", "language", Setting.Required, "BCP 47", "", Values.Language);

    public static Setting<ImmutableArray<string>> To { get; } =
        new("to", "languages", Setting.Required, "1 to 32, BCP 47, each once, not the source language", [], Values.Languages);

    public static Setting<TimeSpan> Delay { get; } = new(
        "delay", "duration", "8s", "1.5s to 5m", Defaults.Delay, text => Values.Duration(text, TimeSpan.FromSeconds(1.5), TimeSpan.FromMinutes(5)));

    public static Setting<string> Engine { get; } =
        new("engine", "name", "offline", "echo, tone, offline, or recogniser+translator+voice", Defaults.Engine, text => text);

    public static Setting<VideoMode> Video { get; } = new("video", "word", "auto", "auto, reference, carry", Defaults.Video, Values.Video);

    public static Setting<bool> Browsers { get; } = new("browsers", "true or false", "true", "", Defaults.Browsers, Values.Flag);

    public static Setting<long> CarryMemory { get; } =
        new("carry_memory", "size", "256MiB", "16MiB to 16GiB", Defaults.CarryMemory, text => Values.Size(text, 16L << 20, 16L << 30));

    public static Setting<int> SocketBitRate { get; } = new(
        "socket_bit_rate", "bit rate", "3000kbit/s", "100kbit/s to 100000kbit/s", Defaults.SocketBitRate, text => Values.BitRate(text, 100, 100_000));

    public static Setting<bool> AllowPrivate { get; } = new("allow_private", "true or false", "false", "", Defaults.AllowPrivate, Values.Flag);

    public static Setting<bool> Loop { get; } = new("loop", "true or false", "true", "", Defaults.Loop, Values.Flag);

    public static Setting<long> PushMemory { get; } =
        new("push_memory", "size", "128MiB", "16MiB to 4GiB", Defaults.PushMemory, text => Values.Size(text, 16L << 20, 4L << 30));

    public static Setting<ImmutableDictionary<string, string>> Headers { get; } =
        new("headers", "names and values", Setting.None, "at most 32", Defaults.Headers, text => new Wrong($"is a list of names and values, not \"{text}\""));

    public static Setting<double> BackgroundLevel { get; } =
        new("background_level", "dB", "-18dB", "-60dB to 0dB", Defaults.BackgroundLevel, text => Values.Decibels(text, -60, 0));

    public static Setting<TimeSpan> MaxOnsetLag { get; } = new(
        "max_onset_lag", "duration", "10s", "0s to 60s", Defaults.MaxOnsetLag, text => Values.Duration(text, TimeSpan.Zero, TimeSpan.FromSeconds(60)));

    public static Setting<int> VoiceBitRate { get; } =
        new("voice_bit_rate", "bit rate", "128kbit/s", "32kbit/s to 320kbit/s", Defaults.VoiceBitRate, text => Values.BitRate(text, 32, 320));

    public static Setting<string?> DefaultVoice { get; } = new(
        "default_voice", "language", "the first of `to`", "one of `to`, or original", null, Values.Voice);

    public static Setting<bool> DubExisting { get; } = new("dub_existing", "true or false", "false", "", Defaults.DubExisting, Values.Flag);

    public static Setting<AdSpeech> Ads { get; } = new("ads", "word", "dub", "dub, original", Defaults.Ads, Values.Ads);

    public static Setting<bool> ShortestDelay { get; } = new("shortest_delay", "true or false", "false", "", Defaults.ShortestDelay, Values.Flag);

    /// <summary>Those of the server; the list <c>channels</c> stands beside them.</summary>
    public static ImmutableArray<Setting> OfServer => [Listen, Port, PublicUrl, PageUrl, StateDirectory, Drain, LogLevel, LogFormat, OperatorKeys, MonthlyBudget, .. AccessSettings.OfServer];

    /// <summary>Those of a channel.</summary>
    public static ImmutableArray<Setting> OfChannel =>
    [
        Id, Input, From, To, Delay, Engine, Video, Browsers, CarryMemory, SocketBitRate, Loop, PushMemory, AllowPrivate, Headers, BackgroundLevel, MaxOnsetLag,
        VoiceBitRate, DefaultVoice, DubExisting, Ads, ShortestDelay,
    ];
}
