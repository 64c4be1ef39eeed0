using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Captions;

/// <summary>A live channel of the tests with a WebVTT rendition beside it, whose segments are cut where the others are.</summary>
public sealed class SubtitledOrigin : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly OriginChannel _channel;
    private readonly IReadOnlyList<Sentence> _sentences;

    // A segment stays for a while after it has left the playlist (RFC 8216, section 6.2.2).
    private readonly Dictionary<long, OriginEntry> _listed = [];

    /// <summary>Starts it on a free port of loopback.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="sentences">What is said, by the programme's own time.</param>
    public SubtitledOrigin(OriginChannel channel, IReadOnlyList<Sentence> sentences)
    {
        _channel = channel;
        _sentences = sentences;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Root = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Root.AbsoluteUri);
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>Its address.</summary>
    public Uri Root { get; }

    /// <summary>The master playlist.</summary>
    public Uri Master => new(Root, "master.m3u8");

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Close();
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            var text = path switch
            {
                "/master.m3u8" => await MasterAsync(),
                "/subs.m3u8" => Playlist(),
                _ => Segment(long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture)),
            };
            context.Response.Headers["Access-Control-Allow-Origin"] = "*";
            if (text is null)
                context.Response.StatusCode = 404;
            else
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
            context.Response.Close();
        }
    }

    private async Task<string> MasterAsync()
    {
        const string Rendition = "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES,URI=\"subs.m3u8\"";
        var lines = (await _http.GetStringAsync(_channel.Master)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal) ? line + ",SUBTITLES=\"subs\""
            : line.StartsWith('#') ? line
            : new Uri(_channel.Master, line).AbsoluteUri);
        return string.Join('\n', lines.Take(1).Append(Rendition).Concat(lines.Skip(1))) + "\n";
    }

    private string Playlist()
    {
        var window = _channel.Window();
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{window[0].Sequence}\n#EXT-X-DISCONTINUITY-SEQUENCE:{window[0].DiscontinuitySequence}\n");
        foreach (var entry in window)
        {
            _listed[entry.Ordinal] = entry;
            if (entry.Discontinuity && entry != window[0])
                text.Append("#EXT-X-DISCONTINUITY\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PROGRAM-DATE-TIME:{entry.Date:yyyy-MM-dd'T'HH:mm:ss.fffzzz}\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{Piece(entry).Seconds:F3},\n{entry.Ordinal}.vtt\n");
        }

        return text.ToString();
    }

    private string? Segment(long ordinal)
    {
        if (!_listed.TryGetValue(ordinal, out var entry))
            return null;
        var programme = _channel.Options.Programme;
        var from = programme.Tracks[0].Pieces.Take(entry.Piece).Sum(piece => piece.Seconds);
        var to = from + Piece(entry).Seconds;
        var text = new StringBuilder("WEBVTT\n");
        text.Append(CultureInfo.InvariantCulture, $"X-TIMESTAMP-MAP=MPEGTS:{(programme.FirstTicks + entry.Shift) & ((1L << 33) - 1)},LOCAL:00:00:00.000\n\n");
        foreach (var (index, sentence) in _sentences.Index().Where(pair => pair.Item.Start < to && pair.Item.End > from))
        {
            text.Append(CultureInfo.InvariantCulture, $"{index}\n{Stamp(sentence.Start)} --> {Stamp(sentence.End)} line:90%\n")
                .Append("<v Allison>").Append(sentence.Text).Append("\n\n");
        }

        return text.ToString();
    }

    private Piece Piece(OriginEntry entry) => _channel.Options.Programme.Tracks[0].Pieces[entry.Piece];

    private static string Stamp(double seconds) => TimeSpan.FromSeconds(seconds).ToString(@"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture);
}
