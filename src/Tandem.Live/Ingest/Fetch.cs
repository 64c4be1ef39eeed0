using System.Diagnostics.CodeAnalysis;

namespace Tandem.Live.Ingest;

/// <summary>What is fetched; sets its bounds and the stage of its faults.</summary>
public enum FetchKind
{
    /// <summary>A master or media playlist.</summary>
    Playlist,

    /// <summary>A key of AES-128.</summary>
    Key,

    /// <summary>An init segment (EXT-X-MAP).</summary>
    Init,

    /// <summary>A media segment.</summary>
    Segment,
}

/// <summary>One thing to fetch.</summary>
/// <param name="Address">Absolute.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Range">The part wanted; null for the whole.</param>
/// <param name="Patience">
/// When the answer will be of no use any more, if that is before the time allowed in general. A connection that hangs is then given up
/// in time for another try.
/// </param>
public sealed record FetchRequest(Uri Address, FetchKind Kind, ByteRange? Range = null, TimeSpan? Patience = null)
{
    /// <summary>As <see cref="SourceFault.Stage"/> names it.</summary>
    public string Stage => Kind switch
    {
        FetchKind.Playlist => "playlist",
        FetchKind.Key => "key",
        FetchKind.Init => "init",
        _ => "segment",
    };
}

/// <summary>What came of it: bytes, or why there are none.</summary>
public sealed class FetchOutcome
{
    private FetchOutcome(ReadOnlyMemory<byte> body, Uri address, SourceFault? fault)
    {
        Body = body;
        Address = address;
        Fault = fault;
    }

    /// <summary>The whole body, decompressed and, for a range, cut to it; empty on a fault.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Where it was found, after redirects.</summary>
    public Uri Address { get; }

    /// <summary>Why there is no body.</summary>
    public SourceFault? Fault { get; }

    /// <summary>Whether there is a body.</summary>
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool Succeeded => Fault is null;

    /// <summary>Which state of it this is, where the source tells of changes by itself; 0 elsewhere.</summary>
    public long Version { get; private init; }

    /// <summary>A body.</summary>
    public static FetchOutcome Found(ReadOnlyMemory<byte> body, Uri address, long version = 0) => new(body, address, null) { Version = version };

    /// <summary>A fault.</summary>
    public static FetchOutcome Failed(SourceFault fault, Uri address) => new(default, address, fault);

    /// <summary>A fault in fetching <paramref name="request"/>; says where in its detail.</summary>
    public static FetchOutcome Failed(FetchRequest request, Uri at, string reason, string detail, bool retry = true) =>
        new(default, at, new SourceFault(request.Stage, reason, $"{ShownAddress.Of(at)}: {detail}", retry));
}
