using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Film;
using Tandem.Media.Film;

namespace Tandem.Server.Configuration;

/// <summary>What <c>dub</c> was called with, as it was written; null where an option was not given.</summary>
public sealed record FilmArguments(string Input, string Output, string From, string To)
{
    /// <summary>Name of an engine or a composition.</summary>
    public string? Engine { get; init; }

    /// <summary>Level of the original under a dub, such as <c>-18dB</c>.</summary>
    public string? BackgroundLevel { get; init; }

    /// <summary>When a dub is dropped, such as <c>10s</c>.</summary>
    public string? MaxOnsetLag { get; init; }

    /// <summary>Of a voice, such as <c>128kbit/s</c>.</summary>
    public string? VoiceBitRate { get; init; }

    /// <summary>Path of a WebVTT file with what is said.</summary>
    public string? Captions { get; init; }

    /// <summary>Whether a playlist may lead to private addresses.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Whether an output that is there is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The job, or all that is wrong with the call, one line each.</summary>
    public (FilmJob? Job, IReadOnlyList<string> Mistakes) Read()
    {
        var mistakes = new List<string>();
        var isAddress = FilmJob.IsAddress(Input);
        var address = isAddress ? Value("INPUT", Inputs.Read(Input), mistakes) : null;
        if (Input.Length == 0)
            mistakes.Add("INPUT is empty; name a file or the address of a playlist");
        FilmContainer? container = Path.GetExtension(Output).ToLowerInvariant() switch
        {
            ".mp4" or ".m4a" or ".m4v" => FilmContainer.Mp4,
            ".mkv" or ".mka" => FilmContainer.Matroska,
            _ => null,
        };
        if (container is null)
            mistakes.Add($"--output: \"{Output}\" names no container that can be made; let it end in .mp4 or .mkv");
        else if (!isAddress && Input.Length > 0 && Same(Input, Output))
            mistakes.Add($"--output: {Output} is the input; choose another name");
        var from = Value("--from", Settings.From.Parse(From.Trim()), mistakes);
        var to = Value("--to", Settings.To.Parse(To.Trim()), mistakes);
        if (from is not null && !to.IsDefaultOrEmpty && to.Contains(from, StringComparer.Ordinal))
            mistakes.Add($"--to: {from} is the source language; leave it out");
        var voices = new ChannelOptions
        {
            Id = "film",
            Input = address ?? new Uri("file:///"),
            From = from ?? "",
            To = to.IsDefault ? [] : to,
            Engine = Engine ?? Settings.Engine.Default,
            AllowPrivate = AllowPrivate,
            BackgroundLevel = Optional("--background-level", BackgroundLevel, Settings.BackgroundLevel, mistakes),
            MaxOnsetLag = Optional("--max-onset-lag", MaxOnsetLag, Settings.MaxOnsetLag, mistakes),
            VoiceBitRate = Optional("--voice-bit-rate", VoiceBitRate, Settings.VoiceBitRate, mistakes),
        };
        if (mistakes.Count > 0)
            return (null, mistakes);
        var engine = EngineCatalogue.Resolve(voices.Engine, voices.From, voices.To);
        if (engine.Error is { } error)
            return (null, [$"--engine: {error}"]);
        return Captions is not null && !engine.ReadsCaptions
            ? (null, [$"--captions: engine {voices.Engine} reads none; leave it out, or choose captions as the recogniser, such as captions+apertium+espeak"])
            : (new FilmJob(Input, Output, container!.Value, voices, engine) { Overwrite = Overwrite, Captions = Captions }, []);
    }

    private static T? Value<T>(string name, Parsed<T> parsed, List<string> mistakes)
    {
        if (parsed.Problem is not null)
            mistakes.Add($"{name}: {parsed.Problem}");
        return parsed.Value;
    }

    private static T Optional<T>(string name, string? text, Setting<T> setting, List<string> mistakes)
    {
        if (text is null)
            return setting.Default;
        var parsed = setting.Parse(text.Trim());
        if (parsed.Problem is null)
            return parsed.Value;
        mistakes.Add($"{name}: {parsed.Problem}");
        return setting.Default;
    }

    private static bool Same(string input, string output)
    {
        if (Path.GetFullPath(input) == Path.GetFullPath(output))
            return true;
        try
        {
            return Final(input) == Final(output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static string Final(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full);
        if (folder is not null && new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true) is { } real)
            full = Path.Combine(real.FullName, Path.GetFileName(full));
        return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }
}
