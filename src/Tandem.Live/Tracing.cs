using System.Diagnostics;

namespace Tandem.Live;

/// <summary>
/// The activity source <c>Tandem</c>. A trace is one segment's way from its appearance to its publication, or one utterance's from its end
/// to its dubs. While nobody listens, and for what is not sampled, there is no activity and nothing is allocated.
/// </summary>
public static class Tracing
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Tandem";

    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>Begins a trace of its own, whatever the caller is part of; null where it is not sampled.</summary>
    internal static Activity? Begin(string name, DateTimeOffset at)
    {
        if (!_source.HasListeners())
            return null;

        // A channel that came over the API was started by a request, whose trace would become everything's parent for ever.
        var around = Activity.Current;
        Activity.Current = null;
        try
        {
            var whole = _source.StartActivity(name, ActivityKind.Internal, parentContext: default, startTime: at);
            if (whole is not { IsAllDataRequested: false })
                return whole;

            // OpenTelemetry's SDK makes an activity for a root that is not sampled too, to hand its id on; nobody needs it here.
            whole.Stop();
            return null;
        }
        finally
        {
            Activity.Current = around;
        }
    }

    /// <summary>One stage of it, over by now.</summary>
    internal static void Stage(Activity whole, string stage, DateTimeOffset from, DateTimeOffset to, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        using var part = _source.StartActivity(stage, ActivityKind.Internal, whole.Context, startTime: from);
        if (part is null)
            return;
        part.SetTag("tandem.stage", stage);
        foreach (var (name, value) in tags)
        {
            if (name == "error.type")
                part.SetStatus(ActivityStatusCode.Error, (string?)value);
            part.SetTag(name, value);
        }

        part.SetEndTime(to.UtcDateTime);
    }

    /// <summary>Ends a trace.</summary>
    internal static void End(Activity whole, DateTimeOffset at)
    {
        whole.SetEndTime(at.UtcDateTime);

        // Stopping makes what was current when it began current again: nothing.
        var around = Activity.Current;
        whole.Stop();
        Activity.Current = around;
    }
}
