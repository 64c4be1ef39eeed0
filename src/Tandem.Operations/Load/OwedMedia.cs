namespace Tandem.Operations.Load;

/// <summary>
/// What the source owed a viewer of one track: its clock runs on whether chunks come or not, so what did not come counts, even if nobody
/// ever saw its number. Times in µs.
/// </summary>
/// <param name="piece">Length of a piece while none has come.</param>
internal sealed class OwedMedia(long piece)
{
    private long _came;
    private long _lost;
    private long _piece = piece;

    /// <summary>A piece came that was published since the viewer wanted to watch.</summary>
    public void Came(long duration)
    {
        _came += duration;
        _piece = Math.Max(1, duration);
    }

    /// <summary>Pieces are known to be lost, and counted as such.</summary>
    public void Lost(long pieces) => _lost += pieces * _piece;

    /// <summary>Pieces that should have come beyond those that did and those that are known to be lost.</summary>
    /// <param name="span">How long the viewer wanted to watch.</param>
    /// <param name="slack">What may be missing: what is not due yet, and the time that joining takes.</param>
    public long Missing(long span, long slack)
    {
        var missing = span - _came - _lost;
        return missing <= slack ? 0 : missing / _piece;
    }
}
