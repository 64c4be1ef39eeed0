using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace Tandem.EndToEnd.Alerting;

/// <summary>Takes what Slack's incoming webhook takes, and keeps it.</summary>
public sealed class SlackSink : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Title, string Link, string Text)> _messages = new();

    /// <summary>Starts it on a free port of loopback.</summary>
    public SlackSink()
    {
        Address = new Uri(Daemon.FreeAddress(), "services/T/B/secret");
        _listener.Prefixes.Add(new Uri(Address, "/").AbsoluteUri);
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>The webhook.</summary>
    public Uri Address { get; }

    /// <summary>What came.</summary>
    public IReadOnlyCollection<(string Title, string Link, string Text)> Messages => _messages;

    /// <inheritdoc/>
    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var message = await JsonDocument.ParseAsync(context.Request.InputStream);
                foreach (var part in message.RootElement.GetProperty("attachments").EnumerateArray())
                    _messages.Enqueue((Text(part, "title"), Text(part, "title_link"), Text(part, "text")));
                await context.Response.OutputStream.WriteAsync("ok"u8.ToArray());
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static string Text(JsonElement part, string name) => part.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
