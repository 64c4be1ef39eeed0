using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
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
    // Packagers send a segment while they make it, a piece now and then.
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <summary>Answers PUT, POST, DELETE, GET and HEAD.</summary>
    public async Task<IResult> AnswerAsync(HttpContext context, string channel, string? path)
    {
        var name = path ?? "";
        PushedFiles? files = null;
        if ((access.Refuse(context) ?? Find(context, channel, out files) ?? Misnamed(name)) is { } refused)
            return Close(context, refused);
        return context.Request.Method switch
        {
            "PUT" or "POST" => await TakeAsync(context, files!, name),
            "DELETE" => Remove(files!, name),
            _ => Show(files!, name),
        };
    }

    private static IResult? Misnamed(string name) =>
        PushedName.Problem(name) is { } problem ? Problem.Of(StatusCodes.Status400BadRequest, Sentence(problem)) : null;

    private static IResult Remove(PushedFiles files, string name)
    {
        files.Remove(name);
        return Results.Ok();
    }

    private static IResult Show(PushedFiles files, string name) => files.TryGet(name, out var bytes)
        ? Results.Bytes(bytes, name.EndsWith(".m3u8", StringComparison.OrdinalIgnoreCase) ? "application/vnd.apple.mpegurl" : "application/octet-stream")
        : Problem.Of(StatusCodes.Status404NotFound, "This file has not been pushed, or not for some time.");

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + ".";

    /// <summary>Refuses without reading what else would come: the connection ends, and a gigabyte is not waited for.</summary>
    private static IResult Close(HttpContext context, IResult refused)
    {
        if (context.Request.Method is "PUT" or "POST")
            context.Response.Headers.Connection = "close";
        return refused;
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
        return Problem.Of(StatusCodes.Status503ServiceUnavailable, hosted.Snapshot().Reason is { } reason ? Sentence(reason) : "The channel is starting.");
    }

    private async Task<IResult> TakeAsync(HttpContext context, PushedFiles files, string name)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
            return Close(context, Problem.Of(StatusCodes.Status415UnsupportedMediaType, "Files are taken as they are, without Content-Encoding."));
        if (request.ContentLength > files.LargestFile)
            return Close(context, Answer(context, PushResult.TooLarge, files, name));

        // Bounds of its own: larger bodies than others send, and slower, since a segment comes while it is made.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        using var upload = files.Receive(name);
        using var stall = new CancellationTokenSource(Stall, time);
        try
        {
            // Not until RequestAborted: FFmpeg hangs up without waiting for an answer, and what it sent is whole all the same.
            return await ReadAsync(request, upload, () => stall.CancelAfter(Stall), stall.Token) is { } refused
                ? Close(context, Answer(context, refused, files, name))
                : Answer(context, upload.Finish(), files, name);
        }
        catch (OperationCanceledException) when (stall.IsCancellationRequested)
        {
            return Close(context, Problem.Of(StatusCodes.Status408RequestTimeout, $"Nothing came for {Stall.TotalSeconds:0} s."));
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
            // It broke off, and nobody is there to be told.
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<PushResult?> ReadAsync(HttpRequest request, PushedUpload upload, Action alive, CancellationToken cancellation)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            alive();
            foreach (var piece in read.Buffer)
            {
                if (upload.Append(piece.Span) is { } refused)
                    return refused;
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return null;
        }
    }

    private static IResult Answer(HttpContext context, PushResult result, PushedFiles files, string name)
    {
        switch (result)
        {
            case PushResult.Added:
                return Results.StatusCode(StatusCodes.Status201Created);
            case PushResult.Replaced:
                return Results.NoContent();
            case PushResult.Empty:
                return Problem.Of(StatusCodes.Status400BadRequest, $"{name} is empty; send its content as the body.");
            case PushResult.NotAPlaylist:
                return Problem.Of(StatusCodes.Status400BadRequest, $"{name} is no playlist: it does not begin with #EXTM3U.");
            case PushResult.TooLarge:
                return Problem.Of(
                    StatusCodes.Status413PayloadTooLarge,
                    $"A file may have {files.LargestFile} bytes, a quarter of push_memory and at most 64 MiB; make segments shorter, or raise push_memory.");
            default:
                context.Response.Headers.RetryAfter = "1";
                return Problem.Of(StatusCodes.Status503ServiceUnavailable, "What is being pushed at the moment fills half of push_memory; come again, or raise push_memory.");
        }
    }
}
