namespace Tandem.Live.Package;

/// <summary>A chunk that can be had, and its init segment.</summary>
/// <param name="generation">Its generation.</param>
/// <param name="chunk">The chunk's message.</param>
public sealed class ChunkEntry(ChunkGeneration generation, MediaMessage chunk)
{
    private MediaMessage? _init;

    /// <summary>Its generation.</summary>
    public ChunkGeneration Generation { get; } = generation;

    /// <summary>The chunk.</summary>
    public MediaMessage Chunk { get; } = chunk;

    /// <summary>The init segment as it goes before this very chunk; made for the first viewer who needs it, shared by the others.</summary>
    public MediaMessage Init => _init ??= MediaMessage.OfInit(Chunk.Track, Generation.Number, Chunk, Generation.Init.Span);
}

/// <summary>The chunks of one rendition that are held at one moment: contiguous in their sequence.</summary>
public sealed class ChunkView
{
    private readonly ChunkEntry[] _entries;

    internal ChunkView(ChunkEntry[] entries) => _entries = entries;

    /// <summary>Nothing.</summary>
    public static ChunkView Empty { get; } = new([]);

    /// <summary>Whether nothing is held.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Sequence of the oldest; 0 where nothing is held.</summary>
    public long First => IsEmpty ? 0 : _entries[0].Chunk.Sequence;

    /// <summary>Sequence of the newest; -1 where nothing is held.</summary>
    public long Last => IsEmpty ? -1 : _entries[^1].Chunk.Sequence;

    /// <summary>All of them, oldest first.</summary>
    public ReadOnlySpan<ChunkEntry> Entries => _entries;

    /// <summary>The chunk of that sequence; null where it is not held.</summary>
    public ChunkEntry? Find(long sequence) => IsEmpty || sequence < First || sequence > Last ? null : _entries[sequence - First];
}

/// <summary>The chunks of one rendition. One writer; readers take no lock and see a whole view.</summary>
public sealed class ChunkLane
{
    private volatile ChunkView _view = ChunkView.Empty;

    /// <summary>What is held now.</summary>
    public ChunkView View => _view;

    /// <summary>Bytes that are held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds the newest. One that does not follow the others takes their place: a hole would look like loss.</summary>
    /// <param name="entry">The chunk.</param>
    /// <param name="from">Sequence of the oldest that is still wanted.</param>
    /// <param name="mostBytes">What is held beyond this goes, oldest first.</param>
    internal void Add(ChunkEntry entry, long from, long mostBytes)
    {
        var old = _view;
        if (!old.IsEmpty && old.Last + 1 != entry.Chunk.Sequence)
            old = Cleared();
        Bytes += entry.Chunk.Framed.Length;
        var skip = 0;
        while (skip < old.Entries.Length && (old.Entries[skip].Chunk.Sequence < from || Bytes > mostBytes))
            Bytes -= old.Entries[skip++].Chunk.Framed.Length;
        var entries = new ChunkEntry[old.Entries.Length - skip + 1];
        old.Entries[skip..].CopyTo(entries);
        entries[^1] = entry;
        _view = new ChunkView(entries);
    }

    /// <summary>Lets go of everything.</summary>
    internal void Clear() => _view = Cleared();

    private ChunkView Cleared()
    {
        Bytes = 0;
        return ChunkView.Empty;
    }
}
