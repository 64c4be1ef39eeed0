using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tandem.Server.Configuration;

namespace Tandem.Server.Api;

/// <summary>
/// Keeps the settings of channels that came over the API in one file of <c>state_dir</c>, which only the server's user may read: headers and
/// stream keys are in it. Written whole beside the old one and put in its place, so that a crash leaves one or the other.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="log">Told what cannot be read.</param>
internal sealed partial class ChannelStore(string folder, ILogger log)
{
    private const int LargestFile = 16 * 1024 * 1024;

    private readonly string _path = Path.Combine(folder, "api-channels.json");

    /// <summary>Reads what was kept; empty where there is nothing usable, and then the file is set aside.</summary>
    public ImmutableArray<ConfigMap> Load()
    {
        try
        {
            var file = new FileInfo(_path);
            if (!file.Exists)
                return [];
            if (file.Length > LargestFile)
                throw new JsonException($"it is larger than {LargestFile} bytes");
            var mistakes = new List<Mistake>();
            if (JsonSettings.Read(File.ReadAllBytes(_path), mistakes) is { } kept
                && mistakes.Count == 0
                && kept.Entries.GetValueOrDefault("channels") is ConfigList list)
            {
                return [.. list.Items.OfType<ConfigMap>()];
            }

            throw new JsonException(mistakes is [var first, ..] ? first.ToString() : "it holds no list of channels");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            LogUnreadable(_path, exception.Message.ReplaceLineEndings(" "));
            SetAside();
            return [];
        }
    }

    /// <summary>Keeps these and no others.</summary>
    /// <exception cref="IOException">They cannot be kept; nothing has changed then.</exception>
    public void Save(IEnumerable<ConfigMap> channels)
    {
        var list = new ConfigList("");
        list.Items.AddRange(channels);
        var whole = new ConfigMap("") { Entries = { ["channels"] = list } };
        try
        {
            Directory.CreateDirectory(folder);
            var temporary = _path + ".new";
            var create = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(temporary, create))
            {
                using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
                    JsonSettings.Write(writer, whole);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    private void SetAside()
    {
        try
        {
            File.Move(_path, _path + ".unreadable", overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was said about reading it says enough.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the channels that came over the API cannot be read from {Path}, it is set aside: {Problem}")]
    private partial void LogUnreadable(string path, string problem);
}
