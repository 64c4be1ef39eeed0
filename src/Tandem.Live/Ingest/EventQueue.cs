using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Tandem.Live.Ingest;

/// <summary>
/// Events on their way to the one who reads them. Bounded twice: by number, and by segments, whose bytes weigh. A reader that falls
/// behind slows the follower; nothing is dropped, since segments come in order.
/// </summary>
internal sealed class EventQueue
{
    /// <summary>Events that wait, at most.</summary>
    public const int Capacity = 128;

    /// <summary>Heard segments that are being fetched or wait for the reader.</summary>
    public const int SegmentsAhead = 3;

    private readonly Channel<(SourceEvent Event, bool HoldsSlot)> _events =
        Channel.CreateBounded<(SourceEvent, bool)>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    // A semaphore that the reader may still give back to when the follower has been disposed of.
    private readonly Channel<bool> _slots = Channel.CreateBounded<bool>(SegmentsAhead);

    /// <summary>Slots that are taken.</summary>
    public int Segments => _slots.Reader.Count;

    /// <summary>Events that nobody has read yet.</summary>
    public int Waiting => _events.Reader.Count;

    /// <summary>Waits until a segment may be fetched; the slot is given back when the reader has done with its event.</summary>
    public ValueTask TakeSlotAsync(CancellationToken cancellation) => _slots.Writer.WriteAsync(true, cancellation);

    public ValueTask WriteAsync(SourceEvent what, CancellationToken cancellation, bool holdsSlot = false) =>
        _events.Writer.WriteAsync((what, holdsSlot), cancellation);

    public void Complete() => _events.Writer.TryComplete();

    public async IAsyncEnumerable<SourceEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var (what, holdsSlot) in _events.Reader.ReadAllAsync(cancellation))
        {
            yield return what;
            if (holdsSlot)
                _slots.Reader.TryRead(out _);
        }
    }
}
