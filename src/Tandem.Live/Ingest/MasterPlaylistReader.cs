using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>Master playlists (RFC 8216, section 4.3.4).</summary>
internal sealed class MasterPlaylistReader(PlaylistContext context)
{
    private readonly ImmutableArray<Variant>.Builder _variants = ImmutableArray.CreateBuilder<Variant>();
    private readonly ImmutableArray<Rendition>.Builder _renditions = ImmutableArray.CreateBuilder<Rendition>();
    private readonly ImmutableArray<IFrameVariant>.Builder _iFrames = ImmutableArray.CreateBuilder<IFrameVariant>();
    private readonly ImmutableArray<string>.Builder _others = ImmutableArray.CreateBuilder<string>();
    private AttributeList? _pending;
    private AttributeList? _start;
    private bool _independent;

    public PlaylistOutcome Read(List<PlaylistLine> lines)
    {
        foreach (var line in lines)
        {
            if (!Read(line))
                return context.Failure!;
        }

        if (_variants.Count == 0)
            return new PlaylistOutcome.Rejected("not_a_playlist", 0, "a master playlist without variants");
        return new PlaylistOutcome.Master(new MasterPlaylist(
            context.Address,
            _variants.ToImmutable(),
            _renditions.ToImmutable(),
            _iFrames.ToImmutable(),
            _independent,
            _start,
            _others.ToImmutable())
        {
            Variables = context.Variables,
        });
    }

    private bool Read(PlaylistLine line)
    {
        if (_variants.Count + _renditions.Count + _iFrames.Count + _others.Count > PlaylistParser.MaxEntries)
            return context.Fail(line, $"more than {PlaylistParser.MaxEntries} entries", "too_large");
        switch (line.Tag)
        {
            case "":
                return ReadVariant(line);
            case "EXT-X-STREAM-INF":
                var read = context.TryAttributes(line, out var attributes);
                _pending = attributes;
                return read;
            case "EXT-X-MEDIA":
                return ReadRendition(line);
            case "EXT-X-I-FRAME-STREAM-INF":
                return ReadIFrames(line);
            case "EXT-X-DEFINE":
                return context.TryDefine(line);
            case "EXT-X-START":
                if (!context.TryAttributes(line, out var start))
                    return false;
                _start = start;
                return true;
            case "EXT-X-INDEPENDENT-SEGMENTS":
                _independent = true;
                return true;
            // Steering would lead players away from Tandem's playlists (design.md, 3a, rule 5).
            case "EXTM3U" or "EXT-X-VERSION" or "EXT-X-CONTENT-STEERING":
                return true;
            default:
                if (context.Kept(line) is { } kept)
                    _others.Add(kept);
                return true;
        }
    }

    private bool ReadVariant(PlaylistLine line)
    {
        if (_pending is not { } attributes)
            return context.Fail(line, "an address without EXT-X-STREAM-INF before it");
        if (!context.TryAddress(line, out var address))
            return false;
        _variants.Add(new Variant(attributes, address));
        _pending = null;
        return true;
    }

    private bool ReadRendition(PlaylistLine line)
    {
        if (!context.TryAttributes(line, out var attributes))
            return false;
        if (attributes["TYPE"] is null || attributes["GROUP-ID"] is null)
            return context.Fail(line, "EXT-X-MEDIA without TYPE or GROUP-ID");
        Uri? address = null;
        if (attributes["URI"] is { Length: > 0 } written && !context.TryAddress(line, written, out address))
            return false;
        _renditions.Add(new Rendition(attributes, address));
        return true;
    }

    private bool ReadIFrames(PlaylistLine line)
    {
        if (!context.TryAttributes(line, out var attributes))
            return false;
        if (attributes["URI"] is not { Length: > 0 } written)
            return context.Fail(line, "EXT-X-I-FRAME-STREAM-INF without URI");
        if (!context.TryAddress(line, written, out var address))
            return false;
        _iFrames.Add(new IFrameVariant(attributes, address));
        return true;
    }
}
