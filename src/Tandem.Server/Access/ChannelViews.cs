using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Tandem.Live;
using Tandem.Server.Api;

namespace Tandem.Server.Access;

/// <summary>
/// The state of channels at <c>/v1/channels</c>: all of it for operators; where access is configured, others see what the viewers' page needs,
/// of the channels and voices that are open to them.
/// </summary>
/// <param name="channels">The channels.</param>
/// <param name="operators">Who sees all.</param>
/// <param name="gate">What is open to whom.</param>
internal sealed class ChannelViews(ChannelHost channels, OperatorAccess operators, ViewerGate gate)
{
    /// <summary>Answers GET for all channels.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        if (operators.MaySee(context))
            return Results.Json(new ChannelList([.. channels.All.Select(channel => channel.Snapshot())]), ApiJson.Default.ChannelList);
        var (refusal, claims) = await gate.ClaimsAsync(context);
        return refusal is not null
            ? refusal.Answer(context)
            : Results.Json(
                new ChannelList(
                [
                    .. channels.All.Where(channel => claims?.Opens(channel.Options.Id) != false)
                        .Select(channel => ForViewers(channel.Snapshot(), claims is null ? null : gate.VoicesOf(channel, claims))),
                ]),
                ApiJson.Default.ChannelList);
    }

    /// <summary>Answers GET for one.</summary>
    public async Task<IResult> ShowAsync(HttpContext context, string id)
    {
        if (operators.MaySee(context))
            return channels.Find(id) is { } shown ? Results.Json(shown.Snapshot(), ApiJson.Default.ChannelSnapshot) : Missing();
        var verdict = await gate.AdmitAsync(context, id, language: null, ViewerKind.Page);
        if (!verdict.Admitted)
            return verdict.Answer(context);
        return channels.Find(id) is { } channel
            ? Results.Json(ForViewers(channel.Snapshot(), verdict.Languages), ApiJson.Default.ChannelSnapshot)
            : Missing();
    }

    /// <summary>What a page shows: how far behind, what is heard; nothing of the source, the machine, or what went wrong inside.</summary>
    internal static ChannelSnapshot ForViewers(ChannelSnapshot channel, ImmutableArray<string>? voices) => channel with
    {
        Reason = null,
        Input = "",
        VideoReason = null,
        RecordReason = null,
        LeftOut = [],
        Reference = new ReferenceSnapshot(channel.Reference.State),
        Engine = channel.Engine with { Reason = null },
        Worker = new WorkerSnapshot(0, [], []),
        Counters = new ChannelCounters(),
        Languages = [.. channel.Languages.Where(language => voices is not { } open || open.Contains(language.Language, StringComparer.OrdinalIgnoreCase))],
    };

    private static IResult Missing() => Problem.Of(StatusCodes.Status404NotFound, "There is no such channel.");
}
