namespace Tandem.Operations.Load;

/// <summary>
/// Walks through a transport stream (ISO/IEC 13818-1): every packet begins with its sync byte, counters of a stream go on, and the first
/// times of picture and voice are taken from PES headers.
/// </summary>
internal sealed class TsWalk : ISegmentWalk
{
    private const int PacketLength = 188;
    private const int MostStreams = 32;

    private readonly byte[] _packet = new byte[PacketLength];
    private readonly Dictionary<int, int> _counters = [];
    private int _length;
    private int _packets;
    private double? _voice;
    private double? _picture;
    private string? _fault;

    /// <inheritdoc/>
    public SegmentTimes Times => new(_voice, null, _picture, null, Wraps: true);

    /// <inheritdoc/>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_length > 0)
        {
            var count = Math.Min(PacketLength - _length, bytes.Length);
            bytes[..count].CopyTo(_packet.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
            if (_length < PacketLength)
                return;
            _length = 0;
            Take(_packet);
        }

        for (; bytes.Length >= PacketLength && _fault is null; bytes = bytes[PacketLength..])
            Take(bytes[..PacketLength]);
        if (_fault is null)
        {
            bytes.CopyTo(_packet);
            _length = bytes.Length;
        }
    }

    /// <inheritdoc/>
    public string? End()
    {
        if (_length > 0)
            _fault ??= "it ends in the middle of a packet";
        return _fault ??= _voice is null && _picture is null ? "neither picture nor sound has a time" : null;
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        if (packet[0] != 0x47)
        {
            _fault ??= $"packet {_packets} does not begin with its sync byte";
            return;
        }

        _packets++;
        var pid = ((packet[1] & 0x1F) << 8) | packet[2];
        var hasPayload = (packet[3] & 0x10) != 0;
        if (pid == 0x1FFF || !hasPayload)
            return;
        var adaptation = (packet[3] & 0x20) != 0 ? packet[4] + 1 : 0;
        CheckCounter(pid, packet[3] & 0xF, adaptation > 1 && (packet[5] & 0x80) != 0);
        var payload = 4 + adaptation;
        if ((packet[1] & 0x40) != 0 && payload + 14 <= PacketLength)
            TakeTime(packet[payload..]);
    }

    private void CheckCounter(int pid, int counter, bool discontinuity)
    {
        // A packet may be sent twice; then its counter stands still.
        if (_counters.TryGetValue(pid, out var before) && !discontinuity && counter != ((before + 1) & 0xF) && counter != before)
            _fault ??= $"stream {pid} goes from packet counter {before} to {counter}";
        if (_counters.Count < MostStreams || _counters.ContainsKey(pid))
            _counters[pid] = counter;
    }

    private void TakeTime(ReadOnlySpan<byte> pes)
    {
        if (pes[0] != 0 || pes[1] != 0 || pes[2] != 1 || (pes[7] & 0x80) == 0)
            return;
        var ticks = ((long)(pes[9] & 0x0E) << 29) | ((long)pes[10] << 22) | ((long)(pes[11] & 0xFE) << 14) | ((long)pes[12] << 7)
            | ((long)pes[13] >> 1);
        var time = ticks / 90_000.0;
        if (pes[3] is >= 0xC0 and < 0xE0 or 0xBD)
            _voice ??= time;
        else if (pes[3] is >= 0xE0 and < 0xF0)
            _picture ??= time;
    }
}
