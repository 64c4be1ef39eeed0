namespace Tandem.Live.Ingest;

/// <summary>What a text turned out to be.</summary>
public abstract record PlaylistOutcome
{
    private PlaylistOutcome()
    {
    }

    /// <summary>A master playlist.</summary>
    public sealed record Master(MasterPlaylist Playlist) : PlaylistOutcome;

    /// <summary>A media playlist.</summary>
    public sealed record Media(MediaPlaylist Playlist) : PlaylistOutcome;

    /// <summary>Neither, or a playlist that cannot be trusted.</summary>
    /// <param name="Reason"><c>not_a_playlist</c>, <c>bad_playlist</c> or <c>too_large</c>.</param>
    /// <param name="Line">Counted from 1; 0 where the whole text is meant.</param>
    /// <param name="Detail">One line for people, without the address.</param>
    public sealed record Rejected(string Reason, int Line, string Detail) : PlaylistOutcome
    {
        /// <summary>As a fault of the source at <paramref name="address"/>.</summary>
        public SourceFault AsFault(Uri address) => new(
            "playlist",
            Reason,
            Line > 0 ? $"{ShownAddress.Of(address)}, line {Line}: {Detail}" : $"{ShownAddress.Of(address)}: {Detail}",
            Retry: true);
    }
}
