using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>Where the child reads a source's bytes from.</summary>
internal abstract unsafe class SourceIo : IDisposable
{
    /// <summary>What libavformat reads; null until there is a sender.</summary>
    public abstract AVIOContext* Context { get; }

    /// <summary>libavformat's name of the only format that is expected; null to find out.</summary>
    public virtual string? Format => null;

    /// <summary>Whether a sender sends it at its own pace.</summary>
    public virtual bool IsLive => true;

    /// <summary>What the sender's words may hold and no line for people may repeat.</summary>
    public virtual string? Secret => null;

    /// <summary>Waits until there is something to read. Returns null, or why there will not be.</summary>
    public abstract (CutFault Fault, string Detail)? Open();

    /// <inheritdoc/>
    public abstract void Dispose();
}
