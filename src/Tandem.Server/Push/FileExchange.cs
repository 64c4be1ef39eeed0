using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Tandem.Live.Ingest;
using Tandem.Server.Api;

namespace Tandem.Server.Push;

/// <summary>What a packager may do with the files of its channel: put, show and take away. Who it is was settled before.</summary>
internal static class FileExchange
{
    // Packagers send a segment while they make it, a piece now and then.
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <summary>Answers PUT, POST, DELETE, GET and HEAD.</summary>
    /// <param name="context">The request.</param>
    /// <param name="files">The channel's.</param>
    /// <param name="name">What follows the channel in the address, decoded; anything.</param>
    /// <param name="time">The clock.</param>
    public static async Task<IResult> AnswerAsync(HttpContext context, PushedFiles files, string name, TimeProvider time)
    {
        if (Misnamed(name) is { } refused)
            return Close(context, refused);
        return context.Request.Method switch
        {
            "PUT" or "POST" => await TakeAsync(context, files, name, time),
            "DELETE" => Remove(files, name),
            _ => Show(files, name),
        };
    }

    /// <summary>Refuses without reading what else would come: the connection ends, and a gigabyte is not waited for.</summary>
    public static IResult Close(HttpContext context, IResult refused)
    {
        if (context.Request.Method is "PUT" or "POST")
            context.Response.Headers.Connection = "close";
        return refused;
    }

    /// <summary>A reason as a sentence.</summary>
    public static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + ".";

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

    private static async Task<IResult> TakeAsync(HttpContext context, PushedFiles files, string name, TimeProvider time)
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
