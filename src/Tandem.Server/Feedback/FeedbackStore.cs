using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tandem.Server.Feedback;

/// <summary>
/// Keeps what viewers say in a SQLite database in <c>state_dir</c>, for 30 days and no more than 100,000 entries, the oldest going first. Where
/// the folder cannot be written it is kept in memory, which is warned of. Opened when it is first needed.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told what goes wrong.</param>
internal sealed partial class FeedbackStore(string folder, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>How long entries are kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private const int MostEntries = 100_000;

    // Some 10 MiB with the longest texts.
    private const int MostInMemory = 5_000;

    private const int Shown = 50;

    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private SqliteConnection? _open;
    private long? _swept;
    private bool _inMemory;

    /// <summary>Most entries; smaller in tests.</summary>
    public int Most { get; init; } = MostEntries;

    /// <summary>Keeps an entry.</summary>
    /// <exception cref="SqliteException">It cannot be kept: the disk is full, say.</exception>
    public void Add(FeedbackEntry entry)
    {
        lock (_lock)
        {
            var connection = Open();
            using var insert = Command(
                connection,
                "INSERT INTO feedback (at, kind, channel, language, score, text, session) VALUES ($at, $kind, $channel, $language, $score, $text, $session)",
                ("$at", entry.At.ToUnixTimeMilliseconds()),
                ("$kind", entry.Kind),
                ("$channel", entry.Channel),
                ("$language", entry.Language),
                ("$score", entry.Score),
                ("$text", entry.Text),
                ("$session", entry.Session));
            insert.ExecuteNonQuery();
            Sweep(connection);
        }
    }

    /// <summary>Sums up what was said.</summary>
    /// <param name="since">From when on; older than 30 days is gone.</param>
    /// <param name="channel">Of one channel; null for all.</param>
    public FeedbackSummary Sum(DateTimeOffset since, string? channel)
    {
        var oldest = time.GetUtcNow() - Kept;
        since = since < oldest ? oldest : since;
        lock (_lock)
        {
            var connection = Open();
            var after = ("$since", (object?)since.ToUnixTimeMilliseconds());
            var only = ("$channel", (object?)channel);
            const string Where = "FROM feedback WHERE at >= $since AND ($channel IS NULL OR channel = $channel)";
            var voices = Rows(
                connection,
                $"SELECT channel, language, sum(kind = 'latency'), sum(kind = 'quality'), sum(kind = 'score'), avg(score) {Where} "
                + "GROUP BY channel, language ORDER BY channel, language",
                row => new VoiceFeedback(
                    row.GetString(0), Text(row, 1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.IsDBNull(5) ? null : Math.Round(row.GetDouble(5), 2)),
                after,
                only);
            var scores = new int[11];
            var counts = Rows(
                connection, $"SELECT score, count(*) {Where} AND score IS NOT NULL GROUP BY score", row => (row.GetInt32(0), row.GetInt32(1)), after, only);
            foreach (var (score, count) in counts)
                scores[Math.Clamp(score, 0, 10)] = count;
            var latest = Rows(
                connection,
                $"SELECT at, kind, channel, language, score, text, session {Where} ORDER BY at DESC, id DESC LIMIT {Shown}",
                row => new FeedbackEntry(
                    DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)),
                    row.GetString(1),
                    row.GetString(2),
                    Text(row, 3),
                    row.IsDBNull(4) ? null : row.GetInt32(4),
                    Text(row, 5),
                    Text(row, 6)),
                after,
                only);
            var total = voices.Sum(voice => voice.Latency + voice.Quality + voice.Scores);
            return new FeedbackSummary(since, total, _inMemory ? "memory" : "state_dir", voices, scores, latest);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _open?.Dispose();
            _open = null;
        }
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static SqliteCommand Command(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is written in this file; what viewers say goes in as values.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private static List<T> Rows<T>(SqliteConnection connection, string text, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(connection, text, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    private static SqliteConnection Open(string source)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        try
        {
            connection.Open();

            // A write-ahead log is not lost with the process, and costs no wait for the disk at each entry.
            using var make = Command(
                connection,
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                CREATE TABLE IF NOT EXISTS feedback (
                    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL, language TEXT, score INTEGER, text TEXT, session TEXT);
                CREATE INDEX IF NOT EXISTS feedback_at ON feedback (at);
                """);
            make.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SqliteConnection Open()
    {
        if (_open is not null)
            return _open;
        try
        {
            Directory.CreateDirectory(folder);
            return _open = Open(Path.Combine(folder, "feedback.db"));
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            LogInMemory(folder, exception.Message.ReplaceLineEndings(" "));
            _inMemory = true;
            return _open = Open(":memory:");
        }
    }

    private void Sweep(SqliteConnection connection)
    {
        var now = time.GetTimestamp();
        using (var crowd = Command(
            connection,
            "DELETE FROM feedback WHERE id <= (SELECT max(id) FROM feedback) - $most",
            ("$most", _inMemory ? Math.Min(Most, MostInMemory) : Most)))
        {
            crowd.ExecuteNonQuery();
        }

        if (_swept is { } swept && time.GetElapsedTime(swept, now) < BetweenSweeps)
            return;
        _swept = now;
        using var old = Command(connection, "DELETE FROM feedback WHERE at < $oldest", ("$oldest", (time.GetUtcNow() - Kept).ToUnixTimeMilliseconds()));
        old.ExecuteNonQuery();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "feedback cannot be kept in {Folder}, so it is kept in memory and a restart forgets it: {Problem}")]
    private partial void LogInMemory(string folder, string problem);
}
