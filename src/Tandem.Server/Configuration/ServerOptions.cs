using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Faults;
using Tandem.Server.Access;
using Tandem.Server.Admission;
using Tandem.Server.Telemetry;

namespace Tandem.Server.Configuration;

/// <summary>A channel together with the engine that its options name.</summary>
public sealed record ConfiguredChannel(ChannelOptions Options, EngineChoice Engine);

/// <summary>One server's immutable settings; defaults and ranges as docs/configuration.md lists them.</summary>
public sealed record ServerOptions
{
    /// <summary>Address that is listened on.</summary>
    public IPAddress Listen { get; init; } = Settings.Listen.Default;

    /// <summary>HTTP port; 0 takes a free one.</summary>
    public int Port { get; init; } = Settings.Port.Default;

    /// <summary>Where viewers reach the server, if not at the address that they ask for; playlists then point there.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Folder for what must survive a restart.</summary>
    public string StateDirectory { get; init; } = Settings.StateDirectory.Default;

    /// <summary>How long viewers of sockets are given to go when the server stops.</summary>
    public TimeSpan Drain { get; init; } = Settings.Drain.Default;

    /// <summary>The least that is logged.</summary>
    public LogLevel LogLevel { get; init; } = Settings.LogLevel.Default;

    /// <summary>How each entry of the log is written.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>SHA-256 of each operator's key; empty where only programs of this machine are operators.</summary>
    public ImmutableArray<ImmutableArray<byte>> OperatorKeys { get; init; } = [];

    /// <summary>What all instances together may cost a month, in US dollars; 0 for no limit. It is watched, not enforced.</summary>
    public double MonthlyBudget { get; init; }

    /// <summary>Address of the page that plays, where it is known; every channel's.</summary>
    public Uri? Page { get; init; }

    /// <summary>Who may watch and operate, and how the server is reached.</summary>
    public AccessOptions Access { get; init; } = AccessOptions.None;

    /// <summary>How much one address or token may ask for.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>The most that this instance takes on.</summary>
    public AdmissionOptions Admission { get; init; } = new();

    /// <summary>Where metrics and traces are sent.</summary>
    public TelemetryOptions Telemetry { get; init; } = TelemetryOptions.None;

    /// <summary>Faults on demand.</summary>
    public FaultOptions Faults { get; init; } = FaultOptions.None;

    /// <summary>The channels, in configured order.</summary>
    public ImmutableArray<ConfiguredChannel> Channels { get; init; } = [];
}

/// <summary>Settings that can be used, or every reason why they cannot.</summary>
/// <param name="Options">Null when there are mistakes.</param>
/// <param name="Mistakes">All of them.</param>
public sealed record Configured(ServerOptions? Options, ImmutableArray<Mistake> Mistakes);
