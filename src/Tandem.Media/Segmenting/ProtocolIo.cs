using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>Listens by one of libavformat's protocols, RTMP or SRT, for one sender.</summary>
/// <param name="format">libavformat's name of what the sender sends.</param>
/// <param name="url">The address, in libavformat's words.</param>
/// <param name="options">The protocol's options.</param>
/// <param name="secret">The key or passphrase.</param>
internal sealed unsafe class ProtocolIo(string format, string url, IReadOnlyList<(string Name, string Value)> options, string? secret) : SourceIo
{
    private readonly ProtocolIoHandle _io = new();

    /// <inheritdoc/>
    public override AVIOContext* Context => _io.Value;

    /// <inheritdoc/>
    public override string? Format => format;

    /// <inheritdoc/>
    public override string? Secret => secret;

    /// <inheritdoc/>
    public override (CutFault Fault, string Detail)? Open()
    {
        void* dictionary = null;
        foreach (var (name, value) in options)
            AvError.Check(LibAvUtil.av_dict_set(&dictionary, name, value, 0), name);
        var interrupt = Patience.Callback;
        Patience.ForSender();
        LogTail.Clear();
        var result = _io.Open(url, &interrupt, &dictionary);
        LibAvUtil.av_dict_free(&dictionary);
        if (LogTail.Refused)
            return (CutFault.Refused, "a sender named another application or key than this channel's, and was sent away");
        if (result >= 0)
            return null;
        if (Patience.IsOver)
            return (CutFault.Refused, "a sender connected and did not complete its greeting");
        return Patience.HasConnected
            ? (CutFault.Refused, $"a sender connected and said what is no greeting: {AvError.Text(result)}{LogTail.Hint(secret)}")
            : (CutFault.CannotListen, $"it cannot be listened on: {AvError.Text(result)}{LogTail.Hint(secret)}; is the port taken?");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // Only what was opened is valid.
        _io.Dispose();
    }
}
