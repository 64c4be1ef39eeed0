using Tandem.Media.Demux;

namespace Tandem.Media.Remux;

/// <summary>Follows PAT and PMT of the one programme that is taken over; of several it is the first (RFC 8216, section 3.2).</summary>
internal sealed class TsTables
{
    private PsiSection _patParts = new();
    private PsiSection _pmtParts = new();
    private int _number;

    /// <summary>PID of the PMT; null before a PAT.</summary>
    public int? PmtPid { get; private set; }

    /// <summary>The new PAT section with its CRC; empty before a PAT.</summary>
    public byte[] Pat { get; private set; } = [];

    /// <summary>What the newest PMT says; null before it.</summary>
    public TsProgramme? Programme { get; private set; }

    /// <summary>Whether packets of this PID carry tables that are followed.</summary>
    public bool Follows(int pid) => pid == 0 || pid == PmtPid;

    /// <summary>Adds a packet of a PID that is followed. Returns whether it completes a table that applies.</summary>
    public bool Add(in TsPacket packet) =>
        packet.Pid == 0
            ? TakePat(_patParts.Add(packet.Payload, packet.Begins))
            : TakePmt(_pmtParts.Add(packet.Payload, packet.Begins));

    /// <summary>Forgets tables that are only begun; reading starts again elsewhere.</summary>
    public void Restart()
    {
        _patParts = new PsiSection();
        _pmtParts = new PsiSection();
    }

    /// <summary>Takes the PAT and the PMT that a segment before had; either may be empty.</summary>
    public void Restore(ReadOnlySpan<byte> pat, ReadOnlySpan<byte> pmt)
    {
        if (TakePat(pat))
            TakePmt(pmt);
    }

    // 2.4.4.3.
    private bool TakePat(ReadOnlySpan<byte> section)
    {
        if (section.Length < 8 || section[0] != 0x00 || (section[5] & 1) == 0)
            return false;
        for (var at = 8; at + 4 <= section.Length; at += 4)
        {
            var number = (section[at] << 8) | section[at + 1];
            var pid = ((section[at + 2] & 0x1F) << 8) | section[at + 3];
            if (number == 0 || pid == 0)
                continue;
            if (pid != PmtPid || number != _number)
            {
                _pmtParts = new PsiSection();
                Programme = null;
            }

            PmtPid = pid;
            _number = number;
            Pat = TsProgramme.WritePat(section, number, pid);
            return true;
        }

        return false;
    }

    private bool TakePmt(ReadOnlySpan<byte> section)
    {
        if (section.SequenceEqual(Programme?.Source))
            return !section.IsEmpty;
        if (TsProgramme.Read(section, _number, PmtPid ?? 0) is not { } programme)
            return false;
        Programme = programme;
        return true;
    }
}
