namespace Tandem.Media.Worker;

/// <summary>Hands one request at a time from the thread that reads to the thread that works.</summary>
internal sealed class RequestSlot : IDisposable
{
    private readonly SemaphoreSlim _empty = new(1);
    private readonly SemaphoreSlim _full = new(0);
    private (MessageKind Kind, byte[] Body) _request;

    /// <summary>Leaves a request; waits while one lies there.</summary>
    public void Put(MessageKind kind, byte[] body)
    {
        _empty.Wait();
        _request = (kind, body);
        _full.Release();
    }

    /// <summary>Takes the next request; waits while there is none.</summary>
    public (MessageKind Kind, byte[] Body) Take()
    {
        _full.Wait();
        var request = _request;
        _request = default;
        _empty.Release();
        return request;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _empty.Dispose();
        _full.Dispose();
    }
}
