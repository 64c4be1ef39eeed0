using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tandem.Server.Telemetry;

/// <summary>
/// One JSON object a line, in the fields that Cloud Logging takes out of a container's output: <c>severity</c>, <c>message</c>, <c>time</c>
/// (RFC 3339), and <c>stack_trace</c> for Error Reporting. The values of the message stand beside it by name: <c>channel</c>,
/// <c>segment</c>, <c>utterance</c>, <c>language</c> and others.
/// </summary>
internal sealed class JsonLogFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name among the console's formatters.</summary>
    public const string FormatterName = "tandem-json";

    private const string ChannelCategory = "Tandem.Channel.";

    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] _own = ["severity", "message", "time", "logger", "stack_trace"];

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter) =>
        textWriter.WriteLine(Format(logEntry, TimeProvider.System.GetUtcNow()));

    /// <summary>The line, without its end.</summary>
    internal static string Format<TState>(in LogEntry<TState> entry, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            json.WriteStartObject();
            json.WriteString("severity", Severity(entry.LogLevel));
            json.WriteString("time", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("message", entry.Formatter(entry.State, entry.Exception));
            json.WriteString("logger", entry.Category);
            var named = new HashSet<string>(_own, StringComparer.Ordinal);
            if (entry.Category.StartsWith(ChannelCategory, StringComparison.Ordinal) && named.Add("channel"))
                json.WriteString("channel", entry.Category[ChannelCategory.Length..]);
            if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                foreach (var (name, value) in values)
                    Write(json, named, name, value);
            }

            if (entry.Exception is { } exception)
                json.WriteString("stack_trace", exception.ToString());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, HashSet<string> named, string name, object? value)
    {
        if (name == "{OriginalFormat}" || value is null)
            return;
        var field = JsonNamingPolicy.CamelCase.ConvertName(name);
        if (!named.Add(field))
            return;
        switch (value)
        {
            case long whole:
                json.WriteNumber(field, whole);
                break;
            case int whole:
                json.WriteNumber(field, whole);
                break;
            case double real when double.IsFinite(real):
                json.WriteNumber(field, real);
                break;
            default:
                json.WriteString(field, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    // google.logging.type.LogSeverity.
    private static string Severity(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "CRITICAL",
        _ => "DEFAULT",
    };
}
