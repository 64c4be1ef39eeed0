using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>
/// Whether the picture is carried, and why (design.md, section 3a, rule 8): carried until it is proven that viewers can have the source's
/// own segments, and again when that fails. Each failure makes it carry for longer, so that viewers do not meet a discontinuity every few
/// minutes. Pure: takes times and returns values.
/// </summary>
/// <param name="mode">As configured.</param>
public sealed class VideoChoice(VideoMode mode)
{
    private static readonly TimeSpan FirstProbation = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestProbation = TimeSpan.FromHours(2);

    private TimeSpan _probation;
    private DateTimeOffset? _provenSince;
    private string? _lastFault;

    /// <summary>Whether the picture is carried from now on.</summary>
    public bool Carried { get; private set; } = mode != VideoMode.Reference;

    /// <summary>One line for people.</summary>
    public string Reason { get; private set; } = mode switch
    {
        VideoMode.Auto => Unproven,
        VideoMode.Carry => "configured: video=carry",
        _ => "configured: video=reference",
    };

    private static string Unproven => "it is not proven yet that viewers can have the source's own segments";

    /// <summary>Takes what is known of the source's own segments; true where the choice changes.</summary>
    public bool Take(ReferenceState state, string? fault, DateTimeOffset now)
    {
        if (mode != VideoMode.Auto)
            return false;
        _provenSince = state == ReferenceState.Proven ? _provenSince ?? now : null;
        _lastFault = state == ReferenceState.Failed ? fault : _lastFault;
        return Carried ? TakeCarried(state, now) : TakeReferred(state, now);
    }

    private bool TakeCarried(ReferenceState state, DateTimeOffset now)
    {
        if (_provenSince is { } since && now - since >= _probation)
        {
            Carried = false;
            Reason = "it is proven that viewers can have the source's own segments";
            return true;
        }

        Reason = state switch
        {
            ReferenceState.Failed => $"viewers cannot have the source's own segments: {_lastFault}",
            ReferenceState.Proven => $"viewers can have the source's own segments again, and must for {_probation.TotalMinutes:F0} min: {_lastFault}",
            _ => _lastFault is null ? Unproven : $"{Unproven} again: {_lastFault}",
        };
        return false;
    }

    private bool TakeReferred(ReferenceState state, DateTimeOffset now)
    {
        // A playlist that is new is not proven; what was proven of the others has not become worse.
        if (state != ReferenceState.Failed)
            return false;
        Carried = true;
        _provenSince = null;
        _probation = _probation == TimeSpan.Zero ? FirstProbation : TimeSpan.FromTicks(Math.Min(_probation.Ticks * 2, LongestProbation.Ticks));
        TakeCarried(state, now);
        return true;
    }
}
