using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Reflection;
using Tandem.Live;
using Tandem.Media;
using Tandem.Server.Configuration;

namespace Tandem.Workbench.Doctor;

/// <summary>What is examined.</summary>
public sealed record DoctorOptions
{
    /// <summary>Address that would be listened on.</summary>
    public required IPAddress Listen { get; init; }

    /// <summary>HTTP port; 0 for any.</summary>
    public required int Port { get; init; }

    /// <summary>The operators' own listener; null where there is none.</summary>
    public IPEndPoint? Admin { get; init; }

    /// <summary><c>state_dir</c>.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Folder for what is not kept.</summary>
    public string ScratchDirectory { get; init; } = Path.GetTempPath();

    /// <summary>The channels that would run; without any, what the demo needs is examined.</summary>
    public ImmutableArray<ChannelOptions> Channels { get; init; } = [];

    /// <summary>Whether another version of FFmpeg than the tested one is a failure.</summary>
    public bool Strict { get; init; }

    /// <summary>The version of FFmpeg that Tandem was tested with.</summary>
    public string FFmpeg { get; init; } = MediaPin.FFmpeg;

    /// <summary>Where <c>proc</c> and <c>sys</c> lie.</summary>
    public string Root { get; init; } = "/";

    /// <summary>What one check may take; 60 s.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The year in which this program was built.</summary>
    public int BuildYear { get; init; } = int.Parse(
        typeof(DoctorOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == nameof(BuildYear)).Value!,
        CultureInfo.InvariantCulture);

    /// <summary>As a server with these settings would run.</summary>
    public static DoctorOptions Of(ServerOptions server) => new()
    {
        Listen = server.Listen,
        Port = server.Port,
        Admin = server.Access.AdminPort is { } port ? new IPEndPoint(server.Access.AdminListen, port) : null,
        StateDirectory = server.StateDirectory,
        Channels = [.. server.Channels.Select(channel => channel.Options)],
    };
}
