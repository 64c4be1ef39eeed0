using System.Text;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>
/// Finds out whether a source is made for one viewer, as with advertisements that a server puts in for each session: asked afresh and
/// without cookies, it then leads to other segments. Their addresses could not be given to all viewers (design.md, section 3a, rule 8).
/// </summary>
internal sealed class SharedAddresses : IDisposable
{
    private readonly SourceOptions _options;
    private readonly SourceHttp _http;

    /// <summary>For one channel.</summary>
    public SharedAddresses(ChannelOptions channel, TimeProvider time)
    {
        var options = SourceOptions.Of(channel);
        _options = options with { Headers = options.Headers.RemoveRange(options.Headers.Keys.Where(name => name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))) };
        _http = new SourceHttp(_options, time);
    }

    /// <summary>Whether an answer came, and what speaks against the addresses, one line without secrets.</summary>
    /// <param name="id">A playlist.</param>
    /// <param name="known">As the channel has it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(bool Answered, string? Fault)> AskAsync(PlaylistId id, MediaPlaylist known, CancellationToken cancellation)
    {
        var first = await FetchAsync(_options.Input, cancellation);
        if (first is PlaylistOutcome.Master(var master))
        {
            var catalog = SourceCatalog.Of(master, _options.Language, _options.Limits.Playlists).Catalog;
            var address = catalog?.Playlists.FirstOrDefault(playlist => playlist.Id == id)?.Address;
            first = address is null ? null : await FetchAsync(address, cancellation, master);
        }

        return first is PlaylistOutcome.Media(var media) ? (true, Difference(known, media)) : (false, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Why two states of a playlist, asked for by two viewers, are not the same playlist; null where they are. Queries do not count:
    /// signatures are each asker's own.
    /// </summary>
    internal static string? Difference(MediaPlaylist known, MediaPlaylist other)
    {
        var mine = known.Segments.ToDictionary(segment => segment.Sequence, segment => segment.Address.AbsolutePath);
        var common = other.Segments.Where(segment => mine.ContainsKey(segment.Sequence)).ToList();
        var differing = common.Find(segment => mine[segment.Sequence] != segment.Address.AbsolutePath);

        // Numbers that count from the session's beginning have nothing in common.
        if (common.Count == 0 && !other.Segments.IsEmpty && !known.Segments.IsEmpty
            && !other.Segments.Any(segment => mine.ContainsValue(segment.Address.AbsolutePath)))
            differing = other.Segments[^1];
        return differing is null
            ? null
            : $"the source is made for each viewer: asked again, it has {ShownAddress.Of(differing.Address)} in the place of another segment";
    }

    private async Task<PlaylistOutcome?> FetchAsync(Uri address, CancellationToken cancellation, MasterPlaylist? master = null)
    {
        var outcome = await _http.FetchAsync(new FetchRequest(address, FetchKind.Playlist), cancellation);
        return outcome.Succeeded ? PlaylistParser.Parse(Encoding.UTF8.GetString(outcome.Body.Span), outcome.Address, master?.Variables) : null;
    }
}
