using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Tandem.Live;
using Tandem.Media;
using Tandem.Server.Configuration;
using Tandem.Server.Pages;
using Tandem.Server.Telemetry;

namespace Tandem.Server;

/// <summary>Runs a server from its settings until it is told to stop.</summary>
public static partial class ServerRun
{
    /// <summary>Everything was as it should be.</summary>
    public const int Success = 0;

    /// <summary>An input or output cannot be used: a port that is taken, libraries that are missing.</summary>
    public const int Unusable = 1;

    /// <summary>The call or the configuration is wrong.</summary>
    public const int WrongCall = 2;

    /// <summary>Runs until <paramref name="stop"/>; returns the exit code.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="listening">Told the server's address once it listens.</param>
    /// <param name="stop">Ends it; it has ended 8 s later.</param>
    public static async Task<int> UntilAsync(ServerOptions options, Action<Uri> listening, CancellationToken stop)
    {
        var libraries = MediaLibraries.Check();
        if (libraries.Problem is { } problem)
        {
            await Console.Error.WriteLineAsync($"tandem: {problem}");
            return Unusable;
        }

        using var logs = Logs(options.LogLevel, options.LogFormat);
        var log = logs.CreateLogger("Tandem.Server");
        if (options.Channels.IsEmpty)
            LogNoChannels(log);
        if (options.Faults.Any)
            LogFaults(log, options.Faults.Seed);

        using var meter = new TandemMeter();
        var start = LiveChannels.Starter(TimeProvider.System, logs, meter, options.Faults, options.StateDirectory);
        var parts = new ServerParts(TimeProvider.System, logs, meter, libraries, start, ViewerPages.FindFolder());
        try
        {
            await using var server = await TandemServer.StartAsync(options, parts, stop);
            listening(server.Address);
            WarnOfAccess(options, log);
            await UntilCancelled(stop);
            LogStopping(log);
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync($"tandem: {exception.Message}");
            return Unusable;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it was starting.
        }

        return Success;
    }

    /// <summary>Loggers that write one line an entry to stderr, and not too many of one kind.</summary>
    public static ILoggerFactory Logs(LogLevel least, LogFormat format = LogFormat.Text) => LoggerFactory.Create(builder => Limit(builder
        .SetMinimumLevel(least)
        .AddFilter("Microsoft", LogLevel.Warning)

        // Why it cannot listen is said in one line of our own.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        })
        .AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>()
        .Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            if (format == LogFormat.Json)
                console.FormatterName = JsonLogFormatter.FormatterName;
        })));

    /// <summary>Puts <see cref="LimitedLogs"/> around the console.</summary>
    private static void Limit(IServiceCollection services)
    {
        var console = services.Single(service => service.ServiceType == typeof(ILoggerProvider));
        services.Remove(console);
        services.AddSingleton(console.ImplementationType!);
        services.AddSingleton<ILoggerProvider>(provider => new LimitedLogs((ILoggerProvider)provider.GetRequiredService(console.ImplementationType!), TimeProvider.System));
    }

    private static async Task UntilCancelled(CancellationToken stop)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(cancelled.SetResult);
        await cancelled.Task;
    }

    /// <summary>Says what is open to whom, where that is more than may be meant.</summary>
    private static void WarnOfAccess(ServerOptions options, ILogger log)
    {
        var (access, loopback) = (options.Access, System.Net.IPAddress.IsLoopback(options.Listen));
        if (loopback && !access.NeedsToken && options.OperatorKeys.IsEmpty)
            LogLoopback(log, options.Listen.ToString());
        if (!loopback && !access.NeedsToken)
            LogOpen(log, options.Listen.ToString());
        if (!loopback && options.OperatorKeys.IsEmpty && access.AdminPort is null && !access.NeedsToken)
            LogStateOpen(log, options.Listen.ToString());
        if (access.AdminPort is not null && !System.Net.IPAddress.IsLoopback(access.AdminListen) && access.AdminOpen)
            LogAdminOpen(log, access.AdminListen.ToString());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "no access is configured (docs/access.md), so only this machine is let in: listening on {Address}")]
    private static partial void LogLoopback(ILogger log, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listening on {Address} and access names no secrets: whoever reaches this address may watch (docs/access.md)")]
    private static partial void LogOpen(ILogger log, string address);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "listening on {Address} without operator_keys or admin_port: metrics and the channels' state are open to whoever reaches this address")]
    private static partial void LogStateOpen(ILogger log, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "admin_open: whoever reaches {Address} is an operator")]
    private static partial void LogAdminOpen(ILogger log, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "there are no channels: channels in the configuration is empty")]
    private static partial void LogNoChannels(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "faults on demand are set: some of what follows fails on purpose (seed {Seed})")]
    private static partial void LogFaults(ILogger log, int seed);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopping")]
    private static partial void LogStopping(ILogger log);
}
