using Microsoft.AspNetCore.Http;
using Tandem.Live.Ingest;
using Tandem.Server.Api;

namespace Tandem.Server.Push;

/// <summary>
/// HLS push ingest under <c>/ingest/{channel}/</c>: packagers put playlists and segments there, and take away what has left their playlists.
/// Operators only.
/// </summary>
/// <param name="host">The channels.</param>
/// <param name="access">Who operators are.</param>
/// <param name="time">The clock.</param>
internal sealed class IngestFiles(ChannelHost host, OperatorAccess access, TimeProvider time)
{
    /// <summary>Answers PUT, POST, DELETE, GET and HEAD.</summary>
    public async Task<IResult> AnswerAsync(HttpContext context, string channel, string? path)
    {
        PushedFiles? files = null;
        return (access.Refuse(context) ?? Find(context, channel, out files)) is { } refused
            ? FileExchange.Close(context, refused)
            : await FileExchange.AnswerAsync(context, files!, path ?? "", time);
    }

    private IResult? Find(HttpContext context, string channel, out PushedFiles? files)
    {
        files = null;
        if (host.Find(channel) is not { } hosted)
        {
            var known = host.All.Count == 0 ? "there are no channels" : "there are " + string.Join(", ", host.All.Select(one => one.Options.Id));
            return Problem.Of(StatusCodes.Status404NotFound, $"There is no such channel; {known}.");
        }

        if (SourceAddress.KindOf(hosted.Options.Input) != InputKind.Push)
            return Problem.Of(StatusCodes.Status409Conflict, $"The channel {channel} is not pushed to; its input would have to be push.");
        files = hosted.Pushed;
        if (files is not null)
            return null;
        context.Response.Headers.RetryAfter = "1";
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, hosted.Snapshot().Reason is { } reason ? FileExchange.Sentence(reason) : "The channel is starting.");
    }
}
