namespace Tandem.Server.Telemetry;

/// <summary>How an entry of the log is written. One line each.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>A JSON object, with the fields that Google's Cloud Logging knows.</summary>
    Json,
}
