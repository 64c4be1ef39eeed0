using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Server.Admission;
using Tandem.Server.Configuration;

namespace Tandem.Server.Api;

/// <summary>
/// Channels over the API: made, changed and taken away by operators, one change at a time. Settings are read by the configuration's own reader
/// and kept in <c>state_dir</c> before anything starts, so that what was answered with success is there after a crash.
/// </summary>
internal sealed partial class ChannelChanges : IDisposable
{
    /// <summary>Largest body, bytes.</summary>
    public const int LargestBody = 64 * 1024;

    private readonly ServerOptions _server;
    private readonly TandemMeter _meter;
    private readonly ChannelStore _store;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _one = new(1);
    private ImmutableDictionary<string, ConfigMap> _kept = ImmutableDictionary.Create<string, ConfigMap>(StringComparer.Ordinal);
    private ImmutableList<ConfigMap> _unusable = [];

    /// <param name="server">The server's settings, for the configuration's channels and the page's address.</param>
    /// <param name="log">Told what was kept and cannot be used any more.</param>
    /// <param name="meter">Told which channels are gone.</param>
    public ChannelChanges(ServerOptions server, TandemMeter meter, ILogger log)
    {
        (_server, _meter, _log) = (server, meter, log);
        _store = new ChannelStore(Path.GetFullPath(server.StateDirectory), log);
    }

    /// <summary>The channels; set before requests come.</summary>
    public required Func<ChannelHost> Host { get; init; }

    /// <summary>Whether there is room; set before requests come.</summary>
    public required Func<InstanceAdmission> Admission { get; init; }

    /// <summary>
    /// Reads the channels of an earlier life. One that cannot be used any more, or whose id the configuration has taken, is left out and
    /// warned of, but stays kept.
    /// </summary>
    public ImmutableArray<ConfiguredChannel> Load()
    {
        var taken = _server.Channels.Select(channel => channel.Options.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var channels = ImmutableArray.CreateBuilder<ConfiguredChannel>();
        foreach (var map in _store.Load())
        {
            var mistakes = new List<Mistake>();
            var channel = ConfigurationLoader.ReadChannel(map, mistakes, EngineCatalogue.Resolve, _server.Page);
            var problem = mistakes.Count > 0 ? mistakes[0].ToString() : taken.Add(channel.Options.Id) ? null : "another one has its id";
            if (problem is not null)
            {
                LogLeftOut(channel.Options.Id, problem);
                _unusable = _unusable.Add(map);
                continue;
            }

            _kept = _kept.SetItem(channel.Options.Id, map);
            channels.Add(channel);
        }

        return channels.ToImmutable();
    }

    /// <summary>POST: makes one. 201, 400 with all mistakes, 409 for an id that is taken, 503 where there is no room or it cannot be kept.</summary>
    public Task<IResult> CreateAsync(HttpContext context) => OneAtATimeAsync(context, body => Task.FromResult(Create(context, body)));

    /// <summary>PATCH: changes one and starts it again. 200, 400, 404, 409 for the configuration's, 503.</summary>
    public Task<IResult> ChangeAsync(HttpContext context, string id) => OneAtATimeAsync(context, async body =>
    {
        if (Find(context, id, "changed", out var hosted) is { } refused)
            return refused;
        var mistakes = new List<Mistake>();
        if (JsonSettings.Read(body, mistakes) is not { } changes)
            return Problem.Of([.. mistakes]);
        var map = JsonSettings.Merge(_kept[id], changes);
        var channel = Read(map, mistakes);
        if (mistakes.Count == 0 && channel.Options.Id != id)
            mistakes.Add(new Mistake("/id", "cannot be changed; make a new channel and delete this one"));
        if (mistakes.Count > 0)
            return Problem.Of([.. mistakes.Distinct()]);
        if (Admission().ForChannel(channel.Options, hosted!.Options) is { } full)
            return Refuse(context, full);
        if (Keep(context, _kept.SetItem(id, map)) is { } unkept)
            return unkept;
        var replaced = await Host().ReplaceAsync(hosted, channel);
        return Results.Json(replaced.Snapshot(), ApiJson.Default.ChannelSnapshot);
    });

    /// <summary>DELETE: stops one and forgets its settings. 204, 404, 409 for the configuration's, 503.</summary>
    public Task<IResult> DeleteAsync(HttpContext context, string id) => OneAtATimeAsync(context, async _ =>
    {
        if (Find(context, id, "deleted", out var hosted) is { } refused)
            return refused;
        if (Keep(context, _kept.Remove(id)) is { } unkept)
            return unkept;
        await Host().RemoveAsync(hosted!);
        Admission().Forget(id);
        _meter.Forget(id);
        return Results.NoContent();
    });

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static IResult Refuse(HttpContext context, NoRoom full) =>
        Problem.Refuse(context, StatusCodes.Status503ServiceUnavailable, full.Reason, full.Detail, full.RetryAfter);

    private IResult Create(HttpContext context, ReadOnlyMemory<byte> body)
    {
        var mistakes = new List<Mistake>();
        if (JsonSettings.Read(body, mistakes) is not { } map)
            return Problem.Of([.. mistakes]);
        var channel = Read(map, mistakes);
        if (mistakes.Count > 0)
            return Problem.Of([.. mistakes.Distinct()]);
        var id = channel.Options.Id;
        if (Host().All.FirstOrDefault(other => other.Options.Id.Equals(id, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            return Problem.Refuse(
                context, StatusCodes.Status409Conflict, "id_taken", $"There is a channel {other.Options.Id}; choose another id, or change that one with PATCH.");
        }

        if (Admission().ForChannel(channel.Options) is { } full)
            return Refuse(context, full);
        if (Keep(context, _kept.SetItem(id, map)) is { } refused)
            return refused;
        context.Response.Headers.Location = $"/v1/channels/{id}";
        return Results.Json(Host().Add(channel).Snapshot(), ApiJson.Default.ChannelSnapshot, statusCode: StatusCodes.Status201Created);
    }

    private ConfiguredChannel Read(ConfigMap map, List<Mistake> mistakes) =>
        ConfigurationLoader.ReadChannel(map, mistakes, EngineCatalogue.Resolve, _server.Page);

    private async Task<IResult> OneAtATimeAsync(HttpContext context, Func<ReadOnlyMemory<byte>, Task<IResult>> change)
    {
        ReadOnlyMemory<byte>? body = ReadOnlyMemory<byte>.Empty;
        if (context.Request.Method != HttpMethods.Delete)
        {
            if (!context.Request.HasJsonContentType())
                return Problem.Of(StatusCodes.Status415UnsupportedMediaType, "Send the settings as application/json.");
            body = await JsonBody.ReadAsync(context, LargestBody);
        }

        if (body is not { } bytes)
            return Problem.Of(StatusCodes.Status413PayloadTooLarge, $"Settings of a channel are at most {LargestBody} bytes.");

        // Before the lock: who waits for it holds nothing.
        await _one.WaitAsync(context.RequestAborted);
        try
        {
            return Host().Stopping
                ? Problem.Refuse(context, StatusCodes.Status503ServiceUnavailable, "stopping", "The server is shutting down.", TimeSpan.FromSeconds(5))
                : await change(bytes);
        }
        finally
        {
            _one.Release();
        }
    }

    private IResult? Find(HttpContext context, string id, string done, out HostedChannel? hosted)
    {
        hosted = Host().Find(id);
        if (hosted is null)
            return Problem.Of(StatusCodes.Status404NotFound, "There is no such channel.");
        return hosted.Created
            ? null
            : Problem.Refuse(
                context,
                StatusCodes.Status409Conflict,
                "configured",
                $"The channel {id} stands in the configuration, which holds again at the next start: it cannot be {done} over the API. Change the configuration.");
    }

    private IResult? Keep(HttpContext context, ImmutableDictionary<string, ConfigMap> kept)
    {
        try
        {
            _store.Save(kept.OrderBy(channel => channel.Key, StringComparer.Ordinal).Select(channel => channel.Value).Concat(_unusable));
            _kept = kept;
            return null;
        }
        catch (IOException exception)
        {
            LogNotKept(exception.Message.ReplaceLineEndings(" "));
            return Problem.Refuse(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "state",
                "The change cannot be kept in state_dir, so it was not made; see the log, and let the server write there.",
                TimeSpan.FromSeconds(30));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "channel {Channel}, which came over the API, is left out: {Problem}")]
    private partial void LogLeftOut(string channel, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "the channels that came over the API cannot be kept: {Problem}")]
    private partial void LogNotKept(string problem);
}
