namespace Tandem.Operations.Load;

/// <summary>What a figure counts in.</summary>
public enum FigureUnit
{
    /// <summary>Seconds.</summary>
    Time,

    /// <summary>Things.</summary>
    Count,

    /// <summary>A share of 1.</summary>
    Share,

    /// <summary>Bytes.</summary>
    Bytes,
}

/// <summary>A figure that thresholds can name.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Unit">What it counts in.</param>
/// <param name="Of">Takes it from a report; null where nothing was measured.</param>
public sealed record Figure(string Name, FigureUnit Unit, Func<GroupReport, double?> Of)
{
    /// <summary>All of them; docs/load.md has the same.</summary>
    public static IReadOnlyList<Figure> All { get; } =
    [
        .. Spread("join", group => group.Join),
        .. Spread("delivery", group => group.Delivery),
        .. Spread("delay", group => group.Delay),
        .. Spread("reconnect", group => group.Reconnect),
        new("stalls", FigureUnit.Count, group => group.Stalls),
        new("stall.seconds", FigureUnit.Time, group => group.StallSeconds),
        new("stall.share", FigureUnit.Share, group => group.StallShare),
        new("stalled", FigureUnit.Count, group => group.StalledViewers),
        new("joined", FigureUnit.Count, group => group.Viewers.Joined),
        new("refused", FigureUnit.Count, group => group.Viewers.Refused),
        new("unjoined", FigureUnit.Count, group => group.Viewers.Unjoined),
        new("expected", FigureUnit.Count, group => group.Expected),
        new("delivered", FigureUnit.Count, group => group.Delivered),
        new("undelivered", FigureUnit.Count, group => group.Undelivered),
        new("undelivered.share", FigureUnit.Share, group => group.Expected == 0 ? null : (double)group.Undelivered / group.Expected),
        new("skipped", FigureUnit.Count, group => group.Skipped),
        new("disconnects", FigureUnit.Count, group => group.Disconnects.Planned + group.Disconnects.Unplanned),
        new("disconnects.unplanned", FigureUnit.Count, group => group.Disconnects.Unplanned),
        new("faults", FigureUnit.Count, group => group.Faults.Values.Sum()),
        new("faults.sequence", FigureUnit.Count, group => group.Faults["missing"] + group.Faults["repeated"]),
        .. Enum.GetValues<FaultKind>().Select(kind => NameOf(kind))
            .Select(name => new Figure($"faults.{name}", FigureUnit.Count, group => group.Faults[name])),
        new("bytes", FigureUnit.Bytes, group => group.Bytes),
    ];

    /// <summary>The one of this name.</summary>
    public static Figure? Find(string name) => All.FirstOrDefault(figure => figure.Name == name);

    /// <summary>A kind of fault as it stands in reports.</summary>
    public static string NameOf(FaultKind kind) => kind switch
    {
        FaultKind.Missing => "missing",
        FaultKind.Repeated => "repeated",
        FaultKind.Time => "time",
        FaultKind.Sync => "sync",
        FaultKind.Structure => "structure",
        FaultKind.Content => "content",
        FaultKind.Protocol => "protocol",
        _ => "undecodable",
    };

    private static IEnumerable<Figure> Spread(string name, Func<GroupReport, TimesReport> of) =>
    [
        new($"{name}.p50", FigureUnit.Time, group => of(group).P50),
        new($"{name}.p95", FigureUnit.Time, group => of(group).P95),
        new($"{name}.p99", FigureUnit.Time, group => of(group).P99),
        new($"{name}.max", FigureUnit.Time, group => of(group).Max),
    ];
}
