using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Tandem.Live.Package;

/// <summary>How long caches may keep a resource.</summary>
public enum ResourceLife
{
    /// <summary>The URL never means anything else: kept for a year.</summary>
    Immutable,

    /// <summary>Grows with time: kept for about a third of the target duration.</summary>
    Playlist,
}

/// <summary>Bytes that are served as they are.</summary>
/// <param name="ContentType">Media type, such as <c>application/vnd.apple.mpegurl</c>.</param>
/// <param name="Body">The whole resource; never changed afterwards.</param>
/// <param name="Life">How long caches may keep it.</param>
/// <param name="ETag">Strong entity tag with its quotation marks; null to have it made from the body when it is published.</param>
public sealed record PublishedResource(string ContentType, ReadOnlyMemory<byte> Body, ResourceLife Life, string? ETag = null)
{
    /// <summary>The strong entity tag of a body: half of its SHA-256.</summary>
    public static string TagOf(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return $"\"{Convert.ToHexStringLower(hash[..16])}\"";
    }
}

/// <summary>
/// What one channel has published: paths below <c>/live/{channel}/</c> and their bytes. Reads take no lock; writers replace the whole
/// table, so that a reader sees all of a <see cref="Change"/> or nothing of it.
/// </summary>
public sealed class Publication
{
    private ImmutableDictionary<string, PublishedResource> _resources = ImmutableDictionary.Create<string, PublishedResource>(StringComparer.Ordinal);
    private volatile Func<Uri, string>? _master;
    private long _targetDurationTicks = TimeSpan.FromSeconds(6).Ticks;

    /// <summary>
    /// Renders the master playlist, whose URIs are absolute, for the address that the viewer reached the channel at, such as
    /// <c>https://host/live/news/</c>; null until there is one and something that it can lead to. Served as <c>master.m3u8</c>. Called on many
    /// threads at once.
    /// </summary>
    public Func<Uri, string>? Master
    {
        get => Volatile.Read(ref _resources).IsEmpty ? null : _master;
        set => _master = value;
    }

    /// <summary>EXT-X-TARGETDURATION of the channel's playlists; caches may keep a playlist for a third of it.</summary>
    public TimeSpan TargetDuration
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _targetDurationTicks));
        set => Interlocked.Exchange(ref _targetDurationTicks, value.Ticks);
    }

    /// <summary>The paths that can be had, in no order.</summary>
    public IEnumerable<string> Paths => Volatile.Read(ref _resources).Keys;

    /// <summary>The resource at <paramref name="path"/>, or null. Compared as it is: <c>es/12.aac</c>, no leading slash, not encoded.</summary>
    public PublishedResource? Find(string path) => Volatile.Read(ref _resources).GetValueOrDefault(path);

    /// <summary>Puts <paramref name="resource"/> at <paramref name="path"/>, in place of what was there.</summary>
    public void Publish(string path, PublishedResource resource) => Change([(path, resource)]);

    /// <summary>Takes away what is at <paramref name="path"/>.</summary>
    public void Withdraw(string path) => Change([(path, null)]);

    /// <summary>Publishes several resources at once; a null takes away what is at its path.</summary>
    public void Change(IReadOnlyCollection<(string Path, PublishedResource? Resource)> changes)
    {
        var made = changes.Select(change => (change.Path, Resource: WithTag(change.Resource))).ToArray();
        ImmutableInterlocked.Update(
            ref _resources,
            (resources, all) =>
            {
                var builder = resources.ToBuilder();
                foreach (var (path, resource) in all)
                {
                    if (resource is null)
                        builder.Remove(path);
                    else
                        builder[path] = resource;
                }

                return builder.ToImmutable();
            },
            made);
    }

    private static PublishedResource? WithTag(PublishedResource? resource) =>
        resource is { ETag: null } ? resource with { ETag = PublishedResource.TagOf(resource.Body.Span) } : resource;
}
