using Microsoft.Extensions.Logging;
using Tandem.Server.Admission;
using Tandem.Server.Api;
using Tandem.Server.Configuration;
using Tandem.Server.Feedback;
using Tandem.Server.Hls;
using Tandem.Server.Metrics;

namespace Tandem.Server.Access;

/// <summary>Everything that decides who may do what and whether there is room, put together; and the channels, which it decides about.</summary>
internal sealed class AccessParts : IDisposable
{
    private readonly SigningKeys? _keys;
    private readonly FeedbackStore _feedback;

    /// <summary>Puts it together.</summary>
    /// <exception cref="IOException">The certificate cannot be used; one line for people.</exception>
    public AccessParts(ServerOptions options, ServerParts parts)
    {
        var (access, time, log) = (options.Access, parts.Time, parts.Logs.CreateLogger("Tandem.Server"));
        Certificate = access.CertificateFile is { } file ? new CertificateFile(file, access.CertificateKeyFile, time, log) : null;

        Changes = new ChannelChanges(options, parts.Meter, log) { Host = () => Channels!, Admission = () => Admission! };
        Channels = new ChannelHost(options.Channels, parts.Start, time, parts.Logs.CreateLogger<ChannelHost>(), Changes.Load());
        Admission = new InstanceAdmission(
            InstanceLimits.Of(options.Admission, new ControlGroups("/").Cpu()?.Cores ?? Environment.ProcessorCount, MachineMemory.Look().Bytes),
            () => [.. Channels.All.Select(channel => channel.Options)],
            parts.Meter,
            time);

        Proxies = new ClientAddress(access.TrustedProxies, access.ForwardedHeader);
        Limits = new RequestLimits(options.Limits, time);
        Operators = new OperatorAccess(options.OperatorKeys, access, parts.Meter);
        Pipeline = new AccessPipeline(access, Proxies, Limits, Operators, parts.Meter);

        _keys = access.NeedsToken ? new SigningKeys(access, time, log) : null;
        var tickets = access.NeedsToken ? new Tickets(access) : null;
        var gate = new ViewerGate(
            access, Channels, Operators, _keys is null ? null : new ViewerTokens(access, _keys, time), tickets, Limits, Admission, parts.Meter, time);
        Gate = gate;
        Live = new LiveAccess(gate, new ChannelFiles(Channels, options.PublicUrl), Channels, tickets);
        Views = new ChannelViews(Channels, Operators, gate);

        _feedback = new FeedbackStore(Path.GetFullPath(options.StateDirectory), time, log);
        Feedback = new FeedbackApi(_feedback, Channels, gate, parts.Meter, time, log);
    }

    /// <summary>The channels.</summary>
    public ChannelHost Channels { get; }

    /// <summary>Changes them.</summary>
    public ChannelChanges Changes { get; }

    /// <summary>Shows their state.</summary>
    public ChannelViews Views { get; }

    /// <summary>Whether there is room.</summary>
    public InstanceAdmission Admission { get; }

    /// <summary>Who may watch.</summary>
    public ViewerGate Gate { get; }

    /// <summary>What channels have published, behind the gate.</summary>
    public LiveAccess Live { get; }

    /// <summary>Who may operate.</summary>
    public OperatorAccess Operators { get; }

    /// <summary>What viewers say.</summary>
    public FeedbackApi Feedback { get; }

    /// <summary>What every request goes through.</summary>
    public AccessPipeline Pipeline { get; }

    /// <summary>What one address may ask for.</summary>
    public RequestLimits Limits { get; }

    /// <summary>Whose word on who asks is taken.</summary>
    public ClientAddress Proxies { get; }

    /// <summary>The certificate; null for plain HTTP.</summary>
    public CertificateFile? Certificate { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys?.Dispose();
        _feedback.Dispose();
        Admission.Dispose();
        Changes.Dispose();
    }
}
