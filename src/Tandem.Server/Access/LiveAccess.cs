using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Tandem.Server.Hls;

namespace Tandem.Server.Access;

/// <summary>Asks the gate about everything below <c>/live/{channel}/</c>, before anything about the channel is told.</summary>
/// <param name="gate">The gate.</param>
/// <param name="files">What channels have published.</param>
/// <param name="channels">The channels, for their voices.</param>
/// <param name="tickets">Makes tickets; null where no tokens are needed.</param>
internal sealed class LiveAccess(ViewerGate gate, ChannelFiles files, ChannelHost channels, Tickets? tickets)
{
    private const string Captions = "subs";

    /// <summary>Answers GET and HEAD.</summary>
    public async Task<IResult> GetAsync(HttpContext context, string channel, string path)
    {
        if (path.StartsWith(Tickets.Mark))
        {
            var end = path.IndexOf('/', StringComparison.Ordinal);
            var ticket = end < 0 ? path : path[..end];
            path = end < 0 ? "" : path[(end + 1)..];
            if (tickets is not null)
                context.Features.Set(new TicketFeature(ticket));
        }

        var master = path == ChannelFiles.MasterName;
        var language = LanguageOf(path, channels.Find(channel)?.Options.To ?? []);
        var verdict = await gate.AdmitAsync(context, channel, language, master ? ViewerKind.HlsMaster : ViewerKind.Hls);
        if (!verdict.Admitted)
        {
            // A player's page has to be able to read why.
            ChannelFiles.AllowOtherOrigins(context.Response.Headers);
            return verdict.Answer(context);
        }

        if (tickets is not null)
            Keep(context, channel, master, verdict);
        return files.Get(context, channel, path);
    }

    /// <summary>The voice that a path belongs to: <c>es/index.m3u8</c>, <c>subs/es/index.m3u8</c>; null for what belongs to none.</summary>
    internal static string? LanguageOf(string path, ImmutableArray<string> targets)
    {
        var parts = path.Split('/', 3);
        var first = parts[0] == Captions && parts.Length > 1 ? parts[1] : parts[0];
        return targets.FirstOrDefault(target => target.Equals(first, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// The master playlist is the viewer's own: it holds a ticket and lists the voices that are open. All else is the same for everybody, and
    /// may be kept by caches where the address itself admits; where a header did, a shared cache would hand it to those without.
    /// </summary>
    private void Keep(HttpContext context, string channel, bool master, ViewerVerdict verdict)
    {
        if (master)
        {
            var ticket = context.Features.Get<TicketFeature>()?.Text
                ?? (verdict is { Expires: { } expires, Viewer: { } viewer } ? tickets!.Issue(channel, verdict.Languages, expires, viewer) : null);
            context.Features.Set(new MasterView(ticket, verdict.Languages, channels.Find(channel)?.Options.To ?? []));
        }

        if (master || !verdict.ByAddress)
        {
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                if (master)
                    headers.CacheControl = "private, no-store";
                else
                    headers.CacheControl = headers.CacheControl.ToString().Replace("public", "private", StringComparison.Ordinal);
                return Task.CompletedTask;
            });
        }
    }
}
