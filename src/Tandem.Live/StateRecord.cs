using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Tandem.Live.Faults;
using Tandem.Live.Timeline;

namespace Tandem.Live;

/// <summary>
/// The small record in the state folder that lets playlists go on after a restart. Losing it costs a discontinuity; that it cannot be
/// written is said once and changes nothing else.
/// </summary>
/// <param name="folder">The state folder; null to keep nothing.</param>
/// <param name="channel">The channel's id.</param>
/// <param name="faults">Faults on demand; null without.</param>
public sealed class StateRecord(string? folder, string channel, FaultPlan? faults = null)
{
    private const int Rows = 120;

    private readonly string? _path = folder is null ? null : Path.Combine(folder, "channels", channel + ".json");
    private bool _warned;

    /// <summary>Reads what an earlier instance left; null where there is nothing usable.</summary>
    public Resumption? Load(ILogger log)
    {
        if (_path is null || !File.Exists(_path))
            return null;
        try
        {
            var rows = JsonSerializer.Deserialize(File.ReadAllBytes(_path), StateJson.Default.ImmutableArrayPublishedRow);
            return rows.IsDefaultOrEmpty ? null : new Resumption(rows);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            log.LogWarning("The record {Path} cannot be read ({Error}); the playlists begin anew with a discontinuity.", _path, error.Message);
            return null;
        }
    }

    /// <summary>How long ago it was written; null where there is none.</summary>
    public TimeSpan? Age(DateTimeOffset now) =>
        _path is not null && File.Exists(_path) ? now - new DateTimeOffset(File.GetLastWriteTimeUtc(_path), TimeSpan.Zero) : null;

    /// <summary>Writes the newest of the published rows, in one piece or not at all.</summary>
    public void Save(IEnumerable<SegmentRow> published, ILogger log)
    {
        if (_path is null)
            return;
        var rows = published.TakeLast(Rows)
            .Select(row => new PublishedRow(
                row.Number, row.Source.Sequence, row.Epoch.ToMedia(row.From).Ticks, row.Epoch.DiscontinuitySequence, row.Date))
            .ToImmutableArray();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var temporary = _path + ".new";
            faults?.BeforeStateWrite(temporary);
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(rows, StateJson.Default.ImmutableArrayPublishedRow));
            File.Move(temporary, _path, overwrite: true);
            _warned = false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!_warned)
                log.LogWarning("The record {Path} cannot be written ({Error}); a restart would cost a discontinuity.", _path, error.Message);
            _warned = true;
        }
    }
}

/// <summary>JSON of the state record.</summary>
[JsonSerializable(typeof(ImmutableArray<PublishedRow>))]
internal sealed partial class StateJson : JsonSerializerContext;
