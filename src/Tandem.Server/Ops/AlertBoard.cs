namespace Tandem.Server.Ops;

/// <summary>An alert whose condition holds.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Finding">What it holds for, as last judged.</param>
/// <param name="Since">When it began to hold, by the wall clock.</param>
/// <param name="Fires">Whether it has held for as long as the rule asks.</param>
internal sealed record RaisedAlert(OpsRule Rule, Finding Finding, DateTimeOffset Since, bool Fires);

/// <summary>
/// Which alerts hold, and for how long, as Prometheus does it: pending until the rule's time is over, gone with the first look without it.
/// </summary>
/// <param name="rules">Those that are judged.</param>
internal sealed class AlertBoard(IReadOnlyList<OpsRule> rules)
{
    private Dictionary<(string Rule, string? Channel, string? Part), (TimeSpan Uptime, DateTimeOffset At)> _since = [];

    /// <summary>Judges all rules; firing ones first, critical ones before others, then those that began first.</summary>
    public IReadOnlyList<RaisedAlert> Judge(OpsHistory history)
    {
        if (history.Newest is not { } now)
            return [];
        var since = new Dictionary<(string Rule, string? Channel, string? Part), (TimeSpan Uptime, DateTimeOffset At)>();
        var raised = new List<RaisedAlert>();
        foreach (var rule in rules)
        {
            foreach (var finding in rule.Judge(history))
            {
                var key = (rule.Name, finding.Channel, finding.Part);
                var began = _since.TryGetValue(key, out var known) ? known : (now.Uptime, now.At);
                since[key] = began;

                // A look may come a little early.
                raised.Add(new RaisedAlert(rule, finding, began.At, now.Uptime - began.Uptime >= rule.For - (OpsHistory.Step / 10)));
            }
        }

        _since = since;
        return
        [
            .. raised.OrderByDescending(one => one.Fires).ThenByDescending(one => one.Rule.Severity).ThenBy(one => one.Since)
                .ThenBy(one => one.Rule.Name, StringComparer.Ordinal),
        ];
    }
}
