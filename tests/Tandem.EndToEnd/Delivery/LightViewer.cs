using System.Net;
using System.Net.Http.Headers;

namespace Tandem.EndToEnd.Delivery;

/// <summary>A viewer as far as a cache can tell: reads the playlists of a picture and a voice again and again and fetches what is new.</summary>
/// <param name="http">Shared with others.</param>
/// <param name="master">The channel's master playlist.</param>
/// <param name="voice">A part of the voice's address.</param>
public sealed class LightViewer(HttpClient http, Uri master, string voice)
{
    private static readonly TimeSpan _pace = TimeSpan.FromSeconds(1);
    private readonly HashSet<Uri> _had = [];

    /// <summary>Requests that it made.</summary>
    public int Requests { get; private set; }

    /// <summary>Segments that it got.</summary>
    public int Segments { get; private set; }

    /// <summary>What it did not get.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Watches until it is told to stop.</summary>
    public async Task WatchAsync(CancellationToken stop)
    {
        try
        {
            var playlists = Find(await TextAsync(master, stop));
            while (true)
            {
                foreach (var playlist in playlists)
                    await FollowAsync(playlist, stop);
                await TextAsync(new Uri(master, "state.json"), stop);
                await Task.Delay(_pace, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // It has seen enough.
        }
    }

    private async Task FollowAsync(Uri playlist, CancellationToken stop)
    {
        var segments = (await TextAsync(playlist, stop)).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => new Uri(playlist, line)).ToList();
        foreach (var segment in segments.TakeLast(3).Where(_had.Add))
        {
            using var answer = await SendAsync(segment, stop);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                Failures.Add($"{(int)answer.StatusCode} {segment}");
                continue;
            }

            await answer.Content.CopyToAsync(Stream.Null, stop);
            Segments++;
        }
    }

    // The picture and one voice.
    private Uri[] Find(string text)
    {
        var lines = text.Split('\n');
        var picture = lines.SkipWhile(line => !line.StartsWith("#EXT-X-STREAM-INF", StringComparison.Ordinal)).Skip(1).FirstOrDefault();
        var sound = lines.FirstOrDefault(line => line.StartsWith("#EXT-X-MEDIA:TYPE=AUDIO", StringComparison.Ordinal) && line.Contains(voice, StringComparison.Ordinal));
        if (picture is null || sound is null)
        {
            Failures.Add($"the master playlist lacks picture or voice: {text}");
            return [];
        }

        return [new Uri(master, picture), new Uri(master, sound.Split("URI=\"")[1].Split('"')[0])];
    }

    private async Task<string> TextAsync(Uri address, CancellationToken stop)
    {
        using var answer = await SendAsync(address, stop);
        if (answer.StatusCode == HttpStatusCode.OK)
            return await answer.Content.ReadAsStringAsync(stop);
        Failures.Add($"{(int)answer.StatusCode} {address}");
        return "";
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, CancellationToken stop)
    {
        Requests++;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);

        // Browsers differ in how they spell it.
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(Requests % 2 == 0 ? "gzip" : "br"));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
    }
}
