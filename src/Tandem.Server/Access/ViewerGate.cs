using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Tandem.Live;
using Tandem.Server.Admission;
using Tandem.Server.Api;

namespace Tandem.Server.Access;

/// <summary>The ticket that stands in a request's address.</summary>
/// <param name="Text">With its mark.</param>
internal sealed record TicketFeature(string Text);

/// <summary>The gate as the settings want it: tokens and tickets where they are configured, limits and admission always.</summary>
/// <param name="access">The settings.</param>
/// <param name="channels">The channels, for their voices.</param>
/// <param name="operators">Who may see everything.</param>
/// <param name="tokens">Checks tokens; null where none are needed.</param>
/// <param name="tickets">Checks tickets; null where no tokens are needed.</param>
/// <param name="limits">What one address or token may ask for.</param>
/// <param name="room">Whether there is room for another viewer.</param>
/// <param name="meter">Counts refusals.</param>
/// <param name="time">The clock.</param>
internal sealed class ViewerGate(
    AccessOptions access,
    ChannelHost channels,
    OperatorAccess operators,
    ViewerTokens? tokens,
    Tickets? tickets,
    RequestLimits limits,
    InstanceAdmission room,
    TandemMeter meter,
    TimeProvider time)
{
    /// <summary>The voice that is never closed: where no dub is, it is what is heard.</summary>
    public const string Original = "original";

    /// <summary>Name of the cookie that may hold a token.</summary>
    public const string Cookie = "tandem_token";

    /// <summary>
    /// Asks for a channel, before anything about it is told; whether the channel exists has no part in the answer. Refusals are counted here.
    /// </summary>
    /// <param name="context">The request; its token is looked for in header, query and cookie.</param>
    /// <param name="channel">The channel's id, as it was asked for.</param>
    /// <param name="language">The voice that is asked for; null for the channel as a whole. <c>original</c> is always open.</param>
    /// <param name="kind">What is asked for.</param>
    public async ValueTask<ViewerVerdict> AdmitAsync(HttpContext context, string channel, string? language, ViewerKind kind)
    {
        var verdict = await OpenAsync(context, channel, language, kind);
        var viewer = verdict.Viewer;
        if (verdict.Admitted)
            verdict = Limit(context, viewer, kind) ?? verdict;
        if (!verdict.Admitted)
            meter.AccessRefused(verdict.Reason);
        else if (MakeRoom(context, viewer, kind) is { } full)
            return full;
        return verdict;
    }

    /// <summary>
    /// What the request's token opens, for lists; neither a channel nor a viewer is asked for. A refusal is counted; no claims: everything is
    /// open.
    /// </summary>
    public async ValueTask<(ViewerVerdict? Refusal, TokenClaims? Claims)> ClaimsAsync(HttpContext context)
    {
        if (tokens is null)
            return (null, null);
        var read = TokenOf(context.Request, cookies: true) is var (token, _) ? await tokens.ReadAsync(token) : Refusals.Missing;
        if (read.Claims is { } claims)
            return (null, claims);
        meter.AccessRefused(read.Refusal!);
        return (Refusals.OfToken(read.Refusal!), null);
    }

    /// <summary>The voices of a channel that are open; null for all.</summary>
    public ImmutableArray<string>? VoicesOf(HostedChannel channel, TokenClaims claims) => claims.Voices(channel.Options.To, access.PremiumLanguages);

    private static (string Text, bool InAddress)? TokenOf(HttpRequest request, bool cookies)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return (header["Bearer ".Length..].Trim(), false);
        if (request.Query["token"] is [{ Length: > 0 } asked])
            return (asked, true);
        return cookies && request.Cookies[Cookie] is { Length: > 0 } kept ? (kept, false) : null;
    }

    private static ViewerVerdict Busy(string reason, string detail, TimeSpan retryAfter) =>
        ViewerVerdict.Refuse(StatusCodes.Status429TooManyRequests, reason, detail, retryAfter);

    /// <summary>
    /// Whether a page of another site asks, that may not embed ours. Browsers send cookies along with its WebSockets, and let it read what comes.
    /// </summary>
    private bool IsForeign(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            && !access.EmbedOrigins.Contains("*", StringComparer.Ordinal)
            && !access.EmbedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether token or ticket open what is asked for.</summary>
    private async ValueTask<ViewerVerdict> OpenAsync(HttpContext context, string channel, string? language, ViewerKind kind)
    {
        if (tokens is null || tickets is null)
            return ViewerVerdict.Admit();
        if (context.Features.Get<TicketFeature>() is { Text: var text })
            return OpenByTicket(text, channel, language);
        if (operators.HasKey(context.Request))
            return ViewerVerdict.Admit(byAddress: false);
        if (TokenOf(context.Request, kind != ViewerKind.WebSocket || !IsForeign(context.Request)) is not var (token, inAddress))
            return Refusals.OfToken(Refusals.Missing);
        var read = await tokens.ReadAsync(token);
        if (read.Claims is not { } claims)
            return Refusals.OfToken(read.Refusal!);
        if (!claims.Opens(channel))
            return Refusals.OfToken(Refusals.Channel);
        if (language is not null and not Original && claims.Refusal(language, access.PremiumLanguages) is { } why)
            return Refusals.OfToken(why);
        var voices = claims.Voices(channels.Find(channel)?.Options.To ?? [], access.PremiumLanguages);

        // What is let in for its issuer's slow clock is so until that slack ends: cut off at once, its viewer would come back at once.
        var until = claims.Expires > time.GetUtcNow() ? claims.Expires : claims.Expires + access.ClockSkew;
        return ViewerVerdict.Admit(voices, until, inAddress, RequestLimits.KeyOf(token));
    }

    private ViewerVerdict OpenByTicket(string text, string channel, string? language)
    {
        var (ticket, refusal) = tickets!.Read(text, channel, time.GetUtcNow());
        if (refusal is not null)
            return Refusals.OfToken(refusal);
        var verdict = ViewerVerdict.Admit(ticket.Languages, ticket.Expires, viewer: ticket.Viewer);
        return language is null || verdict.Allows(language) ? verdict : Refusals.OfToken(Refusals.Language);
    }

    private ViewerVerdict? Limit(HttpContext context, UInt128? key, ViewerKind kind)
    {
        if (key is { } counted && limits.Request(counted) is { } wait)
            return Busy(Refusals.Rate, "Too many requests with this token.", wait);
        if (kind != ViewerKind.WebSocket)
            return null;

        // Others are counted when they connect.
        if (context.Features.Get<Proxied>() is not null)
        {
            var address = limits.Connect(context.Connection.RemoteIpAddress);
            if (address is null)
                return Busy(Refusals.Connections, "Too many connections from this address.", TimeSpan.FromSeconds(10));
            context.Response.RegisterForDispose(address);
        }

        if (key is not { } token)
            return null;
        if (limits.Connect(token) is not { } open)
            return Busy(Refusals.Connections, "Too many connections with this token.", TimeSpan.FromSeconds(10));
        context.Response.RegisterForDispose(open);
        return null;
    }

    private ViewerVerdict? MakeRoom(HttpContext context, UInt128? key, ViewerKind kind)
    {
        if (kind == ViewerKind.Page)
            return null;
        if (kind == ViewerKind.WebSocket)
        {
            var (seat, full) = room.Sit();
            if (full is not null)
                return full;
            context.Response.RegisterForDispose(seat!);
            return null;
        }

        var who = key ?? RequestLimits.KeyOf(context.Connection.RemoteIpAddress?.ToString() ?? "");
        return room.See(who, joining: kind == ViewerKind.HlsMaster);
    }
}
