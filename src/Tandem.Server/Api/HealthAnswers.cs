using Microsoft.AspNetCore.Http;
using Tandem.Server.Access;
using Tandem.Server.Admission;

namespace Tandem.Server.Api;

/// <summary>Answers <c>/health/live</c> and <c>/health/ready</c>, and counts the answers.</summary>
/// <param name="channels">The channels.</param>
/// <param name="parts">The process around.</param>
/// <param name="access">Who may see the parts, and whether there is room.</param>
/// <param name="stateDirectory">Where records are kept.</param>
internal sealed class HealthAnswers(ChannelHost channels, ServerParts parts, AccessParts access, string stateDirectory)
{
    /// <summary>200 while the process should go on, 503 where it should be started again.</summary>
    public IResult Live(HttpContext context)
    {
        var stuck = channels.Stopping ? [] : Liveness.Stuck(channels.All.Select(channel => channel.Snapshot()), parts.Time.GetUtcNow());
        parts.Meter.HealthChecked(stuck.Count == 0 ? "live" : "stuck");
        return stuck.Count == 0
            ? Results.Text("""{"status":"live"}""", "application/json")
            : Results.Json(
                new LiveReport("stuck", access.Operators.MaySee(context) ? stuck : []), ApiJson.Default.LiveReport, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Whether viewers should be sent here.</summary>
    public IResult Ready(HttpContext context)
    {
        var report = Health.Of(
            ProgramVersion.Text,
            parts.Libraries,
            channels.Stopping,
            channels.All.Select(channel => (channel.Snapshot(), channel.Age)),
            [ScratchSpace.Look(stateDirectory), Health.OfAdmission(AdmissionRule.ForViewer(access.Admission.Load(), access.Admission.Limits))]);
        parts.Meter.HealthChecked(report.Status switch
        {
            HealthStatus.Ready => "ready",
            HealthStatus.Degraded => "degraded",
            _ => "unready",
        });
        return Results.Json(
            access.Operators.MaySee(context) ? report : report with { Parts = [] },
            ApiJson.Default.HealthReport,
            statusCode: report.Status == HealthStatus.Unready ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }
}
