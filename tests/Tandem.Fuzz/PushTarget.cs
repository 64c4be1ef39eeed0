using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tandem.Live.Ingest;
using Tandem.Server.Push;

namespace Tandem.Fuzz;

/// <summary>
/// What is pushed, and what a follower makes of it. An input is requests, each a line with method and name and a body behind it, parted by
/// the byte 1E; <c>WAIT n</c> lets n seconds pass.
/// </summary>
internal static class PushTarget
{
    private const byte Separator = 0x1E;
    private const int MostRequests = 64;
    private const int MostFetched = 32;
    private const int Capacity = 1 << 20;
    private static readonly Uri _root = new("https://push.invalid/ingest/fuzz/");
    private static readonly int?[] _answers = [null, 200, 201, 204, 400, 404, 413, 415, 503];

    /// <summary>Takes the requests of one input, one after the other, and then follows what there is.</summary>
    public static void Run(byte[] bytes)
    {
        var clock = new Clock();
        var files = new PushedFiles(_root, Capacity, "nothing has been pushed", clock);
        var rest = bytes.AsMemory();
        for (var left = MostRequests; left > 0 && !rest.IsEmpty; left--)
        {
            var end = rest.Span.IndexOf(Separator);
            Take(files, clock, end < 0 ? rest : rest[..end]);
            rest = end < 0 ? default : rest[(end + 1)..];
            Hold(files.Bytes is >= 0 and <= Capacity, $"{files.Bytes} bytes are held");
        }

        // Longer than the packager's start is waited for.
        clock.Now += TimeSpan.FromSeconds(10);
        Follow(files, _root, depth: 0);
    }

    private static void Take(PushedFiles files, Clock clock, ReadOnlyMemory<byte> request)
    {
        var line = request.Span.IndexOf((byte)'\n');
        var body = line < 0 ? default : request[(line + 1)..];
        var words = Encoding.UTF8.GetString((line < 0 ? request : request[..line]).Span).Split(' ', 2);
        var name = words.Length > 1 ? words[1] : "";
        if (words[0] == "WAIT")
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                clock.Now += TimeSpan.FromSeconds(seconds % 100_000);
            return;
        }

        var context = new DefaultHttpContext();
        context.Request.Method = words[0];
        context.Request.Body = new MemoryStream(body.ToArray());
        context.Request.ContentLength = words[0] == "POST" ? body.Length : null;
        var answering = FileExchange.AnswerAsync(context, files, name, clock);
        Hold(answering.IsCompleted, "it waits for nobody");
        var status = (answering.GetAwaiter().GetResult() as IStatusCodeHttpResult)?.StatusCode;
        Hold(Array.IndexOf(_answers, status) >= 0, $"{words[0]} is answered {status}");
        if (PushedName.Problem(name) is not null)
            Hold(!files.TryGet(name, out _), "a file has a name that is none");
        else
            Hold(PushedName.Of(_root, files.AddressOf(name)) == name, "a file is not found at its own address");
        if (words[0] is "PUT" or "POST" && status is 201 or 204)
            Hold(files.TryGet(name, out var kept) && kept.Span.SequenceEqual(body.Span), "what was taken is not there");
    }

    /// <summary>As a follower does: the playlist, and what it leads to.</summary>
    private static void Follow(PushedFiles files, Uri address, int depth)
    {
        var found = Fetch(files, new FetchRequest(address, FetchKind.Playlist));
        if (!found.Succeeded)
            return;
        switch (PlaylistParser.Parse(Encoding.UTF8.GetString(found.Body.Span), found.Address))
        {
            case PlaylistOutcome.Master(var master) when depth == 0:
                SourceCatalog.Of(master, "en", new SourceLimits().Playlists);
                foreach (var variant in master.Variants.Take(MostFetched))
                    Follow(files, variant.Address, depth + 1);
                break;
            case PlaylistOutcome.Media(var media):
                foreach (var segment in media.Segments.Take(MostFetched))
                {
                    if (segment.Map is { } map)
                        Fetch(files, new FetchRequest(map.Address, FetchKind.Init, map.Range, TimeSpan.Zero));
                    Fetch(files, new FetchRequest(segment.Address, FetchKind.Segment, segment.Range, TimeSpan.Zero));
                }

                break;
        }
    }

    private static FetchOutcome Fetch(PushedFiles files, FetchRequest request)
    {
        var fetching = files.FetchAsync(request, CancellationToken.None);
        Hold(fetching.IsCompleted, $"{request.Address} is waited for");
        return fetching.GetAwaiter().GetResult();
    }

    private static void Hold(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
