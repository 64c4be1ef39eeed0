using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Tandem.Live.Faults;
using Tandem.Live.Timeline;

namespace Tandem.Live;

/// <summary>
/// The small record in the state folder that lets playlists go on after a restart. Losing it costs a discontinuity; that it cannot be
/// written is logged once, shown and counted, and changes nothing else.
/// </summary>
/// <param name="folder">The state folder; null to keep nothing.</param>
/// <param name="channel">The channel's id.</param>
/// <param name="faults">Faults on demand; null without.</param>
/// <param name="failed">Told of each write that failed, and of the reason as metrics name it.</param>
public sealed class StateRecord(string? folder, string channel, FaultPlan? faults = null, Action<string>? failed = null)
{
    private const int Rows = 120;

    // ENOSPC and EROFS: what an IOException holds of the kernel's refusal.
    private const int NoSpace = 28;
    private const int ReadOnly = 30;

    private readonly string? _path = folder is null ? null : Path.Combine(folder, "channels", channel + ".json");
    private volatile string? _trouble = folder is null ? "state_dir cannot be written: a restart costs a discontinuity" : null;

    /// <summary>One line for people: why the record is not kept; null where it is.</summary>
    public string? Trouble => _trouble;

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
    /// <param name="published">All of them, oldest first.</param>
    /// <param name="paths">Where the newest ones are; null for a row whose addresses need not be remembered.</param>
    /// <param name="log">Is told, once, that it cannot be written.</param>
    public void Save(IEnumerable<SegmentRow> published, Func<SegmentRow, ImmutableDictionary<string, PublishedPath>?> paths, ILogger log)
    {
        if (_path is null)
        {
            failed?.Invoke("other");
            return;
        }

        var rows = published.TakeLast(Rows)
            .Select(row => new PublishedRow(
                row.Number, row.Source.Sequence, row.Epoch.ToMedia(row.From).Ticks, row.Epoch.DiscontinuitySequence, row.Date)
            {
                Paths = paths(row),
            })
            .ToImmutableArray();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var temporary = _path + ".new";
            faults?.BeforeStateWrite(temporary);
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(rows, StateJson.Default.ImmutableArrayPublishedRow));
            File.Move(temporary, _path, overwrite: true);
            _trouble = null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            failed?.Invoke(error.HResult switch { NoSpace => "full", ReadOnly => "read_only", _ => "other" });
            if (_trouble is null)
                log.LogWarning("The record {Path} cannot be written ({Error}); a restart would cost a discontinuity.", _path, error.Message);
            _trouble = $"the record cannot be written ({error.Message}): a restart costs a discontinuity";
        }
    }
}

/// <summary>JSON of the state record.</summary>
[JsonSerializable(typeof(ImmutableArray<PublishedRow>))]
internal sealed partial class StateJson : JsonSerializerContext;
