using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Tandem.Server.Access;
using Tandem.Server.Api;
using Tandem.Server.Hls;

namespace Tandem.Server.Pages;

/// <summary>
/// Serves what viewers may know of channels: <c>/live/channels.json</c> and <c>/live/{channel}/state.json</c>. Both may be kept for a second, so
/// that any number of viewers costs one answer a second behind a cache; where viewers need tokens, each gets what its own opens.
/// </summary>
internal sealed class PublicStates : IDisposable
{
    // A segment is 2 s long or more; what is heard changes with one.
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.5);

    private static readonly string[] Demonstrations = ["offline", "pocketsphinx", "apertium", "espeak"];

    private readonly ChannelHost _channels;
    private readonly ViewerGate _gate;
    private readonly TimeProvider _time;
    private readonly ConditionalWeakTable<HostedChannel, HeardDiary> _diaries = [];
    private readonly ITimer _timer;

    /// <summary>Looks at the channels from now on.</summary>
    public PublicStates(ChannelHost channels, ViewerGate gate, TimeProvider time)
    {
        _channels = channels;
        _gate = gate;
        _time = time;
        _timer = time.CreateTimer(_ => Look(), null, Pace, Pace);
    }

    /// <summary>The list of channels that are open to who asks.</summary>
    public async Task<IResult> AllAsync(HttpContext context)
    {
        ChannelFiles.AllowOtherOrigins(context.Response.Headers);
        var (refusal, claims) = await _gate.ClaimsAsync(context);
        if (refusal is not null)
            return refusal.Answer(context);
        Keep(context, claims is not null);
        var open = _channels.All.Select(channel => channel.Options.Id).Where(id => claims?.Opens(id) != false);
        return Results.Json(new PublicChannels([.. open.Select(id => new PublicChannel(id))]), ApiJson.Default.PublicChannels);
    }

    /// <summary>One channel's state; 404 where there is none, and what the gate says.</summary>
    public async Task<IResult> OfAsync(HttpContext context, string id)
    {
        ChannelFiles.AllowOtherOrigins(context.Response.Headers);
        var verdict = await _gate.AdmitAsync(context, id, null, ViewerKind.Page);
        if (!verdict.Admitted)
            return verdict.Answer(context);
        Keep(context, !verdict.ByAddress);
        return _channels.Find(id) is { } channel
            ? Results.Json(Of(channel), ApiJson.Default.PublicState)
            : Problem.Of(StatusCodes.Status404NotFound, "There is no such channel.");
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static void Keep(HttpContext context, bool isOwn) =>
        context.Response.Headers.CacheControl = isOwn ? "private, max-age=1" : "public, max-age=1";

    private PublicState Of(HostedChannel channel)
    {
        var snapshot = channel.Snapshot();
        var diary = DiaryOf(channel);
        diary.Look(snapshot);
        var edge = snapshot.LastPublished is { Ends: { } ends, Appeared: { } appeared }
            ? new PublicEdge(ends.ToUnixTimeMilliseconds(), appeared.ToUnixTimeMilliseconds())
            : null;
        return new PublicState(
            snapshot.Id,
            snapshot.State,
            snapshot.From,
            snapshot.DelaySeconds,
            channel.Options.ShortestDelay,
            Array.Exists(Demonstrations, name => snapshot.Engine.Name.Contains(name, StringComparison.OrdinalIgnoreCase)),
            _time.GetUtcNow().ToUnixTimeMilliseconds(),
            edge,
            [.. snapshot.Languages.Select(language => new PublicVoice(
                language.Language,
                language.State,
                HeardDiary.WhyOf(language, snapshot.Engine.Healthy),
                language.OnsetLagP50,
                language.OnsetLagEstimated,
                diary.Of(language.Language)))]);
    }

    private void Look()
    {
        foreach (var channel in _channels.All)
            DiaryOf(channel).Look(channel.Snapshot());
    }

    private HeardDiary DiaryOf(HostedChannel channel) => _diaries.GetValue(channel, _ => new HeardDiary());
}
