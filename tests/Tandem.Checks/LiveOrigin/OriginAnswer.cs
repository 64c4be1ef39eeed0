using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>Answers one request to a channel, with the faults that apply.</summary>
internal sealed class OriginAnswer(OriginChannel channel, HttpContext context, TimeProvider time)
{
    private HttpResponse Response => context.Response;

    public async Task RunAsync(string[] path)
    {
        if (channel.Options.Cors)
        {
            Response.Headers.AccessControlAllowOrigin = "*";
            Response.Headers.AccessControlAllowHeaders = "*";
            Response.Headers.AccessControlExposeHeaders = "*";
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Response.StatusCode = 204;
            return;
        }

        var request = Understand(path);
        channel.Note(request);
        var faults = channel.Faults.Where(fault => fault.Resource.HasFlag(request.Resource) && fault.When(request)).ToList();
        foreach (var fault in faults)
        {
            if (await FailedAsync(fault, request))
                return;
        }

        if (request.Resource == Resource.None || Refused())
            return;
        if (Redirected(request))
            return;
        if (request.Resource is Resource.Master or Resource.Playlist)
            await PlaylistAsync(request, faults);
        else
            await BytesAsync(request, path[^1], faults);
    }

    private OriginRequest Understand(string[] path)
    {
        var name = path[^1];
        var track = channel.Options.Programme.Tracks.FirstOrDefault(track => path.Length == 2 && track.Name == path[0]);
        OriginEntry? entry = null;
        Resource resource;
        if (path is ["master.m3u8"])
            resource = Resource.Master;
        else if (path is ["key", _])
            resource = Resource.Key;
        else if (track is null)
            resource = Resource.None;
        else if (name == "index.m3u8")
            resource = Resource.Playlist;
        else if (name == "init.mp4")
            resource = Resource.Init;
        else
            resource = (entry = Entry(name)) is null ? Resource.None : Resource.Segment;

        if (resource == Resource.None)
            Response.StatusCode = 404;
        return new OriginRequest(
            time.GetUtcNow(), resource, track?.Name ?? "", entry, context.Request.Headers.UserAgent.ToString(), context.Request.Path.Value ?? "");
    }

    /// <summary>The segment of a file name: <c>life-number.ts</c>, <c>life-number.part.ts</c>, or the first of <c>life-ffile.ts</c>.</summary>
    private OriginEntry? Entry(string name)
    {
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dash <= 0 || dot < dash || !int.TryParse(name[..dash], CultureInfo.InvariantCulture, out var life))
            return null;
        var isFile = name[dash + 1] == 'f';
        if (!long.TryParse(name.AsSpan((isFile ? dash + 2 : dash + 1)..dot), CultureInfo.InvariantCulture, out var number))
            return null;
        var entry = channel.Find(life, isFile ? number * channel.Options.SegmentsPerFile : number);
        return entry is { Gap: true } ? null : entry;
    }

    private bool Refused()
    {
        if (channel.Addresses.MayServe(context.Request.Path.Value ?? "", context.Request.Query["sig"], time.GetUtcNow()))
            return false;
        Response.StatusCode = 403;
        return true;
    }

    private bool Redirected(OriginRequest request)
    {
        if (!channel.Options.Redirects || request.Resource is not (Resource.Master or Resource.Segment) || context.Request.Query.ContainsKey("to"))
            return false;
        var query = context.Request.QueryString.HasValue ? context.Request.QueryString + "&to=here" : "?to=here";
        Response.Redirect(context.Request.Path + query);
        return true;
    }

    private async Task PlaylistAsync(OriginRequest request, List<OriginFault> faults)
    {
        var at = time.GetUtcNow();
        foreach (var fault in faults)
        {
            at = fault switch
            {
                StaleFault stale => stale.Since,
                BackwardsFault backwards => at - backwards.By,
                _ => at,
            };
        }

        var text = request.Resource == Resource.Master ? channel.MasterText() : channel.PlaylistText(Track(request), at);
        if (faults.OfType<ElsewhereFault>().FirstOrDefault() is { } elsewhere)
            text = string.Join('\n', text.TrimEnd('\n').Split('\n')[..^1]) + $"\n{elsewhere.Segment}\n";
        if (faults.OfType<SampleAesFault>().Any())
            text = text.Replace("#EXTINF", "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://key\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n#EXTINF", StringComparison.Ordinal);
        await SendAsync(Damaged(Encoding.UTF8.GetBytes(text), faults), "application/vnd.apple.mpegurl", channel.Options.Gzip);
    }

    private async Task BytesAsync(OriginRequest request, string name, List<OriginFault> faults)
    {
        var data = request.Resource switch
        {
            Resource.Key => channel.Addresses.KeyBytes(long.Parse(name.Split('.')[0], CultureInfo.InvariantCulture)),
            Resource.Init => Track(request).Init ?? [],
            _ => SegmentBytes(request, name),
        };
        var type = channel.Options.Programme.Packing == Packing.Ts && request.Resource == Resource.Segment ? "video/mp2t" : "video/mp4";
        var result = TypedResults.File(Damaged(data, faults), request.Resource == Resource.Key ? "application/octet-stream" : type, enableRangeProcessing: true);
        await ((IResult)result).ExecuteAsync(context);
    }

    private byte[] SegmentBytes(OriginRequest request, string name)
    {
        var entry = request.Entry!;
        var track = Track(request);
        if (name.Contains("-f", StringComparison.Ordinal))
        {
            using var file = new MemoryStream();
            for (var index = 0; index < channel.Options.SegmentsPerFile; index++)
            {
                if (channel.Find(entry.Life, entry.Sequence + index) is { } part)
                    file.Write(channel.Bytes(track, part));
            }

            return file.ToArray();
        }

        var data = channel.Bytes(track, entry);
        var pieces = name.Split('.');
        if (pieces.Length < 3)
            return data;
        var number = int.Parse(pieces[1], CultureInfo.InvariantCulture);
        var parts = channel.Options.Parts;
        return data[(data.Length * number / parts)..(data.Length * (number + 1) / parts)];
    }

    private Track Track(OriginRequest request) => channel.Options.Programme.Tracks.First(track => track.Name == request.Track);

    private async Task SendAsync(byte[] data, string type, bool mayZip)
    {
        Response.ContentType = type;
        Response.Headers.CacheControl = "no-cache";
        if (mayZip && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            Response.Headers.ContentEncoding = "gzip";
            using var zipped = new MemoryStream();
            await using (var zip = new GZipStream(zipped, CompressionLevel.Fastest))
                zip.Write(data);
            data = zipped.ToArray();
        }

        Response.ContentLength = data.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await Response.Body.WriteAsync(data, context.RequestAborted);
    }

    private static byte[] Damaged(byte[] data, List<OriginFault> faults)
    {
        foreach (var fault in faults)
        {
            if (fault is TruncateFault truncate)
                data = data[..(int)(data.Length * truncate.Share)];
            else if (fault is DamageFault damage)
                data = Noisy(data, damage.Share);
        }

        return data;
    }

    private static byte[] Noisy(byte[] data, double share)
    {
        var random = new Random(data.Length);
        var noisy = (byte[])data.Clone();
        for (var count = (int)(noisy.Length * share); count > 0; count--)
            noisy[random.Next(noisy.Length)] = (byte)random.Next(256);
        return noisy;
    }

    /// <summary>Whether the fault took the whole answer over.</summary>
    private async Task<bool> FailedAsync(OriginFault fault, OriginRequest request)
    {
        switch (fault)
        {
            case StatusFault status:
                Response.StatusCode = status.Status;
                return true;
            case ResetFault:
                context.Abort();
                return true;
            case HtmlFault:
                Response.ContentType = "text/html";
                await Response.WriteAsync("<!doctype html><title>Sign in</title><p>Please sign in to continue.", context.RequestAborted);
                return true;
            case SlowFault slow:
                await Task.Delay(slow.Wait, time, context.RequestAborted);
                return false;
            case RedirectFault redirect:
                Response.Redirect(redirect.To.ToString());
                return true;
            case EndlessFault:
                await EndlessAsync(request);
                return true;
            case GzipBombFault:
                await BombAsync();
                return true;
            default:
                return false;
        }
    }

    private async Task EndlessAsync(OriginRequest request)
    {
        Response.ContentType = request.Resource == Resource.Segment ? "video/mp2t" : "application/octet-stream";
        var zeros = new byte[64 * 1024];
        const long tenGigabytes = 10L << 30;
        for (long sent = 0; sent < tenGigabytes; sent += zeros.Length)
            await Response.Body.WriteAsync(zeros, context.RequestAborted);
    }

    /// <summary>2 GiB of comment lines in about 2 MB.</summary>
    private async Task BombAsync()
    {
        Response.ContentType = "application/vnd.apple.mpegurl";
        Response.Headers.ContentEncoding = "gzip";
        await using var zip = new GZipStream(Response.Body, CompressionLevel.Fastest);
        await zip.WriteAsync("#EXTM3U\n"u8.ToArray(), context.RequestAborted);
        var line = Encoding.ASCII.GetBytes("#" + new string('x', (1 << 20) - 2) + "\n");
        for (var count = 0; count < 2048; count++)
            await zip.WriteAsync(line, context.RequestAborted);
    }
}
